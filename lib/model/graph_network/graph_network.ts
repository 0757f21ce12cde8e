import * as tf from "@tensorflow/tfjs";
import { linear, type LinearWeights, type ParameterSet } from "../../tensor/mod.ts";
import { distinctRows } from "../distinct_rows.ts";
import type { Acceleration, InputFacts } from "../fast/acceleration.ts";
import type { StepInput, StepNetwork, StepOutput } from "../rollout_model.ts";
import { applyToValues } from "../variable_layers.ts";
import { type Factored, joinGroups, type ModelGroups } from "../variable_groups.ts";
import { EdgeNetwork, type FirstHalf, type PairTerms } from "./edge_network.ts";
import { EdgeTables, type TrainingTable } from "./edge_tables.ts";
import { Embedding } from "./embedding.ts";
import type { KeptTable } from "./kept_table.ts";
import { NodeNetwork } from "./node_network.ts";

/** Sizes of a {@link GraphNetwork}. */
export interface GraphNetworkOptions {
  readonly groups: ModelGroups;
  /** W. */
  readonly nodeWidth: number;
  readonly edgeHidden: readonly number[];
  readonly edgeWidth: number;
  readonly nodeHidden: readonly number[];
  /** Whether linear layers in a row are one, and first layers tables on exact one-hots; or all is computed as is. */
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
  readonly #groups: ModelGroups;
  readonly #embedding: Embedding;
  readonly #edge: EdgeNetwork;
  readonly #node: NodeNetwork;
  readonly #mergesLayers: boolean;
  readonly #tables: EdgeTables | null;
  /** For the rollout under way, on its tape. */
  #inTraining: Prepared<TrainingTable> = { table: null, heads: null };
  /** Of the weights as they are, kept for many evaluations. */
  #inEvaluation: Prepared<KeptTable> | null = null;
  #version = 0;

  constructor(parameters: ParameterSet, options: GraphNetworkOptions) {
    const { groups, nodeWidth, edgeHidden, edgeWidth, nodeHidden } = options;
    this.parameters = parameters;
    this.#groups = groups;
    this.#mergesLayers = options.firstLayers === "tables";
    this.#embedding = new Embedding(parameters, { groups: groups.state, width: nodeWidth });
    const edge = new EdgeNetwork(parameters, { nodeWidth, hidden: edgeHidden, outputs: edgeWidth });
    const node = new NodeNetwork(parameters, { groups, nodeWidth, hidden: nodeHidden, messageWidth: edgeWidth });
    this.#edge = edge;
    this.#node = node;
    this.#tables = options.firstLayers === "tables" && EdgeTables.fits(groups.state)
      ? new EdgeTables(parameters, { groups: groups.state, embedding: this.#embedding, edge, node })
      : null;
  }

  #beginRollout(): void {
    this.#inTraining = { table: this.#tables?.forTraining() ?? null, heads: this.#mergedHeads() };
  }

  /** This network's own shortcuts. */
  acceleration(): Acceleration {
    return {
      beginRollout: () => this.#beginRollout(),
      step: (input, facts) => this.#step(input, facts),
      dispose: () => this.#forget(),
    };
  }

  #forget(): void {
    const { table, heads } = this.#inEvaluation ?? {};
    table?.dispose();
    for (const { weight, bias } of heads ?? []) tf.dispose([weight, bias!]);
    this.#inEvaluation = null;
  }

  step(input: StepInput): StepOutput {
    return this.#step(input, { isOneHot: false, learnsInput: true });
  }

  #step(input: StepInput, facts: InputFacts): StepOutput {
    const prepared = input.noise === null ? this.#kept() : this.#inTraining;
    const hidden = this.#node.hidden(this.#firstLayer(prepared, input, facts));
    return { heads: this.#node.heads(hidden, prepared.heads) };
  }

  /** First hidden layer of the node network, float32 [N·B, H]. */
  #firstLayer({ table }: Prepared, input: StepInput, { isOneHot, learnsInput }: InputFacts): tf.Tensor2D {
    const { state } = input;
    const action = joinGroups(input.action);
    if (this.#tables && table && isOneHot) {
      return this.#tables.firstLayer(table, { state, action, learnsState: learnsInput });
    }
    const messages = this.#messages(input);
    if (this.#mergesLayers) return this.#mergedFirstLayer({ state, action, messages });
    const embedded = applyToValues(state, this.#embedding.layers);
    const [count, batch, width] = embedded.shape;
    return this.#node.first(tf.concat([
      embedded.reshape<tf.Tensor2D>([count * batch, width]),
      tf.concat(Array.from({ length: count }, () => action), 0),
      messages ?? tf.zeros([batch, this.#edge.messageWidth]),
    ], 1));
  }

  /** The same without embeddings: their layer and the node network's first are one, and an action is multiplied once. */
  #mergedFirstLayer(
    { state, action, messages }: {
      readonly state: Factored;
      readonly action: tf.Tensor2D;
      readonly messages: tf.Tensor2D | null;
    },
  ): tf.Tensor2D {
    const first = this.#node.firstByInput;
    const own = applyToValues(state, this.#embedding.through(first.embedding));
    const sum = own.add(tf.matMul(action, first.action).expandDims(0));
    const rows = sum.reshape<tf.Tensor2D>([-1, sum.shape[2]!]);
    return (messages ? rows.add<tf.Tensor2D>(tf.matMul(messages, first.message)) : rows).relu();
  }

  /** Sum of the messages that each node receives, pair by pair, float32 [N·B, edge width]; null for one node. */
  #messages({ state, noise }: StepInput): tf.Tensor2D | null {
    if (this.#groups.stateCount === 1) return null;
    if (noise !== null) return this.#edge.messages(this.#edge.hiddenSums(this.#pairTerms(state)));
    // Messages depend on the state alone, and a planner asks for many actions in one state.
    const { first, place } = distinctRows(joinGroups(state));
    const sums = this.#edge.hiddenSums(this.#pairTerms(state.map((part) => tf.gather(part, first, 1))));
    return this.#edge.messages(tf.gather(sums, place, 1));
  }

  #pairTerms(state: Factored): PairTerms {
    const { receiver, sender } = this.#edge.first;
    if (this.#mergesLayers) {
      const terms = (half: FirstHalf) => applyToValues(state, this.#embedding.through(half));
      return { receivers: terms(receiver), senders: terms(sender) };
    }
    const embedded = applyToValues(state, this.#embedding.layers);
    const [count, batch, width] = embedded.shape;
    const rows = embedded.reshape([count * batch, width]);
    const terms = (half: FirstHalf) => linear(rows, half).reshape<tf.Tensor3D>([count, batch, -1]);
    return { receivers: terms(receiver), senders: terms(sender) };
  }

  #mergedHeads(): readonly LinearWeights[] | null {
    return this.#mergesLayers ? this.#node.mergedHeads() : null;
  }

  #kept(): Prepared<KeptTable> {
    if (this.#inEvaluation && this.#version === this.parameters.version) return this.#inEvaluation;
    this.#forget();
    this.#version = this.parameters.version;
    tf.tidy(() => {
      const heads = this.#mergedHeads();
      for (const { weight, bias } of heads ?? []) [weight, bias!].forEach((tensor) => tf.keep(tensor));
      this.#inEvaluation = { table: this.#tables?.forEvaluation() ?? null, heads };
    });
    return this.#inEvaluation!;
  }
}
