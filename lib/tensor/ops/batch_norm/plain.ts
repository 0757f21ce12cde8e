import * as tf from "@tensorflow/tfjs";
import { customGradient } from "../../custom_gradient.ts";
import { type BatchNormLeakyRelu, EPSILON, MOMENTUM } from "./contract.ts";

/** In plain TensorFlow.js operations, for every backend. */
export const plainBatchNorm: BatchNormLeakyRelu = (input, norm, { slope }) => {
  const batch = input.shape[0];
  const normalised = customGradient([input, norm.scale, norm.shift], {
    forward(x, scale, shift) {
      const mean = x.mean(0);
      const centred = x.sub(mean);
      const variance = centred.square().mean(0);
      const inverse = tf.rsqrt(variance.add(EPSILON));
      const normal = centred.mul(inverse);
      tf.tidy(() => {
        norm.mean.assign(norm.mean.mul(1 - MOMENTUM).add(mean.mul(MOMENTUM)));
        const unbiased = MOMENTUM * batch / Math.max(batch - 1, 1);
        norm.variance.assign(norm.variance.mul(1 - MOMENTUM).add(variance.mul(unbiased)));
      });
      return { value: normal.mul(scale).add<tf.Tensor2D>(shift), saved: [normal, inverse, scale] };
    },
    gradient(dy, [normal, inverse, scale]) {
      const dShift = dy.sum(0);
      const dScale = dy.mul(normal).sum(0);
      const inner = dy.sub(dShift.div(batch)).sub(normal.mul(dScale.div(batch)));
      return [inner.mul(scale.mul(inverse)), dScale, dShift];
    },
  });
  return tf.leakyRelu(normalised, slope);
};
