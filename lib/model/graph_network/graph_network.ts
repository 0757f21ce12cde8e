import * as tf from "@tensorflow/tfjs";
import { createStackedLinear, type Linear, plainInit } from "../../tensor/layers.ts";
import { linear } from "../../tensor/ops/linear.ts";
import type { ParameterSet } from "../../tensor/parameters.ts";
import type { StepInput, StepNetwork, StepOutput } from "../rollout_model.ts";
import { type Factored, headWidth, joinRuns, type ModelRuns } from "../variable_runs.ts";
import { distinctRows } from "./distinct_rows.ts";
import { createLayers, EdgeNetwork } from "./edge_network.ts";
import { type EdgeTable, EdgeTables } from "./edge_tables.ts";

/** Sizes of a {@link GraphNetwork}. */
export interface GraphNetworkOptions {
  readonly runs: ModelRuns;
  /** W. */
  readonly nodeWidth: number;
  readonly edgeHidden: readonly number[];
  readonly edgeWidth: number;
  readonly nodeHidden: readonly number[];
  /** Whether the edge network is a table on exact one-hots, or always computed pair by pair. */
  readonly firstLayers: "tables" | "dense";
}

/** Message passing over the complete graph: every node hears every other once. */
export class GraphNetwork implements StepNetwork {
  readonly parameters: ParameterSet;
  readonly #runs: ModelRuns;
  readonly #embedders: readonly Linear[];
  readonly #edge: EdgeNetwork;
  readonly #node: readonly Linear[];
  readonly #projectors: readonly Linear[];
  readonly #tables: EdgeTables | null;
  readonly #messageWidth: number;
  /** Table of the rollout under way, on its tape. */
  #trainingTable: EdgeTable | null = null;
  /** Table of the weights as they are, kept for many evaluations. */
  #evaluationTable: tf.Tensor3D | null = null;

  constructor(parameters: ParameterSet, options: GraphNetworkOptions) {
    const { runs, nodeWidth, edgeHidden, edgeWidth, nodeHidden } = options;
    this.parameters = parameters;
    this.#runs = runs;
    this.#messageWidth = edgeWidth;
    this.#embedders = runs.state.map((run, r) =>
      createStackedLinear(parameters, {
        name: `embedder.${r}`,
        stack: run.count,
        inputs: run.width,
        outputs: nodeWidth,
        init: plainInit({ inputs: run.width }),
      })
    );
    this.#edge = new EdgeNetwork(parameters, { nodeWidth, hidden: edgeHidden, outputs: edgeWidth });
    this.#node = createLayers(parameters, {
      name: "node",
      widths: [nodeWidth + runs.actionWidth + edgeWidth, ...nodeHidden, nodeWidth],
    });
    this.#projectors = runs.state.map((run, r) =>
      createStackedLinear(parameters, {
        name: `projector.${r}`,
        stack: run.count,
        inputs: nodeWidth,
        outputs: headWidth(run),
        init: plainInit({ inputs: nodeWidth }),
      })
    );
    this.#tables = options.firstLayers === "tables" && EdgeTables.fits(runs.state)
      ? new EdgeTables(parameters, { runs: runs.state, embedders: this.#embedders, edge: this.#edge })
      : null;
  }

  beginUpdate(): void {
    this.#trainingTable = this.#tables?.build({ withSlopes: true }) ?? null;
  }

  weightsChanged(): void {
    this.#evaluationTable?.dispose();
    this.#evaluationTable = null;
    this.#trainingTable = null;
  }

  step(input: StepInput): StepOutput {
    const nodes = this.#embed(input.state);
    const [count, batch, width] = nodes.shape;
    const actions = joinRuns(input.action);
    const rows = tf.concat([
      nodes.reshape<tf.Tensor2D>([count * batch, width]),
      tf.concat(Array.from({ length: count }, () => actions), 0),
      this.#messages(nodes, input),
    ], 1);
    const last = this.#node.length - 1;
    const updated = this.#node
      .reduce<tf.Tensor>((value, layer, k) => linear(value, layer, { activation: k < last ? "relu" : "linear" }), rows)
      .reshape([count, batch, width]);
    return {
      heads: this.#runs.state.map((run, r) => {
        const part = updated.slice([run.start, 0, 0], [run.count, batch, width]);
        return linear(part, this.#projectors[r]!) as tf.Tensor3D;
      }),
    };
  }

  /** Embeddings of all nodes, float32 [N, B, W]. */
  #embed(state: Factored): tf.Tensor3D {
    const parts = state.map((part, r) => linear(part, this.#embedders[r]!) as tf.Tensor3D);
    return parts.length === 1 ? parts[0]! : tf.concat(parts, 0);
  }

  /** Sum of the messages that each node receives, float32 [N·B, edge width]. */
  #messages(nodes: tf.Tensor3D, { state, noise, isOneHot, isData }: StepInput): tf.Tensor2D {
    const [count, batch] = nodes.shape;
    if (count === 1) return tf.zeros([batch, this.#messageWidth]);
    const training = noise !== null;
    if (this.#tables && isOneHot) {
      const table = training ? this.#trainingTable : this.#keptTable(this.#tables);
      if (!table) throw new RangeError("Cannot take a training step: expected beginUpdate() before it, got none");
      return this.#edge.messages(
        this.#tables.hiddenSums(training && isData ? { ...table, slopes: null } : table, state),
      );
    }
    if (training) return this.#edge.messages(this.#edge.hiddenSums(nodes));
    // Messages depend on the state alone, and a planner asks for many actions in one state.
    const { first, place } = distinctRows(joinRuns(state));
    const sums = this.#edge.hiddenSums(tf.gather(nodes, first, 1));
    return this.#edge.messages(tf.gather(sums, place, 1));
  }

  #keptTable(tables: EdgeTables): EdgeTable {
    this.#evaluationTable ??= tf.tidy(() => tf.keep(tables.build({ withSlopes: false }).hidden));
    return { hidden: this.#evaluationTable, slopes: null };
  }
}
