import * as tf from "@tensorflow/tfjs";
import { oneHots } from "./one_hots.ts";

/**
 * Hard Gumbel-sigmoid: `sigmoid((logits + log u - log(1 - u)) / τ) > 0.5` with the gradient of the soft value.
 *
 * @param logits float32, any shape.
 * @param uniform Draws in (0, 1), of `logits`' shape; no gradient reaches them.
 * @returns float32 of 0 and 1, of `logits`' shape; the caller disposes it.
 */
export function hardGumbelSigmoid<T extends tf.Tensor>(logits: T, uniform: tf.Tensor, options = { temperature: 1 }): T {
  const { temperature } = options;
  return tf.customGrad((...inputs) => {
    const [z, save] = inputs as unknown as [tf.Tensor, tf.GradSaveFunc];
    const logistic = uniform.log().sub(tf.sub(1, uniform).log());
    const soft = z.add(logistic).div(temperature).sigmoid();
    save([soft]);
    return {
      value: soft.greater(0.5).cast("float32"),
      gradFunc: (dy, [soft]) => dy.mul(soft!.mul(tf.sub(1, soft!))).div(temperature),
    };
  })(logits) as T;
}

/**
 * Hard Gumbel-softmax over the last axis: the one-hot of `argmax(logits + gumbel)` with the gradient of
 * `softmax((logits + gumbel) / τ)`.
 *
 * @param logits float32 [..., c].
 * @param gumbel Standard Gumbel draws of the same shape; no gradient reaches them.
 * @returns One-hot float32 [..., c]; the caller disposes it.
 */
export function hardGumbelSoftmax<T extends tf.Tensor>(logits: T, gumbel: tf.Tensor, options = { temperature: 1 }): T {
  const { temperature } = options;
  return tf.customGrad((...inputs) => {
    const [z, save] = inputs as unknown as [tf.Tensor, tf.GradSaveFunc];
    const noisy = z.add(gumbel);
    const soft = noisy.div(temperature).softmax();
    save([soft]);
    return {
      value: argmaxOneHot(noisy),
      gradFunc: (dy, [soft]) => {
        const inner = dy.mul(soft!);
        return inner.sub(soft!.mul(inner.sum(-1, true))).div(temperature);
      },
    };
  })(logits) as T;
}

/**
 * One-hot of the largest entry along the last axis; no gradient.
 *
 * @param scores float32 [..., c].
 * @returns float32 [..., c]; the caller disposes it.
 */
export function argmaxOneHot<T extends tf.Tensor>(scores: T): T {
  return tf.tidy(() => oneHots(scores.argMax(-1), scores.shape.at(-1)!) as T);
}

/** Smallest probability that a log is taken of: float32's machine epsilon, as in the published programs. */
export const PROBABILITY_FLOOR = 1.1920929e-7;

/**
 * Log-probabilities of the normalised softmax over the last axis, probabilities clamped to [ε, 1 - ε]. No gradient
 * passes where the clamp acts.
 *
 * @param logits float32 [..., c].
 * @returns float32 [..., c]; the caller disposes it.
 */
export function clampedLogSoftmax<T extends tf.Tensor>(logits: T): T {
  return tf.customGrad((...inputs) => {
    const [z, save] = inputs as unknown as [tf.Tensor, tf.GradSaveFunc];
    const probabilities = z.softmax();
    const clamped = probabilities.clipByValue(PROBABILITY_FLOOR, 1 - PROBABILITY_FLOOR);
    save([probabilities, clamped]);
    return {
      value: clamped.log(),
      gradFunc: (dy, [p, clamped]) => {
        const passed = dy.mul(p!.equal(clamped!).cast("float32"));
        return passed.sub(p!.mul(passed.sum(-1, true)));
      },
    };
  })(logits) as T;
}
