import * as tf from "@tensorflow/tfjs";
import { straightThrough } from "../../../lib/model/masked/codebook.ts";
import { argmaxOneHot } from "../../../lib/tensor/mod.ts";
import type { Weights } from "./stacked_layers.ts";

/** Latents of S seeds replaced by their own codes. */
export interface StackedQuantized {
  /** float32 [S, B, C], with the latent's gradient. */
  readonly value: tf.Tensor3D;
  /** Commitment loss of each seed, float32 [S]. */
  readonly commitment: tf.Tensor1D;
}

/**
 * The moving-average codebook of lib/model/masked/ema_codebook.ts in training, a codebook a seed: codes [S, K, C], sizes
 * [S, K], sums [S, K, C]. Call inside `tf.tidy`.
 *
 * @param latent float32 [S, B, C].
 */
export function quantizeAndMove(
  latent: tf.Tensor3D,
  options: { readonly weights: Weights; readonly decay: number },
): StackedQuantized {
  const { weights, decay } = options;
  const codes = weights("codebook.codes");
  const closeness = tf.matMul(latent, codes as tf.Tensor as tf.Tensor3D, false, true).mul(2)
    .sub(codes.square().sum(-1).expandDims(1));
  const assignment = argmaxOneHot(closeness) as tf.Tensor3D;
  const vectors = tf.matMul(assignment, codes as tf.Tensor as tf.Tensor3D) as tf.Tensor3D;
  const commitment = commitmentLosses(latent, vectors);
  move({ latent, assignment }, options.weights, decay);
  // Elementwise, so that it takes a stack as it is.
  const value = straightThrough(latent as tf.Tensor as tf.Tensor2D, vectors as tf.Tensor as tf.Tensor2D);
  return { value: value as tf.Tensor as tf.Tensor3D, commitment };
}

function move(
  { latent, assignment }: { latent: tf.Tensor3D; assignment: tf.Tensor3D },
  weights: Weights,
  decay: number,
): void {
  tf.tidy(() => {
    const [codes, oldSize, oldSum] = ["codes", "size", "sum"].map((name) => weights(`codebook.${name}`)) as [
      tf.Variable,
      tf.Variable,
      tf.Variable,
    ];
    const count = assignment.sum(1);
    const atLeastOne = count.add(count.equal(0).cast("float32"));
    const size = oldSize.mul(decay).add(atLeastOne.mul(1 - decay));
    const sum = oldSum.mul(decay).add(tf.matMul(assignment, latent, true, false).mul(1 - decay));
    const total = size.sum(1, true);
    const smoothed = size.add(1e-5).div(total.add(size.shape[1]! * 1e-5)).mul(total);
    oldSize.assign(size);
    oldSum.assign(sum);
    codes.assign(sum.div(smoothed.expandDims(2)));
  });
}

/** `mean((stopgrad(e) - h)²)` over each seed's batch and width, float32 [S]. */
function commitmentLosses(latent: tf.Tensor3D, vectors: tf.Tensor3D): tf.Tensor1D {
  return tf.customGrad((...inputs) => {
    const [h, save] = inputs as unknown as [tf.Tensor, tf.GradSaveFunc];
    const difference = h.sub(vectors);
    const seeds = h.shape[0]!;
    save([difference]);
    return {
      value: difference.square().reshape([seeds, -1]).mean(1),
      gradFunc: (dy, [difference]) => difference!.mul(dy.mul(2 * seeds / difference!.size).reshape([seeds, 1, 1])),
    };
  })(latent) as tf.Tensor1D;
}
