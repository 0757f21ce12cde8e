import * as tf from "@tensorflow/tfjs";
import { distinctRows } from "./distinct_rows.ts";
import type { GraphNetwork } from "../graph_network/graph_network.ts";
import type { StepInput, StepOutput } from "../step_network.ts";
import { applyToValues, applyToVariables } from "../variable_layers.ts";
import { joinGroups } from "../variable_groups.ts";
import type { Accelerate, Acceleration, InputFacts } from "./acceleration.ts";
import { Derived } from "./derived.ts";
import { hiddenSums, messagesOf } from "./graph_network/edge_pairs.ts";
import { EdgeTables, type TrainingTable } from "./graph_network/edge_tables.ts";
import type { PairTermCache } from "./graph_network/pair_term_cache.ts";
import {
  applyHidden,
  embeddingsThrough,
  nodeInputs,
  nodeThroughProjectors,
  type StackedWeights,
} from "./graph_network/merged_layers.ts";

/** What is made of the weights for several steps. */
interface Prepared<Table extends TrainingTable | PairTermCache = TrainingTable | PairTermCache> {
  readonly table: Table | null;
  readonly heads: readonly StackedWeights[];
}

/** Message passing with linear layers in a row as one, and on exact one-hots with messages looked up by category. */
export const fastGraphNetwork: Accelerate<GraphNetwork> = (network) => new FastGraphNetwork(network);

class FastGraphNetwork implements Acceleration {
  readonly #network: GraphNetwork;
  readonly #tables: EdgeTables | null;
  /** For the rollout under way, on its tape. */
  #inTraining: Prepared<TrainingTable> | null = null;
  readonly #inEvaluation: Derived<Prepared<PairTermCache>>;

  constructor(network: GraphNetwork) {
    this.#network = network;
    this.#tables = EdgeTables.fits(network.groups.state) ? new EdgeTables(network) : null;
    this.#inEvaluation = new Derived(network.parameters, {
      make: () => ({ heads: nodeThroughProjectors(network), table: this.#tables?.forEvaluation() ?? null }),
      tensorsOf: ({ heads, table }) => [
        ...heads.flatMap(({ weight, bias }) => [weight, bias]),
        ...(table?.tensors ?? []),
      ],
    });
  }

  beginRollout(): void {
    const table = this.#tables?.forTraining() ?? null;
    this.#inTraining = { table, heads: nodeThroughProjectors(this.#network) };
  }

  dispose(): void {
    this.#inEvaluation.dispose();
  }

  step(input: StepInput, { isOneHot, learnsInput }: InputFacts): StepOutput {
    const prepared = input.noise === null ? this.#inEvaluation.value : this.#inTraining!;
    const network = this.#network;
    const first = this.#tables && prepared.table && isOneHot
      ? this.#tables.firstLayer(prepared.table, {
        state: input.state,
        action: joinGroups(input.action),
        learnsState: learnsInput,
      })
      : this.#firstLayer(input);
    const hidden = applyHidden(first, network.node.slice(1, -1));
    const nodes = hidden.reshape<tf.Tensor3D>([network.groups.stateCount, -1, hidden.shape[1]]);
    return { heads: applyToVariables(nodes, { groups: network.groups.state, layers: prepared.heads }) };
  }

  /** First hidden layer of the node network, float32 [N·B, H]; an action is multiplied once for all nodes. */
  #firstLayer(input: StepInput): tf.Tensor2D {
    const action = joinGroups(input.action);
    const messages = this.#messages(input);
    const first = nodeInputs(this.#network);
    const own = applyToValues(input.state, embeddingsThrough(this.#network, first.embedding));
    const sum = own.add(tf.matMul(action, first.action).expandDims(0));
    const rows = sum.reshape<tf.Tensor2D>([-1, sum.shape[2]!]);
    return (messages ? rows.add<tf.Tensor2D>(tf.matMul(messages, first.message)) : rows).relu();
  }

  /** Sum of the messages that each node receives, pair by pair, float32 [N·B, edge width]; null for one node. */
  #messages({ state, noise }: StepInput): tf.Tensor2D | null {
    const network = this.#network;
    if (network.groups.stateCount === 1) return null;
    if (noise !== null) return messagesOf(network, hiddenSums(network, state));
    // Messages depend on the state alone, and a planner asks for many actions in one state.
    const { first, place } = distinctRows(joinGroups(state));
    const sums = hiddenSums(network, state.map((part) => tf.gather(part, first, 1)));
    return messagesOf(network, tf.gather(sums, place, 1));
  }
}
