import type * as tf from "@tensorflow/tfjs";
import { softmax } from "./softmax.ts";

/**
 * Log-probabilities of the normalised softmax over the last axis, probabilities clamped to [ε, 1 - ε] with
 * ε = `PROBABILITY_FLOOR`. No gradient passes where the clamp acts. One kernel each way where the backend
 * has it.
 *
 * @param logits float32 [..., c].
 * @returns float32 [..., c]; the caller disposes it.
 */
export function clampedLogSoftmax<T extends tf.Tensor>(logits: T): T {
  return softmax().clampedLogSoftmax(logits);
}

/**
 * Log-likelihood of a one-hot (or any weights): Σ target · clampedLogSoftmax(logits) over the last axis. The negative
 * of the softmax cross-entropy.
 *
 * @param logits float32 [..., c].
 * @param target float32 of the same shape.
 * @returns float32 [...]; the caller disposes it.
 * @throws {TypeError} If the shapes differ.
 */
export function logLikelihood(logits: tf.Tensor, target: tf.Tensor): tf.Tensor {
  if (logits.shape.join() !== target.shape.join()) {
    throw new TypeError(
      `Cannot take a log-likelihood: shapes differ, expected [${logits.shape}], got [${target.shape}]`,
    );
  }
  return softmax().logLikelihood(logits, target);
}
