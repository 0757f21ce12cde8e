import * as tf from "@tensorflow/tfjs";
import { readTensor } from "./host.ts";

/**
 * The gradient of a small function on the backend in use, to see whether it computes: 32 and 72, from the jacobian of
 * `sum((x W)^2)` at x = (1, 1) with W = ((1, 2), (3, 4)), that is `2 (x W) W^T` = 2 (4, 6) ((1, 3), (2, 4)).
 */
export function smallGradient(): Promise<Float32Array> {
  const weights = () => tf.tensor2d([[1, 2], [3, 4]]);
  const jacobian = tf.grad((x: tf.Tensor) => tf.sum(tf.square(tf.matMul(x as tf.Tensor2D, weights()))));
  return readTensor(() => jacobian(tf.tensor2d([[1, 1]])));
}
