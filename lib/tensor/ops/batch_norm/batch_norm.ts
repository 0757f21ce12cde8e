import * as tf from "@tensorflow/tfjs";
import { eitherOf } from "../../kernels/either_of.ts";
import { type BatchNormLeakyRelu, type BatchNormWeights, EPSILON } from "./contract.ts";
import { plainBatchNorm } from "./plain.ts";
import { fusedBatchNorm } from "./wasm.ts";

const normalise = eitherOf<BatchNormLeakyRelu>({ plain: plainBatchNorm, wasm: fusedBatchNorm });

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
  return normalise()(input, norm, options);
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
