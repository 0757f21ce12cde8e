import type * as tf from "@tensorflow/tfjs";
import { softmax } from "./softmax.ts";

// Samples that are hard in the forward pass and have the gradient of a soft value; one kernel each way where the
// backend has it. Soft values are computed again in the backward pass: cheaper than keeping them.

/**
 * Hard Gumbel-softmax over the last axis: the one-hot of the first largest `logits + gumbel`, with the gradient of
 * `softmax((logits + gumbel) / τ)`.
 *
 * @param logits float32 [..., c].
 * @param gumbel Standard Gumbel draws of the same shape; no gradient reaches them.
 * @returns One-hot float32 [..., c]; the caller disposes it.
 * @throws {TypeError} If the shapes differ.
 */
export function hardGumbelSoftmax<T extends tf.Tensor>(logits: T, gumbel: tf.Tensor, options = { temperature: 1 }): T {
  checkSameShape("a Gumbel-softmax", logits, gumbel);
  return softmax().hardGumbelSoftmax(logits, gumbel, options);
}

/**
 * One-hot of the first largest entry along the last axis; its gradient is zero.
 *
 * @param scores float32 [..., c].
 * @returns float32 [..., c]; the caller disposes it.
 */
export function argmaxOneHot<T extends tf.Tensor>(scores: T): T {
  return softmax().argmaxOneHot(scores);
}

/**
 * Hard Gumbel-sigmoid: `sigmoid((logits + log u - log(1 - u)) / τ) > 0.5` with the gradient of the soft value.
 *
 * @param logits float32, any shape.
 * @param uniform Draws in (0, 1), of `logits`' shape; no gradient reaches them.
 * @returns float32 of 0 and 1, of `logits`' shape; the caller disposes it.
 * @throws {TypeError} If the shapes differ.
 */
export function hardGumbelSigmoid<T extends tf.Tensor>(logits: T, uniform: tf.Tensor, options = { temperature: 1 }): T {
  checkSameShape("a Gumbel-sigmoid", logits, uniform);
  return softmax().hardGumbelSigmoid(logits, uniform, options);
}

function checkSameShape(what: string, logits: tf.Tensor, noise: tf.Tensor): void {
  if (logits.shape.join() !== noise.shape.join()) {
    throw new TypeError(`Cannot draw ${what}: shapes differ, expected [${logits.shape}], got [${noise.shape}]`);
  }
}
