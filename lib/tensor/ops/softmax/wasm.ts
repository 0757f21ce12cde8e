import * as tf from "@tensorflow/tfjs";
import { NOWHERE } from "../../kernels/address.ts";
import { defineGradient, defineKernel } from "../../kernels/define_kernel.ts";
import type { KernelHeap } from "../../kernels/heap.ts";
import type { SoftmaxOps, Temperature } from "./contract.ts";

// Kernels on rows along the last axis; what they compute stands in kernel.ts. Soft values are computed again in the
// backward pass: cheaper than keeping them.

interface Logits {
  readonly logits: tf.Tensor;
}

type Likelihood = Logits & { readonly target: tf.Tensor };
type GumbelSample = Logits & { readonly gumbel: tf.Tensor };
type SigmoidSample = Logits & { readonly uniform: tf.Tensor };

interface Delta {
  readonly dy: tf.Tensor;
}

const logSoftmax = defineKernel<Logits, [tf.Tensor]>("LogSoftmaxClamped", (context) => {
  const { inputs: { logits }, calls, at } = context;
  const { rows, c, scratch } = rowsOf(logits, context);
  const out = context.output([...logits.shape]);
  calls.logSoftmax({ logits: at(logits), out: at(out), scratch }, { rows, c });
  return [out];
});

const logSoftmaxGradient = defineKernel<Logits & Delta, [tf.Tensor]>("LogSoftmaxClampedGrad", (context) => {
  const { inputs: { logits, dy }, calls, at } = context;
  const { rows, c, scratch } = rowsOf(logits, context);
  const out = context.output([...logits.shape]);
  calls.logSoftmaxGradient({ logits: at(logits), dy: at(dy), out: at(out), scratch }, { rows, c });
  return [out];
});

defineGradient<Logits, tf.Tensor>("LogSoftmaxClamped", {
  saves: ["logits"],
  of: (dy, { logits }) => ({ logits: () => logSoftmaxGradient({ logits, dy }, {})[0] }),
});

const logLikelihood = defineKernel<Likelihood, [tf.Tensor]>("LogLikelihoodClamped", (context) => {
  const { inputs: { logits, target }, calls, at } = context;
  const { rows, c, scratch } = rowsOf(logits, context);
  const out = context.output(logits.shape.slice(0, -1));
  calls.logLikelihood({ logits: at(logits), target: at(target), out: at(out), scratch }, { rows, c });
  return [out];
});

const logLikelihoodGradient = defineKernel<Likelihood & Delta, [tf.Tensor]>("LogLikelihoodClampedGrad", (context) => {
  const { inputs: { logits, target, dy }, calls, at } = context;
  const { rows, c, scratch } = rowsOf(logits, context);
  const out = context.output([...logits.shape]);
  const places = { logits: at(logits), target: at(target), dy: at(dy), out: at(out), scratch };
  calls.logLikelihoodGradient(places, { rows, c });
  return [out];
});

defineGradient<Likelihood, tf.Tensor>("LogLikelihoodClamped", {
  saves: ["logits", "target"],
  of: (dy, { logits, target }) => ({
    logits: () => logLikelihoodGradient({ logits, target, dy }, {})[0],
    target: () => tf.mul(dy.expandDims(-1), logSoftmax({ logits }, {})[0]),
  }),
});

const gumbelSoftmax = defineKernel<GumbelSample, [tf.Tensor], Temperature>("GumbelSoftmaxSample", (context) => {
  const { inputs: { logits, gumbel }, calls, at } = context;
  const { rows, c } = rowsOf(logits, context);
  const out = context.output([...logits.shape]);
  calls.oneHotOfLargest({ scores: at(logits), noise: at(gumbel), out: at(out) }, { rows, c });
  return [out];
});

const gumbelSoftmaxGradient = defineKernel<GumbelSample & Delta, [tf.Tensor], Temperature>(
  "GumbelSoftmaxSampleGrad",
  (context) => {
    const { inputs: { logits, gumbel, dy }, attributes: { temperature }, calls, at } = context;
    const { rows, c, scratch } = rowsOf(logits, context);
    const out = context.output([...logits.shape]);
    const places = { logits: at(logits), noise: at(gumbel), dy: at(dy), out: at(out), scratch };
    calls.softmaxGradient(places, { rows, c, temperature });
    return [out];
  },
);

defineGradient<GumbelSample, tf.Tensor, Temperature>("GumbelSoftmaxSample", {
  saves: ["logits", "gumbel"],
  of: (dy, { logits, gumbel }, { temperature }) => ({
    logits: () => gumbelSoftmaxGradient({ logits, gumbel, dy }, { temperature })[0],
    gumbel: () => tf.zerosLike(gumbel),
  }),
});

const argmaxOneHot = defineKernel<{ readonly scores: tf.Tensor }, [tf.Tensor]>("ArgmaxOneHot", (context) => {
  const { inputs: { scores }, calls, at } = context;
  const { rows, c } = rowsOf(scores, context);
  const out = context.output([...scores.shape]);
  calls.oneHotOfLargest({ scores: at(scores), noise: NOWHERE, out: at(out) }, { rows, c });
  return [out];
});

defineGradient<{ readonly scores: tf.Tensor }, tf.Tensor>("ArgmaxOneHot", {
  saves: ["scores"],
  of: (_dy, { scores }) => ({ scores: () => tf.zerosLike(scores) }),
});

const hardSigmoid = defineKernel<SigmoidSample, [tf.Tensor], Temperature>("HardSigmoidSample", (context) => {
  const { inputs: { logits, uniform }, attributes: { temperature }, calls, at } = context;
  const out = context.output([...logits.shape]);
  const places = { logits: at(logits), uniform: at(uniform), out: at(out) };
  calls.hardSigmoid(places, { size: sizeOf(logits.shape), temperature });
  return [out];
});

const hardSigmoidGradient = defineKernel<SigmoidSample & Delta, [tf.Tensor], Temperature>(
  "HardSigmoidSampleGrad",
  (context) => {
    const { inputs: { logits, uniform, dy }, attributes: { temperature }, calls, at } = context;
    const out = context.output([...logits.shape]);
    const places = { logits: at(logits), uniform: at(uniform), dy: at(dy), out: at(out) };
    calls.hardSigmoidGradient(places, { size: sizeOf(logits.shape), temperature });
    return [out];
  },
);

defineGradient<SigmoidSample, tf.Tensor, Temperature>("HardSigmoidSample", {
  saves: ["logits", "uniform"],
  of: (dy, { logits, uniform }, { temperature }) => ({
    logits: () => hardSigmoidGradient({ logits, uniform, dy }, { temperature })[0],
    uniform: () => tf.zerosLike(uniform),
  }),
});

/** Rows, their length, and the scratch memory, which must hold one. */
function rowsOf(tensor: tf.TensorInfo, { scratch, scratchBytes }: KernelHeap) {
  const c = tensor.shape.at(-1) ?? 1;
  const most = Math.floor(scratchBytes / 4) - 3;
  if (c > most) {
    throw new RangeError(`Cannot take a softmax: the last axis is too long, expected at most ${most}, got ${c}`);
  }
  return { rows: c === 0 ? 0 : sizeOf(tensor.shape) / c, c, scratch };
}

function sizeOf(shape: readonly number[]): number {
  return shape.reduce((size, dimension) => size * dimension, 1);
}

/** On the wasm backend's memory. */
export const softmaxKernels: SoftmaxOps = {
  clampedLogSoftmax: <T extends tf.Tensor>(logits: T) => logSoftmax({ logits }, {})[0] as T,
  logLikelihood: (logits, target) => logLikelihood({ logits, target }, {})[0],
  hardGumbelSoftmax: <T extends tf.Tensor>(logits: T, gumbel: tf.Tensor, options: Temperature) =>
    gumbelSoftmax({ logits, gumbel }, options)[0] as T,
  hardGumbelSigmoid: <T extends tf.Tensor>(logits: T, uniform: tf.Tensor, options: Temperature) =>
    hardSigmoid({ logits, uniform }, options)[0] as T,
  argmaxOneHot: <T extends tf.Tensor>(scores: T) => argmaxOneHot({ scores }, {})[0] as T,
};
