import * as tf from "@tensorflow/tfjs";
import { createStackedLinear, type Linear, plainInit } from "../../tensor/layers.ts";
import { linear, type LinearWeights } from "../../tensor/ops/linear.ts";
import type { ParameterSet } from "../../tensor/parameters.ts";
import type { StepInput, StepNetwork, StepOutput } from "../rollout_model.ts";
import { type Factored, joinRuns, type ModelRuns } from "../variable_runs.ts";
import { distinctRows } from "./distinct_rows.ts";
import { EdgeNetwork } from "./edge_network.ts";
import { EdgeTables, type TrainingTable } from "./edge_tables.ts";
import type { KeptTable } from "./kept_table.ts";
import { NodeNetwork } from "./node_network.ts";

/** Sizes of a {@link GraphNetwork}. */
export interface GraphNetworkOptions {
  readonly runs: ModelRuns;
  /** W. */
  readonly nodeWidth: number;
  readonly edgeHidden: readonly number[];
  readonly edgeWidth: number;
  readonly nodeHidden: readonly number[];
  /** Whether first layers are tables on exact one-hots and linear layers in a row are one, or all is computed as is. */
  readonly firstLayers: "tables" | "dense";
}

/** What is made of the weights for several steps. */
interface Prepared<Table extends TrainingTable | KeptTable = TrainingTable | KeptTable> {
  readonly table: Table | null;
  /** Null where last layer and projectors stay apart. */
  readonly heads: readonly LinearWeights[] | null;
}

/** Message passing over the complete graph: every node hears every other once. */
export class GraphNetwork implements StepNetwork {
  readonly parameters: ParameterSet;
  readonly #runs: ModelRuns;
  readonly #embedders: readonly Linear[];
  readonly #edge: EdgeNetwork;
  readonly #node: NodeNetwork;
  readonly #mergesLayers: boolean;
  readonly #tables: EdgeTables | null;
  readonly #messageWidth: number;
  /** For the rollout under way, on its tape. */
  #inTraining: Prepared<TrainingTable> | null = null;
  /** Of the weights as they are, kept for many evaluations. */
  #inEvaluation: Prepared<KeptTable> | null = null;

  constructor(parameters: ParameterSet, options: GraphNetworkOptions) {
    const { runs, nodeWidth, edgeHidden, edgeWidth, nodeHidden } = options;
    this.parameters = parameters;
    this.#runs = runs;
    this.#messageWidth = edgeWidth;
    this.#mergesLayers = options.firstLayers === "tables";
    this.#embedders = runs.state.map((run, r) =>
      createStackedLinear(parameters, {
        name: `embedder.${r}`,
        stack: run.count,
        inputs: run.width,
        outputs: nodeWidth,
        init: plainInit({ inputs: run.width }),
      })
    );
    const edge = new EdgeNetwork(parameters, { nodeWidth, hidden: edgeHidden, outputs: edgeWidth });
    const node = new NodeNetwork(parameters, { runs, nodeWidth, hidden: nodeHidden, messageWidth: edgeWidth });
    this.#edge = edge;
    this.#node = node;
    this.#tables = options.firstLayers === "tables" && EdgeTables.fits(runs.state)
      ? new EdgeTables(parameters, { runs: runs.state, embedders: this.#embedders, edge, node })
      : null;
  }

  beginUpdate(): void {
    this.#inTraining = { table: this.#tables?.forTraining() ?? null, heads: this.#mergedHeads() };
  }

  weightsChanged(): void {
    const { table, heads } = this.#inEvaluation ?? {};
    table?.dispose();
    for (const { weight, bias } of heads ?? []) tf.dispose([weight, bias!]);
    this.#inEvaluation = null;
    this.#inTraining = null;
  }

  step(input: StepInput): StepOutput {
    const prepared = input.noise === null ? this.#kept() : this.#inTraining;
    if (!prepared) throw new RangeError("Cannot take a training step: expected beginUpdate() before it, got none");
    const hidden = this.#node.hidden(this.#firstLayer(prepared, input));
    return { heads: this.#node.heads(hidden, prepared.heads) };
  }

  /** First hidden layer of the node network, float32 [N·B, H]. */
  #firstLayer({ table }: Prepared, input: StepInput): tf.Tensor2D {
    const { state, isOneHot } = input;
    const action = joinRuns(input.action);
    if (this.#tables && table && isOneHot) {
      return this.#tables.firstLayer(table, { state, action, learnsState: !input.isData });
    }
    const nodes = this.#embed(state);
    const [count, batch, width] = nodes.shape;
    return this.#node.first(tf.concat([
      nodes.reshape<tf.Tensor2D>([count * batch, width]),
      tf.concat(Array.from({ length: count }, () => action), 0),
      this.#messages(nodes, input),
    ], 1));
  }

  /** Embeddings of all nodes, float32 [N, B, W]. */
  #embed(state: Factored): tf.Tensor3D {
    const parts = state.map((part, r) => linear(part, this.#embedders[r]!) as tf.Tensor3D);
    return parts.length === 1 ? parts[0]! : tf.concat(parts, 0);
  }

  /** Sum of the messages that each node receives, pair by pair, float32 [N·B, edge width]. */
  #messages(nodes: tf.Tensor3D, { state, noise }: StepInput): tf.Tensor2D {
    const [count, batch] = nodes.shape;
    if (count === 1) return tf.zeros([batch, this.#messageWidth]);
    if (noise !== null) return this.#edge.messages(this.#edge.hiddenSums(nodes));
    // Messages depend on the state alone, and a planner asks for many actions in one state.
    const { first, place } = distinctRows(joinRuns(state));
    const sums = this.#edge.hiddenSums(tf.gather(nodes, first, 1));
    return this.#edge.messages(tf.gather(sums, place, 1));
  }

  #mergedHeads(): readonly LinearWeights[] | null {
    return this.#mergesLayers ? this.#node.mergedHeads() : null;
  }

  #kept(): Prepared<KeptTable> {
    if (this.#inEvaluation) return this.#inEvaluation;
    tf.tidy(() => {
      const heads = this.#mergedHeads();
      for (const { weight, bias } of heads ?? []) [weight, bias!].forEach((tensor) => tf.keep(tensor));
      this.#inEvaluation = { table: this.#tables?.forEvaluation() ?? null, heads };
    });
    return this.#inEvaluation!;
  }
}
