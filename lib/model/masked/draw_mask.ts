import type * as tf from "@tensorflow/tfjs";
import { hardGumbelSigmoid, type NoiseSource } from "../../tensor/mod.ts";

/**
 * The mask of edge logits: a hard straight-through Gumbel-sigmoid draw in training, the edges with a probability above
 * one half in evaluation. Call inside `tf.tidy`.
 *
 * @param logits float32 [B, N, N + M].
 * @param noise The draws of training; null in evaluation.
 */
export function drawMask(
  logits: tf.Tensor3D,
  noise: NoiseSource | null,
): { readonly mask: tf.Tensor3D; readonly probabilities: tf.Tensor3D } {
  const probabilities = logits.sigmoid();
  const mask: tf.Tensor3D = noise
    ? hardGumbelSigmoid(logits, noise.uniform(logits.shape))
    : probabilities.greater(0.5).cast("float32");
  return { mask, probabilities };
}
