import * as tf from "@tensorflow/tfjs";
import { argmaxOneHot, customGradient, type NoiseSource } from "../../tensor/mod.ts";
import type { Penalty } from "../step_network.ts";

/** Latents replaced by codes. */
export interface Quantized {
  /** The chosen code's vector, float32 [B, C]; what gradient it passes on is the codebook's choice. */
  readonly value: tf.Tensor2D;
  /** One-hot of the chosen code, float32 [B, K]. */
  readonly assignment: tf.Tensor2D;
  readonly penalties: Readonly<Record<string, Penalty>>;
}

/** K code vectors that latents are replaced by: what tells FCDL and its variants apart. */
export interface Codebook {
  readonly codeCount: number;
  /** Code vectors, float32 [K, C]; owned by the parameter set. */
  readonly codes: tf.Variable<tf.Rank.R2>;
  /**
   * Chooses a code for each latent; call inside `tf.tidy`.
   *
   * @param latent The encoder's output, float32 [B, latent width].
   * @param noise The draws of training, in which statistics move and penalties are given; null in evaluation.
   */
  quantize(latent: tf.Tensor2D, noise: NoiseSource | null): Quantized;
}

/** Sizes of a codebook. */
export interface CodebookSize {
  /** K and C. */
  readonly codeCount: number;
  readonly codeWidth: number;
}

/** The nearest code of each latent in Euclidean distance; no gradient passes. */
export function nearest(latent: tf.Tensor2D, codes: tf.Tensor2D): { assignment: tf.Tensor2D; vectors: tf.Tensor2D } {
  return tf.tidy(() => {
    // |h|² is the same for all codes and left out.
    const closeness = tf.matMul(latent, codes, false, true).mul(2).sub<tf.Tensor2D>(codes.square().sum(1));
    const assignment = argmaxOneHot(closeness);
    return { assignment, vectors: tf.matMul(assignment, codes) };
  });
}

/** `h + stopgrad(e - h)`: the value of `vectors`, the gradient of `latent`. */
export function straightThrough(latent: tf.Tensor2D, vectors: tf.Tensor2D): tf.Tensor2D {
  return customGradient([latent], {
    forward: () => ({ value: vectors.clone(), saved: [] }),
    gradient: (dy) => [dy],
  });
}

/** `mean((stopgrad(e) - h)²)` over batch and width. */
export function commitmentLoss(latent: tf.Tensor2D, vectors: tf.Tensor2D): tf.Scalar {
  return customGradient([latent], {
    forward(h) {
      const difference = h.sub(vectors);
      return { value: difference.square().mean<tf.Scalar>(), saved: [difference] };
    },
    gradient: (dy, [difference]) => [difference.mul(dy.mul(2 / difference.size))],
  });
}
