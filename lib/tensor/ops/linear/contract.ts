import type * as tf from "@tensorflow/tfjs";

/** Weights of a linear layer (2-D) or of a stack of V independent ones (3-D). */
export interface LinearWeights<R extends tf.Rank = tf.Rank> {
  /** float32 [in, out] or [V, in, out]. */
  readonly weight: tf.Tensor<R>;
  /** float32 [out] or [V, 1, out]; null for none. */
  readonly bias: tf.Tensor | null;
}

/** What follows a linear layer. */
export type Activation = "linear" | "relu";

/** A linear layer, shapes being right. */
export type LinearOperation = <R extends tf.Rank>(
  input: tf.Tensor,
  layer: LinearWeights<R>,
  activation: Activation,
) => tf.Tensor<R>;
