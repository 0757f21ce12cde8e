import type * as tf from "@tensorflow/tfjs";

/** Smallest probability that a log is taken of: float32's machine epsilon, as in the published programs. */
export const PROBABILITY_FLOOR = 1.1920929e-7;

/** τ of a sample's soft value. */
export interface Temperature {
  readonly temperature: number;
}

/** Functions along the last axis, shapes being right; log_softmax.ts and hard_samples.ts describe them. */
export interface SoftmaxOps {
  clampedLogSoftmax<T extends tf.Tensor>(logits: T): T;
  logLikelihood(logits: tf.Tensor, target: tf.Tensor): tf.Tensor;
  hardGumbelSoftmax<T extends tf.Tensor>(logits: T, gumbel: tf.Tensor, options: Temperature): T;
  hardGumbelSigmoid<T extends tf.Tensor>(logits: T, uniform: tf.Tensor, options: Temperature): T;
  argmaxOneHot<T extends tf.Tensor>(scores: T): T;
}
