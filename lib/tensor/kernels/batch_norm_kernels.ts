import type { TensorInfo } from "@tensorflow/tfjs";
import { wasmKernel } from "./wasm_heap.ts";

interface BatchNormInputs {
  /** [B, W]. */
  readonly x: TensorInfo;
  /** [W], as all that follow. */
  readonly scale: TensorInfo;
  readonly shift: TensorInfo;
  readonly mean: TensorInfo;
  readonly variance: TensorInfo;
}

interface BatchNormAttributes {
  readonly epsilon: number;
  readonly momentum: number;
  readonly slope: number;
}

interface BatchNormGradInputs {
  /** [B, W]. */
  readonly dy: TensorInfo;
  readonly y: TensorInfo;
  readonly normal: TensorInfo;
  /** [W]. */
  readonly inverse: TensorInfo;
  readonly scale: TensorInfo;
}

/** Batch normalisation with leaky ReLU in training; what they compute stands in assembly/batch_norm.ts. */
export const batchNormKernels = [
  // Outputs: y, normal, inverse, the running mean and variance after the batch.
  wasmKernel<BatchNormInputs, BatchNormAttributes>("BatchNormLeakyRelu", (context) => {
    const { inputs: { x, scale, shift, mean, variance }, attributes, exports, at } = context;
    const [rows, columns] = x.shape as [number, number];
    const [y, normal] = [context.output(x.shape), context.output(x.shape)];
    const [inverse, newMean, newVariance] = [0, 1, 2].map(() => context.output([columns])) as [
      TensorInfo,
      TensorInfo,
      TensorInfo,
    ];
    const { epsilon, momentum, slope } = attributes;
    exports.batchNorm(
      ...[at(x), at(scale), at(shift), at(mean), at(variance)] as const,
      ...[at(y), at(normal), at(inverse), at(newMean), at(newVariance)] as const,
      ...[rows, columns, epsilon, momentum, slope] as const,
    );
    return [y, normal, inverse, newMean, newVariance];
  }),

  // Outputs: gradients by x, scale and shift.
  wasmKernel<BatchNormGradInputs, { readonly slope: number }>("BatchNormLeakyReluGrad", (context) => {
    const { inputs: { dy, y, normal, inverse, scale }, attributes: { slope }, exports, at } = context;
    const [rows, columns] = dy.shape as [number, number];
    const [dx, dScale, dShift] = [context.output(dy.shape), context.output([columns]), context.output([columns])];
    exports.batchNormGradient(
      ...[at(dy), at(y), at(normal), at(inverse), at(scale)] as const,
      ...[at(dx), at(dScale), at(dShift), rows, columns, slope] as const,
    );
    return [dx, dScale, dShift];
  }),
];
