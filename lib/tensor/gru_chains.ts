import * as tf from "@tensorflow/tfjs";
import { plainChains } from "./gru_chains_plain.ts";
import { gruChainsKernels } from "./kernels/gru_chains.ts";
import { runsOwnKernels } from "./kernels/own_kernels.ts";
import { prefixTree } from "./prefix_tree.ts";
import type { ChainTree } from "./kernels/gru_chains.ts";

/** Where a unit finds what one categorical variable says to it. */
export interface ChainSource {
  /** The variable's place among all. */
  readonly variable: number;
  /** c. */
  readonly categories: number;
  /** Row of its first category in the table that it is read from. */
  readonly row: number;
  /** First of its c² rows of slopes; null where no gradient reaches its one-hot. */
  readonly slopeRow: number | null;
}

/** A recurrent unit's own variable, in whose table its hidden state starts, and what it reads, in order. */
export interface GruChain {
  readonly own: ChainSource;
  readonly reads: readonly ChainSource[];
}

/**
 * Slopes along categories, constants: row (k', k) of a variable is the derivative by its one-hot's entry k while its
 * category is k'.
 */
export interface ChainSlopes {
  /** Of the rows of `start`, float32 [Σ c², H], and of their products with the hidden weights, [Σ c², 3H]. */
  readonly start: tf.Tensor2D;
  readonly hidden: tf.Tensor2D;
  /** Of the rows of `gates`, float32 [X, 3H]. */
  readonly gates: tf.Tensor2D;
}

/** Chains of J recurrent units of width H on I categorical variables. */
export interface GruChainsInput {
  /** What each unit reads. */
  readonly chains: readonly GruChain[];
  /** Hidden states to start from, float32 [R, H]. */
  readonly start: tf.Tensor2D;
  /** Input part of the gates, biases included, float32 [G, 3H]. */
  readonly gates: tf.Tensor2D;
  /** float32 [J, H, 3H] and [J, 1, 3H]. */
  readonly hiddenWeight: tf.Tensor3D;
  readonly hiddenBias: tf.Tensor3D;
  /** Each variable's category in each sample, int32 [I, B]. */
  readonly categories: tf.Tensor2D;
}

/** One-hots that gradients must reach, straight through the tables. */
export interface LearnedInputs {
  /** The first variables, run after run, float32 [n, B, c]. */
  readonly oneHots: readonly tf.Tensor3D[];
  readonly slopes: ChainSlopes;
}

/** Some samples of each unit: unit · B + sample, units in order, int32 [S], and how many a unit. */
export interface ChainSamples {
  readonly rows: tf.Tensor1D;
  readonly counts: readonly number[];
}

/**
 * Hidden states after each unit has read its variables, cell by cell as `gruCell`. Differentiable in tables, weights and,
 * through slopes, the one-hots. With own kernels, samples that agree in what a unit has read so far share its
 * computation.
 *
 * @param learned Null where no gradient is wanted by the one-hots.
 * @returns float32 [J, B, H]; the caller disposes it.
 */
export function gruChains(input: GruChainsInput, learned: LearnedInputs | null): tf.Tensor3D {
  const shape = [input.chains.length, input.categories.shape[1]!, input.start.shape[1]] as [number, number, number];
  if (!runsOwnKernels()) return plainChains(input, learned).reshape(shape);
  const { start, gates, hiddenWeight, hiddenBias } = input;
  const { oneHots, slopes } = learned ?? { oneHots: [], slopes: null };
  return tf.customGrad((...args) => {
    const save = args.at(-1) as unknown as tf.GradSaveFunc;
    const trees = treesOf(input, null);
    const { hidden, kept } = gruChainsKernels.forward(input, trees);
    save([hiddenWeight, kept, ...(slopes ? [slopes.start, slopes.hidden, slopes.gates] : [])]);
    const rows = { start: start.shape[0], gates: gates.shape[0] };
    const oneHotShapes = oneHots.map((oneHot) => oneHot.shape);
    return {
      value: hidden.reshape(shape),
      gradFunc: (dy, saved) => {
        // What was made in the forward pass is gone by now but for the saved tensors.
        const [weight, kept, ...rest] = saved as [tf.Tensor3D, tf.Tensor1D, ...tf.Tensor2D[]];
        const [startSlopes, hiddenSlopes, gateSlopes] = rest;
        return gruChainsKernels.gradient(dy, {
          ...{ trees, hiddenWeight: weight, kept, rows, oneHotShapes },
          slopes: slopes ? { start: startSlopes!, hidden: hiddenSlopes!, gates: gateSlopes! } : null,
        });
      },
    };
  })(start, gates, hiddenWeight, hiddenBias, ...oneHots) as tf.Tensor3D;
}

/**
 * What {@link gruChains} gives for some samples of each unit. To the bit on the wasm backend's own kernels, whatever the
 * samples beside them. Not differentiable.
 *
 * @returns float32 [S, H]; the caller disposes it.
 */
export function gruChainsOfSamples(input: GruChainsInput, samples: ChainSamples): tf.Tensor2D {
  if (runsOwnKernels()) return gruChainsKernels.evaluate(input, treesOf(input, samples));
  return tf.tidy(() => tf.gather(plainChains(input, null), samples.rows));
}

/** Samples of each unit, all of them unless given, as trees of what it reads. */
function treesOf({ chains, categories }: GruChainsInput, samples: ChainSamples | null): readonly ChainTree[] {
  const batch = categories.shape[1];
  const values = categories.dataSync<"int32">();
  const chosen = samples?.rows.dataSync<"int32">() ?? null;
  let first = 0;
  return chains.map((chain, unit) => {
    const count = samples ? samples.counts[unit]! : batch;
    const columns = [chain.own, ...chain.reads].map(({ variable, row }) => {
      const column = new Int32Array(count);
      const from = variable * batch - (chosen ? unit * batch : 0);
      for (let s = 0; s < count; s++) column[s] = row + values[from + (chosen ? chosen[first + s]! : s)]!;
      return column;
    });
    first += count;
    return { chain, levels: prefixTree(columns) };
  });
}
