import * as tf from "@tensorflow/tfjs";
import type { GraderNetwork } from "../grader/grader_network.ts";
import { HeadCache, headsOfRows, readsAtOnce } from "./head_cache.ts";
import type { StepInput, StepOutput } from "../step_network.ts";
import { applyToVariables } from "../variable_layers.ts";
import type { Factored } from "../variable_groups.ts";
import { categoryRows, gruChains, gruChainsOfSamples } from "../../tensor/mod.ts";
import type { Accelerate, Acceleration, InputFacts } from "./acceleration.ts";
import { Derived } from "./derived.ts";
import { type ChainTables, chainTables } from "./grader/chain_tables.ts";
import { denseReaders, readDense, readDistinct, type Reader, tensorsOf } from "./grader/dense_readers.ts";

/**
 * GRADER's units with embeddings and gates looked up by category, each distinct sequence of inputs read once; inputs
 * that are not one-hots by products, all units that read an input side by side.
 */
export const fastGrader: Accelerate<GraderNetwork> = (network) => new FastGrader(network);

class FastGrader implements Acceleration {
  readonly #network: GraderNetwork;
  /** Predictions of exact one-hots in evaluation; null where they cannot be told apart. */
  readonly predictionCache: HeadCache | null;
  /** Of the rollout under way, on its tape, made when first used. */
  #inTraining: { tables?: ChainTables; readers?: readonly Reader[] } = {};
  readonly #tables: Derived<ChainTables>;
  readonly #readers: Derived<readonly Reader[]>;
  /** The graph as a mask, float32 [1, N, N + M]. */
  readonly #mask: Derived<tf.Tensor3D>;

  constructor(network: GraderNetwork) {
    const { parameters, groups, graph } = network;
    this.#network = network;
    this.predictionCache = HeadCache.serves(groups)
      ? new HeadCache(groups, { labelWidth: 0, weights: parameters })
      : null;
    this.#tables = new Derived(parameters, {
      make: () => chainTables(network, { learnsInput: false }),
      tensorsOf: ({ start, gates }) => [start, gates],
    });
    this.#readers = new Derived(parameters, {
      make: () => denseReaders(network),
      tensorsOf: (readers) => readers.flatMap(tensorsOf),
    });
    this.#mask = new Derived(parameters, {
      make: () =>
        tf.tensor3d(Float32Array.from(graph.edges()), [1, groups.stateCount, groups.stateCount + groups.actionCount]),
      tensorsOf: (mask) => [mask],
    });
  }

  beginRollout(): void {
    this.#inTraining = {};
  }

  dispose(): void {
    for (const derived of [this.#tables, this.#readers, this.#mask]) derived.dispose();
  }

  step({ state, action, noise }: StepInput, { isOneHot, learnsInput, categories: known }: InputFacts): StepOutput {
    const network = this.#network;
    const { groups } = network;
    const inputs = [...state, ...action];
    const headsOf = (hidden: tf.Tensor3D) =>
      applyToVariables(hidden.relu(), { groups: groups.state, layers: network.heads });
    if (!isOneHot) {
      const hidden = noise
        ? readDense(inputs, { network, readers: this.#inTraining.readers ??= denseReaders(network) })
        : readDistinct(inputs, { network, readers: this.#readers.value });
      return { heads: headsOf(hidden) };
    }
    const categories = categoriesOf(inputs);
    if (noise) {
      const tables = this.#inTraining.tables ??= chainTables(network, { learnsInput: true });
      const learned = learnsInput ? { oneHots: state, jacobian: tables.jacobian! } : null;
      return { heads: headsOf(gruChains({ ...tables, categories }, learned)) };
    }
    const tables = this.#tables.value;
    if (!this.predictionCache || !readsAtOnce()) return { heads: headsOf(gruChains({ ...tables, categories }, null)) };
    const heads = this.predictionCache.heads(
      { state, action, mask: this.#mask.value, label: null, categories: known ?? null },
      ({ rows, counts }) => {
        const hidden = gruChainsOfSamples({ ...tables, categories }, { rows, counts }).relu<tf.Tensor2D>();
        return headsOfRows(hidden, { groups, hidden: [], heads: network.heads, counts });
      },
    );
    return { heads };
  }
}

/** Category of each variable in each sample, int32 [N + M, B], from exact one-hots. */
function categoriesOf(inputs: Factored): tf.Tensor2D {
  return tf.concat(inputs.map((oneHots) => categoryRows(oneHots, tf.zeros([oneHots.shape[0], 1], "int32"))), 0);
}
