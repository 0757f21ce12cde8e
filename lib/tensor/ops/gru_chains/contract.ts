import type * as tf from "@tensorflow/tfjs";

/** Where a unit finds what one categorical variable says to it. */
export interface ChainSource {
  /** The variable's place among all. */
  readonly variable: number;
  /** c. */
  readonly categories: number;
  /** Row of its first category in the table that it is read from. */
  readonly row: number;
  /** First of its c² rows of the Jacobian; null where no gradient reaches its one-hot. */
  readonly jacobianRow: number | null;
}

/** A recurrent unit's own variable, in whose table its hidden state starts, and what it reads, in order. */
export interface GruChain {
  readonly own: ChainSource;
  readonly reads: readonly ChainSource[];
}

/**
 * Jacobians by category, constants: row (k', k) of a variable is the derivative by its one-hot's entry k while its
 * category is k'.
 */
export interface ChainJacobian {
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
  readonly jacobian: ChainJacobian;
}

/** Some samples of each unit: unit · B + sample, units in order, int32 [S], and how many a unit. */
export interface ChainSamples {
  readonly rows: tf.Tensor1D;
  readonly counts: readonly number[];
}

/** The ways of `gruChains` and `gruChainsOfSamples`. */
export interface GruChainsOps {
  all(input: GruChainsInput, learned: LearnedInputs | null): tf.Tensor3D;
  some(input: GruChainsInput, samples: ChainSamples): tf.Tensor2D;
}
