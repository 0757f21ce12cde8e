import type * as tf from "@tensorflow/tfjs";

/** Share of the batch in the running statistics, as in PyTorch. */
export const MOMENTUM = 0.1;
/** What is added to variances, as in PyTorch. */
export const EPSILON = 1e-5;

/** Weights and running statistics of a batch normalisation, each float32 [W]. */
export interface BatchNormWeights {
  readonly scale: tf.Tensor1D;
  readonly shift: tf.Tensor1D;
  /** Moved by training. */
  readonly mean: tf.Variable<tf.Rank.R1>;
  /** Moved by training, towards the unbiased variance. */
  readonly variance: tf.Variable<tf.Rank.R1>;
}

/** Normalisation of a batch [B, W] and leaky ReLU, shapes being right. */
export type BatchNormLeakyRelu = (
  input: tf.Tensor2D,
  norm: BatchNormWeights,
  options: { readonly slope: number },
) => tf.Tensor2D;
