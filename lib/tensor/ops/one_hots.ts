import * as tf from "@tensorflow/tfjs";

/**
 * One-hots of whole numbers below `depth`, which may be 1; no gradient. Call inside `tf.tidy`.
 *
 * @param indices Whole numbers [...].
 * @returns float32 [..., depth].
 */
export function oneHots(indices: tf.Tensor, depth: number): tf.Tensor {
  // TensorFlow.js refuses one category.
  if (depth === 1) return tf.ones([...indices.shape, 1]);
  // The wasm backend writes integer bits into a float32 oneHot, hence int32 and a cast.
  return tf.oneHot(indices.cast("int32"), depth, 1, 0, "int32").cast("float32");
}
