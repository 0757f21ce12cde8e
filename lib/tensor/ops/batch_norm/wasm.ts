import type * as tf from "@tensorflow/tfjs";
import { customGradient } from "../../custom_gradient.ts";
import { defineKernel } from "../../kernels/define_kernel.ts";
import { type BatchNormLeakyRelu, type BatchNormWeights, EPSILON, MOMENTUM } from "./contract.ts";

/** y, normal, inverse, and the running mean and variance after the batch. */
const forward = defineKernel<
  { readonly x: tf.Tensor2D } & BatchNormWeights,
  [tf.Tensor2D, tf.Tensor2D, tf.Tensor1D, tf.Tensor1D, tf.Tensor1D],
  { readonly epsilon: number; readonly momentum: number; readonly slope: number }
>("BatchNormLeakyRelu", ({ calls, inputs, attributes, at, output }) => {
  const { x, scale, shift, mean, variance } = inputs;
  const { epsilon, momentum, slope } = attributes;
  const [rows, columns] = x.shape;
  const [y, normal] = [output([rows, columns]), output([rows, columns])];
  const [inverse, newMean, newVariance] = [output([columns]), output([columns]), output([columns])];
  calls.batchNorm({
    x: at(x),
    scale: at(scale),
    shift: at(shift),
    runningMean: at(mean),
    runningVariance: at(variance),
    y: at(y),
    normal: at(normal),
    inverse: at(inverse),
    newMean: at(newMean),
    newVariance: at(newVariance),
  }, { rows, columns, epsilon, momentum, slope });
  return [y, normal, inverse, newMean, newVariance];
});

/** Gradients by x, scale and shift. */
const gradient = defineKernel<
  {
    readonly dy: tf.Tensor2D;
    readonly y: tf.Tensor2D;
    readonly normal: tf.Tensor2D;
    readonly inverse: tf.Tensor1D;
    readonly scale: tf.Tensor1D;
  },
  [tf.Tensor2D, tf.Tensor1D, tf.Tensor1D],
  { readonly slope: number }
>("BatchNormLeakyReluGrad", ({ calls, inputs, attributes: { slope }, at, output }) => {
  const { dy, y, normal, inverse, scale } = inputs;
  const [rows, columns] = dy.shape;
  const [dx, dScale, dShift] = [output([rows, columns]), output([columns]), output([columns])];
  calls.batchNormGradient({
    dy: at(dy),
    y: at(y),
    normal: at(normal),
    inverse: at(inverse),
    scale: at(scale),
    dx: at(dx),
    scaleGradient: at(dScale),
    shiftGradient: at(dShift),
  }, { rows, columns, slope });
  return [dx, dScale, dShift];
});

/** One kernel each way; what they compute stands in kernel.ts. */
export const fusedBatchNorm: BatchNormLeakyRelu = (input, { scale, shift, mean, variance }, { slope }) =>
  customGradient([input, scale, shift], {
    forward(x, scale, shift) {
      const inputs = { x, scale, shift, mean, variance };
      const [y, normal, inverse, newMean, newVariance] = forward(inputs, {
        epsilon: EPSILON,
        momentum: MOMENTUM,
        slope,
      });
      mean.assign(newMean);
      variance.assign(newVariance);
      return { value: y, saved: [y, normal, inverse, scale] };
    },
    gradient: (dy, [y, normal, inverse, scale]) => gradient({ dy, y, normal, inverse, scale }, { slope }),
  });
