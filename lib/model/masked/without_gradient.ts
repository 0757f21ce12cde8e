import * as tf from "@tensorflow/tfjs";

/** The same values; no gradient passes. Call inside `tf.tidy`. */
export function withoutGradient<T extends tf.Tensor>(value: T): T {
  return tf.customGrad(() => ({ value: value.clone(), gradFunc: () => tf.zeros(value.shape) }))(value) as T;
}
