import * as tf from "@tensorflow/tfjs";
import { runKernel, runsOwnKernels } from "../kernels/own_kernels.ts";

const MOMENTUM = 0.1;
const EPSILON = 1e-5;

/** Weights and running statistics of a batch normalisation, each float32 [W]. */
export interface BatchNormWeights {
  readonly scale: tf.Tensor;
  readonly shift: tf.Tensor;
  /** Moved by training. */
  readonly mean: tf.Variable;
  /** Moved by training, towards the unbiased variance. */
  readonly variance: tf.Variable;
}

/**
 * Batch normalisation and leaky ReLU in training: the batch's mean and biased variance normalise it and move the running
 * statistics (momentum 0.1, ε 1e-5, as in PyTorch). One kernel each way where the backend has it.
 *
 * @param input float32 [B, W].
 * @param options.slope Of the leaky ReLU below zero; positive.
 * @returns float32 [B, W], differentiable in input, scale and shift; the caller disposes it.
 * @throws {TypeError} If the widths differ.
 */
export function batchNormLeakyRelu(
  input: tf.Tensor2D,
  norm: BatchNormWeights,
  options: { readonly slope: number },
): tf.Tensor2D {
  const width = input.shape[1];
  const shapes = [norm.scale, norm.shift, norm.mean, norm.variance].map(({ shape }) => shape);
  if (input.rank !== 2 || shapes.some((shape) => shape.length !== 1 || shape[0] !== width)) {
    throw new TypeError(
      `Cannot normalise a batch: shapes do not fit, expected [B, W] and [W], got [${input.shape}] and [${
        shapes.join("], [")
      }]`,
    );
  }
  return runsOwnKernels() ? fused(input, norm, options) : plain(input, norm, options);
}

/** The same with the running statistics, which stay as they are; a row's result does not depend on the others. */
export function normaliseLeakyRelu(
  input: tf.Tensor2D,
  norm: BatchNormWeights,
  options: { readonly slope: number },
): tf.Tensor2D {
  return tf.tidy(() => {
    const scale = norm.scale.div(norm.variance.add(EPSILON).sqrt());
    return input.sub(norm.mean).mul(scale).add(norm.shift).leakyRelu(options.slope);
  });
}

function fused(input: tf.Tensor2D, norm: BatchNormWeights, { slope }: { readonly slope: number }): tf.Tensor2D {
  const { mean, variance } = norm;
  return tf.customGrad((...inputs) => {
    const [x, scale, shift, save] = inputs as unknown as [tf.Tensor, tf.Tensor, tf.Tensor, tf.GradSaveFunc];
    const attributes = { epsilon: EPSILON, momentum: MOMENTUM, slope };
    const [y, normal, inverse, newMean, newVariance] = runKernel(
      "BatchNormLeakyRelu",
      { x, scale, shift, mean, variance },
      attributes,
    ) as [tf.Tensor2D, tf.Tensor2D, tf.Tensor, tf.Tensor, tf.Tensor];
    mean.assign(newMean);
    variance.assign(newVariance);
    save([y, normal, inverse, scale]);
    return {
      value: y,
      gradFunc: (dy, saved) => {
        const [y, normal, inverse, scale] = saved as [tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor];
        return runKernel("BatchNormLeakyReluGrad", { dy, y, normal, inverse, scale }, { slope });
      },
    };
  })(input, norm.scale, norm.shift) as tf.Tensor2D;
}

function plain(input: tf.Tensor2D, norm: BatchNormWeights, { slope }: { readonly slope: number }): tf.Tensor2D {
  const normalised = tf.customGrad((...inputs) => {
    const [x, scale, shift, save] = inputs as unknown as [tf.Tensor, tf.Tensor, tf.Tensor, tf.GradSaveFunc];
    const batch = x.shape[0]!;
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
    save([normal, inverse, scale]);
    return {
      value: normal.mul(scale).add(shift),
      gradFunc: (dy, [normal, inverse, scale]) => {
        const dShift = dy.sum(0);
        const dScale = dy.mul(normal!).sum(0);
        const inner = dy.sub(dShift.div(batch)).sub(normal!.mul(dScale.div(batch)));
        return [inner.mul(scale!.mul(inverse!)), dScale, dShift];
      },
    };
  })(input, norm.scale, norm.shift);
  return tf.leakyRelu(normalised as tf.Tensor2D, slope);
}
