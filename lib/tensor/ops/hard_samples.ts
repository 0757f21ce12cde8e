import * as tf from "@tensorflow/tfjs";
import { runKernel, runsOwnKernels } from "../kernels/own_kernels.ts";
import * as plain from "../straight_through.ts";

// Samples that are hard in the forward pass and have the gradient of a soft value; one kernel each way where the
// backend has it. Soft values are computed again in the backward pass: cheaper than keeping them.

/**
 * Hard Gumbel-softmax over the last axis: the one-hot of the first largest `logits + gumbel`, with the gradient of
 * `softmax((logits + gumbel) / τ)`.
 *
 * @param logits float32 [..., c].
 * @param gumbel Standard Gumbel draws of the same shape; no gradient reaches them.
 * @returns One-hot float32 [..., c]; the caller disposes it.
 * @throws {TypeError} If the shapes differ.
 */
export function hardGumbelSoftmax<T extends tf.Tensor>(logits: T, gumbel: tf.Tensor, options = { temperature: 1 }): T {
  checkSameShape("a Gumbel-softmax", logits, gumbel);
  if (!runsOwnKernels()) return plain.hardGumbelSoftmax(logits, gumbel, options);
  return runKernel("GumbelSoftmaxSample", { logits, gumbel }, options)[0] as T;
}

/**
 * One-hot of the first largest entry along the last axis; its gradient is zero.
 *
 * @param scores float32 [..., c].
 * @returns float32 [..., c]; the caller disposes it.
 */
export function argmaxOneHot<T extends tf.Tensor>(scores: T): T {
  return runsOwnKernels() ? runKernel("ArgmaxOneHot", { scores }, {})[0] as T : plain.argmaxOneHot(scores);
}

/**
 * Hard Gumbel-sigmoid: `sigmoid((logits + log u - log(1 - u)) / τ) > 0.5` with the gradient of the soft value.
 *
 * @param logits float32, any shape.
 * @param uniform Draws in (0, 1), of `logits`' shape; no gradient reaches them.
 * @returns float32 of 0 and 1, of `logits`' shape; the caller disposes it.
 * @throws {TypeError} If the shapes differ.
 */
export function hardGumbelSigmoid<T extends tf.Tensor>(logits: T, uniform: tf.Tensor, options = { temperature: 1 }): T {
  checkSameShape("a Gumbel-sigmoid", logits, uniform);
  if (!runsOwnKernels()) return plain.hardGumbelSigmoid(logits, uniform, options);
  return runKernel("HardSigmoidSample", { logits, uniform }, options)[0] as T;
}

tf.registerGradient({
  kernelName: "GumbelSoftmaxSample",
  inputsToSave: ["logits", "gumbel"],
  gradFunc: (dy, [logits, gumbel], attributes) => ({
    logits: () =>
      runKernel("GumbelSoftmaxSampleGrad", { logits: logits!, gumbel: gumbel!, dy: dy as tf.Tensor }, attributes)[0]!,
    gumbel: () => tf.zerosLike(gumbel!),
  }),
});

tf.registerGradient({
  kernelName: "ArgmaxOneHot",
  inputsToSave: ["scores"],
  gradFunc: (_dy, [scores]) => ({ scores: () => tf.zerosLike(scores!) }),
});

tf.registerGradient({
  kernelName: "HardSigmoidSample",
  inputsToSave: ["logits", "uniform"],
  gradFunc: (dy, [logits, uniform], attributes) => ({
    logits: () =>
      runKernel("HardSigmoidSampleGrad", { logits: logits!, uniform: uniform!, dy: dy as tf.Tensor }, attributes)[0]!,
    uniform: () => tf.zerosLike(uniform!),
  }),
});

function checkSameShape(what: string, logits: tf.Tensor, noise: tf.Tensor): void {
  if (logits.shape.join() !== noise.shape.join()) {
    throw new TypeError(`Cannot draw ${what}: shapes differ, expected [${logits.shape}], got [${noise.shape}]`);
  }
}
