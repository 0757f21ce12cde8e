import type { TensorInfo } from "@tensorflow/tfjs";
import { type KernelContext, wasmKernel } from "./wasm_heap.ts";

/** Kernels on rows along the last axis; what they compute stands in assembly/softmax.ts. */
export const softmaxKernels = [
  wasmKernel<{ logits: TensorInfo }>("LogSoftmaxClamped", (context) => {
    const { inputs: { logits }, exports, at } = context;
    const { rows, c, scratch } = rowsOf(logits, context);
    const output = context.output(logits.shape);
    exports.logSoftmax(at(logits), at(output), rows, c, scratch);
    return output;
  }),

  wasmKernel<{ logits: TensorInfo; dy: TensorInfo }>("LogSoftmaxClampedGrad", (context) => {
    const { inputs: { logits, dy }, exports, at } = context;
    const { rows, c, scratch } = rowsOf(logits, context);
    const output = context.output(logits.shape);
    exports.logSoftmaxGradient(at(logits), at(dy), at(output), rows, c, scratch);
    return output;
  }),

  wasmKernel<{ logits: TensorInfo; target: TensorInfo }>("LogLikelihoodClamped", (context) => {
    const { inputs: { logits, target }, exports, at } = context;
    const { rows, c, scratch } = rowsOf(logits, context);
    const output = context.output(logits.shape.slice(0, -1));
    exports.logLikelihood(at(logits), at(target), at(output), rows, c, scratch);
    return output;
  }),

  wasmKernel<{ logits: TensorInfo; target: TensorInfo; dy: TensorInfo }>("LogLikelihoodClampedGrad", (context) => {
    const { inputs: { logits, target, dy }, exports, at } = context;
    const { rows, c, scratch } = rowsOf(logits, context);
    const output = context.output(logits.shape);
    exports.logLikelihoodGradient(at(logits), at(target), at(dy), at(output), rows, c, scratch);
    return output;
  }),

  wasmKernel<{ logits: TensorInfo; gumbel: TensorInfo }>("GumbelSoftmaxSample", (context) => {
    const { inputs: { logits, gumbel }, exports, at } = context;
    const { rows, c } = rowsOf(logits, context);
    const output = context.output(logits.shape);
    exports.oneHotOfLargest(at(logits), at(gumbel), at(output), rows, c);
    return output;
  }),

  wasmKernel<{ logits: TensorInfo; gumbel: TensorInfo; dy: TensorInfo }, { temperature: number }>(
    "GumbelSoftmaxSampleGrad",
    (context) => {
      const { inputs: { logits, gumbel, dy }, attributes: { temperature }, exports, at } = context;
      const { rows, c, scratch } = rowsOf(logits, context);
      const output = context.output(logits.shape);
      exports.softmaxGradient(at(logits), at(gumbel), at(dy), at(output), rows, c, temperature, scratch);
      return output;
    },
  ),

  wasmKernel<{ scores: TensorInfo }>("ArgmaxOneHot", (context) => {
    const { inputs: { scores }, exports, at } = context;
    const { rows, c } = rowsOf(scores, context);
    const output = context.output(scores.shape);
    exports.oneHotOfLargest(at(scores), 0, at(output), rows, c);
    return output;
  }),

  wasmKernel<{ logits: TensorInfo; uniform: TensorInfo }, { temperature: number }>("HardSigmoidSample", (context) => {
    const { inputs: { logits, uniform }, attributes: { temperature }, exports, at } = context;
    const output = context.output(logits.shape);
    exports.hardSigmoid(at(logits), at(uniform), at(output), sizeOf(logits.shape), temperature);
    return output;
  }),

  wasmKernel<{ logits: TensorInfo; uniform: TensorInfo; dy: TensorInfo }, { temperature: number }>(
    "HardSigmoidSampleGrad",
    (context) => {
      const { inputs: { logits, uniform, dy }, attributes: { temperature }, exports, at } = context;
      const output = context.output(logits.shape);
      exports.hardSigmoidGradient(at(logits), at(uniform), at(dy), at(output), sizeOf(logits.shape), temperature);
      return output;
    },
  ),
];

/** Rows and their length; the scratch memory must hold one. */
function rowsOf(
  tensor: TensorInfo,
  context: Pick<KernelContext<unknown, unknown>, "scratch" | "scratchBytes">,
): { rows: number; c: number; scratch: number } {
  const c = tensor.shape.at(-1) ?? 1;
  const most = Math.floor(context.scratchBytes / 4) - 3;
  if (c > most) {
    throw new RangeError(`Cannot take a softmax: the last axis is too long, expected at most ${most}, got ${c}`);
  }
  return { rows: c === 0 ? 0 : sizeOf(tensor.shape) / c, c, scratch: context.scratch };
}

function sizeOf(shape: readonly number[]): number {
  return shape.reduce((size, dimension) => size * dimension, 1);
}
