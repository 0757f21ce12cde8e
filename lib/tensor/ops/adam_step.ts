import * as tf from "@tensorflow/tfjs";
import { runsOwnKernels } from "../kernels/own_kernels.ts";
import { addressOf, heapOf, type KernelHeap } from "../kernels/wasm_heap.ts";

const BETA1 = 0.9;
const BETA2 = 0.999;
const EPSILON = 1e-8;

/** What an Adam step changes; the caller owns all of it. */
export interface AdamState {
  /** float32 of any shapes, P numbers in all. */
  readonly parameters: readonly tf.Variable[];
  /** Moving averages of gradients and of their squares, float32 [P], parameters one after the other. */
  readonly mean: tf.Variable;
  readonly square: tf.Variable;
}

/** Settings of one Adam step. */
export interface AdamStepOptions {
  /** One a parameter, of its shape; null counts as zeros. Not disposed. */
  readonly gradients: readonly (tf.Tensor | null)[];
  readonly learningRate: number;
  /** Gradients are scaled down to this global norm. */
  readonly gradientClip: number;
  /** Number of this step, from 1. */
  readonly update: number;
}

/**
 * One step of Adam (Kingma & Ba 2015; β 0.9 and 0.999, ε 1e-8) with gradients scaled down to a global norm first.
 * Arithmetic follows PyTorch's: `step / (sqrt(v) / sqrt(1 - β2^t) + ε)`, clip factor `clip / (norm + 1e-6)`.
 *
 * Where the backend has the kernel, numbers change in place unless another tensor shares them.
 *
 * @returns The gradients' global norm before clipping, a scalar; the caller disposes it.
 * @throws {TypeError} If numbers of gradients or sizes do not fit the parameters.
 */
export function adamStep(state: AdamState, options: AdamStepOptions): tf.Scalar {
  checkSizes(state, options);
  return runsOwnKernels() ? fusedStep(state, options) : plainStep(state, options);
}

/** Scalars that both paths use. */
function factors({ learningRate, update }: AdamStepOptions): { rate: number; correction: number } {
  return { rate: learningRate / (1 - BETA1 ** update), correction: 1 / Math.sqrt(1 - BETA2 ** update) };
}

function fusedStep(state: AdamState, options: AdamStepOptions): tf.Scalar {
  const heap = heapOf(tf.backend());
  const { exports, backend } = heap;
  const { gradients, gradientClip } = options;
  let squares = 0;
  for (const gradient of gradients) {
    if (gradient) squares += exports.sumOfSquares(addressOf(backend, gradient), gradient.size);
  }
  const norm = Math.sqrt(squares);
  // Not-a-number stays not-a-number.
  const scale = Math.min(gradientClip / (norm + 1e-6), 1);
  const { rate, correction } = factors(options);
  makeOwn(heap, state.mean);
  makeOwn(heap, state.square);
  let offset = 0;
  state.parameters.forEach((parameter, i) => {
    const gradient = gradients[i];
    rewrite(heap, parameter, (from, to) =>
      exports.adam(
        from,
        gradient ? addressOf(backend, gradient) : 0,
        addressOf(backend, state.mean) + 4 * offset,
        addressOf(backend, state.square) + 4 * offset,
        to,
        parameter.size,
        scale,
        BETA1,
        1 - BETA1,
        BETA2,
        1 - BETA2,
        rate,
        correction,
        EPSILON,
      ));
    offset += parameter.size;
  });
  return tf.scalar(norm);
}

/** Calls `write` with where a variable's numbers are and where the new ones go: the same place if nobody shares it. */
function rewrite({ backend }: KernelHeap, variable: tf.Variable, write: (from: number, to: number) => void): void {
  const from = addressOf(backend, variable);
  if (backend.refCount(variable.dataId) === 1) {
    write(from, from);
    return;
  }
  const info = backend.makeOutput(variable.shape, "float32");
  write(from, addressOf(backend, info));
  const fresh = tf.engine().makeTensorFromTensorInfo(info, tf.backend());
  variable.assign(fresh);
  fresh.dispose();
}

/** Gives a variable numbers that nobody shares. */
function makeOwn(heap: KernelHeap, variable: tf.Variable): void {
  rewrite(heap, variable, (from, to) => {
    if (from === to) return;
    new Uint8Array(heap.backend.wasm.asm.memory.buffer).copyWithin(to, from, from + 4 * variable.size);
  });
}

/** All parameters at once: launching an operation a parameter can cost more than the arithmetic. */
function plainStep({ parameters, mean, square }: AdamState, options: AdamStepOptions): tf.Scalar {
  return tf.tidy(() => {
    const flat = tf.concat1d(
      parameters.map((parameter, i) => options.gradients[i]?.flatten() ?? tf.zeros([parameter.size])),
    );
    const norm = flat.square().sum().sqrt();
    const scaled = flat.mul(tf.minimum(tf.div(options.gradientClip, norm.add(1e-6)), 1));
    const { rate, correction } = factors(options);
    mean.assign(mean.mul(BETA1).add(scaled.mul(1 - BETA1)));
    square.assign(square.mul(BETA2).add(scaled.square().mul(1 - BETA2)));
    const change = mean.mul(rate).div(square.sqrt().mul(correction).add(EPSILON));
    const changed = tf.concat1d(parameters.map((parameter) => parameter.flatten())).sub(change);
    const parts = tf.split(changed, parameters.map((parameter) => parameter.size));
    parameters.forEach((parameter, i) => parameter.assign(parts[i]!.reshape(parameter.shape)));
    return norm as tf.Scalar;
  });
}

function checkSizes({ parameters, mean, square }: AdamState, { gradients }: AdamStepOptions): void {
  const count = parameters.reduce((sum, parameter) => sum + parameter.size, 0);
  if (gradients.length !== parameters.length || mean.size !== count || square.size !== count) {
    throw new TypeError(
      `Cannot take an Adam step: sizes do not fit, expected ${parameters.length} gradients and moments of ${count} ` +
        `numbers, got ${gradients.length} gradients and moments of ${mean.size} and ${square.size}`,
    );
  }
  parameters.forEach((parameter, i) => {
    const gradient = gradients[i];
    if (gradient && gradient.shape.join() !== parameter.shape.join()) {
      throw new TypeError(
        `Cannot take an Adam step: expected gradient ${i} of shape [${parameter.shape}], got [${gradient.shape}]`,
      );
    }
  });
}
