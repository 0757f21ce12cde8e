import * as tf from "@tensorflow/tfjs";
import { customGradient } from "../../custom_gradient.ts";
import { oneHots } from "../one_hots.ts";
import { PROBABILITY_FLOOR, type SoftmaxOps } from "./contract.ts";

/** In plain TensorFlow.js operations, for every backend. */
export const plainSoftmax: SoftmaxOps = {
  hardGumbelSigmoid: <T extends tf.Tensor>(logits: T, uniform: tf.Tensor, { temperature }: { temperature: number }) =>
    customGradient([logits], {
      forward(z) {
        const logistic = uniform.log().sub(tf.sub(1, uniform).log());
        const soft = z.add<T>(logistic).div<T>(temperature).sigmoid();
        return { value: soft.greater(0.5).cast<T>("float32"), saved: [soft] };
      },
      gradient: (dy, [soft]) => [dy.mul(soft.mul(tf.sub(1, soft))).div(temperature)],
    }),

  hardGumbelSoftmax: <T extends tf.Tensor>(logits: T, gumbel: tf.Tensor, { temperature }: { temperature: number }) =>
    customGradient([logits], {
      forward(z) {
        const noisy = z.add<T>(gumbel);
        const soft = noisy.div(temperature).softmax();
        return { value: plainSoftmax.argmaxOneHot(noisy), saved: [soft] };
      },
      gradient(dy, [soft]) {
        const inner = dy.mul(soft);
        return [inner.sub(soft.mul(inner.sum(-1, true))).div(temperature)];
      },
    }),

  argmaxOneHot: <T extends tf.Tensor>(scores: T) =>
    tf.tidy(() => oneHots(scores.argMax(-1), scores.shape.at(-1)!) as T),

  clampedLogSoftmax: <T extends tf.Tensor>(logits: T) =>
    customGradient([logits], {
      forward(z) {
        const probabilities = z.softmax();
        const clamped = probabilities.clipByValue(PROBABILITY_FLOOR, 1 - PROBABILITY_FLOOR);
        return { value: clamped.log() as T, saved: [probabilities, clamped] };
      },
      gradient(dy, [p, clamped]) {
        const passed = dy.mul(p.equal(clamped).cast("float32"));
        return [passed.sub(p.mul(passed.sum(-1, true)))];
      },
    }),

  logLikelihood: (logits, target) => tf.tidy(() => plainSoftmax.clampedLogSoftmax(logits).mul(target).sum(-1)),
};
