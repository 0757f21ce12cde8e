import * as tf from "@tensorflow/tfjs";
import { type AdamStep, BETA1, BETA2, EPSILON, factors } from "./contract.ts";

/** All parameters at once: launching an operation a parameter can cost more than the arithmetic. */
export const plainStep: AdamStep = ({ parameters, mean, square }, options) =>
  tf.tidy(() => {
    const flat = tf.concat1d(
      parameters.map((parameter, i) => options.gradients[i]?.flatten() ?? tf.zeros([parameter.size])),
    );
    const norm = flat.square().sum<tf.Scalar>().sqrt();
    const scaled = flat.mul(tf.minimum(tf.div(options.gradientClip, norm.add(1e-6)), 1));
    const { rate, correction } = factors(options);
    mean.assign(mean.mul(BETA1).add(scaled.mul(1 - BETA1)));
    square.assign(square.mul(BETA2).add(scaled.square().mul(1 - BETA2)));
    const change = mean.mul(rate).div(square.sqrt().mul(correction).add(EPSILON));
    const changed = tf.concat1d(parameters.map((parameter) => parameter.flatten())).sub(change);
    const parts = tf.split(changed, parameters.map((parameter) => parameter.size));
    parameters.forEach((parameter, i) => parameter.assign(parts[i]!.reshape(parameter.shape)));
    return norm;
  });
