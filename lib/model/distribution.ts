import * as tf from "@tensorflow/tfjs";
import { argmaxOneHot, hardGumbelSoftmax, logLikelihood, type NoiseSource } from "../tensor/mod.ts";
import type { Factored, VariableGroup } from "./variable_groups.ts";

/** Bounds of a continuous variable's predicted log standard deviation, as in the published program. */
export const LOG_STD_RANGE = { low: -10, high: -5 } as const;

const HALF_LOG_TWO_PI = 0.5 * Math.log(2 * Math.PI);

/**
 * Log-probability (density) of observed variables.
 *
 * @param heads Distribution parameters, a tensor a group: logits [n, B, c], or mean and log-std [n, B, 2].
 * @param target Observed next state, a tensor a group [n, B, w].
 * @returns float32 [N, B]; the caller disposes it.
 */
export function logProbability(groups: readonly VariableGroup[], heads: Factored, target: Factored): tf.Tensor2D {
  const parts = groups.map((group, r) => {
    const head = heads[r]!;
    const value = target[r]!;
    if (group.kind === "categorical") return logLikelihood(head, value) as tf.Tensor2D;
    const { mean, logStd } = gaussian(head);
    const z = value.sub(mean).div(logStd.exp());
    return z.square().mul(-0.5).sub(logStd).sub(HALF_LOG_TWO_PI).squeeze<tf.Tensor2D>([-1]);
  });
  return parts.length === 1 ? parts[0]! : tf.concat(parts, 0);
}

/**
 * Draws the next state in training: hard straight-through Gumbel-softmax for categorical variables, a reparameterised
 * normal for continuous ones.
 *
 * @returns A tensor a group [n, B, w]; the caller disposes them.
 */
export function sampleState(groups: readonly VariableGroup[], heads: Factored, noise: NoiseSource): Factored {
  return groups.map((group, r) => {
    const head = heads[r]!;
    if (group.kind === "categorical") return hardGumbelSoftmax(head, noise.gumbel(head.shape)) as tf.Tensor3D;
    const { mean, logStd } = gaussian(head);
    return mean.add(logStd.exp().mul(noise.normal(mean.shape))) as tf.Tensor3D;
  });
}

/** The most likely next state: argmax one-hots and means, a tensor a group [n, B, w]; the caller disposes them. */
export function modeState(groups: readonly VariableGroup[], heads: Factored): Factored {
  return groups.map((group, r) => {
    const head = heads[r]!;
    return (group.kind === "categorical" ? argmaxOneHot(head) : gaussian(head).mean) as tf.Tensor3D;
  });
}

/** The values of the most likely next state, row-major [B, N]; reads the device. Call inside `tf.tidy`. */
export function modeValues(groups: readonly VariableGroup[], heads: Factored): Float32Array {
  const batch = heads[0]!.shape[1];
  const count = groups.reduce((sum, group) => sum + group.count, 0);
  const values = new Float32Array(batch * count);
  groups.forEach(({ kind, start, ...group }, g) => {
    const head = heads[g]!;
    const found = kind === "categorical" ? head.argMax(-1).dataSync() : gaussian(head).mean.dataSync();
    for (let i = 0; i < group.count; i++) {
      for (let b = 0; b < batch; b++) values[b * count + start + i] = found[i * batch + b]!;
    }
  });
  return values;
}

/** Mean and bounded log standard deviation of a continuous group's head [n, B, 2], each [n, B, 1]. */
function gaussian(head: tf.Tensor3D): { mean: tf.Tensor3D; logStd: tf.Tensor3D } {
  const [mean, raw] = tf.split(head, 2, -1) as [tf.Tensor3D, tf.Tensor3D];
  return { mean, logStd: raw.clipByValue(LOG_STD_RANGE.low, LOG_STD_RANGE.high) as tf.Tensor3D };
}
