import * as tf from "@tensorflow/tfjs";
import { runsOwnKernels } from "../../../lib/tensor/mod.ts";
import { after } from "../../../lib/tensor/kernels/address.ts";
import { addressOf, heapOf } from "../../../lib/tensor/kernels/heap.ts";

const BETA1 = 0.9;
const BETA2 = 0.999;
const EPSILON = 1e-8;

/** What a stacked step changes; the caller owns all of it. P numbers a seed. */
export interface StackedAdamState {
  /** float32, each seed's numbers one after the other. */
  readonly parameters: readonly tf.Variable[];
  /** Moving averages of gradients and of their squares, float32 [S, P]. */
  readonly mean: tf.Variable;
  readonly square: tf.Variable;
}

/** Settings of one step. */
export interface StackedAdamOptions {
  readonly gradients: readonly tf.Tensor[];
  readonly learningRate: number;
  readonly gradientClip: number;
  /** Number of this step, from 1, the same for all seeds. */
  readonly update: number;
}

/**
 * lib/tensor/ops/adam_step for S seeds at once: the same arithmetic, a global norm a seed.
 *
 * @returns Each seed's norm before clipping, float32 [S]; the caller disposes it.
 */
export function stackedAdamStep(state: StackedAdamState, options: StackedAdamOptions): tf.Tensor1D {
  return runsOwnKernels() ? fusedStep(state, options) : plainStep(state, options);
}

function factors({ learningRate, update }: StackedAdamOptions): { rate: number; correction: number } {
  return { rate: learningRate / (1 - BETA1 ** update), correction: 1 / Math.sqrt(1 - BETA2 ** update) };
}

function fusedStep(state: StackedAdamState, options: StackedAdamOptions): tf.Tensor1D {
  const { calls, backend } = heapOf(tf.backend());
  const { gradients, gradientClip } = options;
  const [seeds, count] = state.mean.shape as [number, number];
  const { rate, correction } = factors(options);
  for (const variable of [state.mean, state.square, ...state.parameters]) {
    // Numbers change in place, so nobody may share them.
    if (backend.refCount(variable.dataId) > 1) tf.tidy(() => variable.assign(variable.add(0)));
  }
  const norms = new Float32Array(seeds);
  for (let s = 0; s < seeds; s++) {
    const part = (tensor: tf.Tensor) => after(addressOf(backend, tensor), s * (tensor.size / seeds));
    let squares = 0;
    for (const gradient of gradients) squares += calls.sumOfSquares({ x: part(gradient), size: gradient.size / seeds });
    const norm = Math.sqrt(squares);
    norms[s] = norm;
    const scale = Math.min(gradientClip / (norm + 1e-6), 1);
    let offset = s * count;
    state.parameters.forEach((parameter, i) => {
      const size = parameter.size / seeds;
      calls.adam({
        ...{ parameter: part(parameter), gradient: part(gradients[i]!), out: part(parameter), size, scale },
        mean: after(addressOf(backend, state.mean), offset),
        square: after(addressOf(backend, state.square), offset),
        ...{ beta1: BETA1, oneMinusBeta1: 1 - BETA1, beta2: BETA2, oneMinusBeta2: 1 - BETA2 },
        ...{ rate, correction, epsilon: EPSILON },
      });
      offset += size;
    });
  }
  return tf.tensor1d(norms);
}

function plainStep({ parameters, mean, square }: StackedAdamState, options: StackedAdamOptions): tf.Tensor1D {
  const seeds = mean.shape[0]!;
  return tf.tidy(() => {
    const flat = tf.concat(options.gradients.map((gradient) => gradient.reshape<tf.Tensor2D>([seeds, -1])), 1);
    const norm = flat.square().sum(1, true).sqrt();
    const scaled = flat.mul(tf.minimum(tf.div(options.gradientClip, norm.add(1e-6)), 1));
    const { rate, correction } = factors(options);
    mean.assign(mean.mul(BETA1).add(scaled.mul(1 - BETA1)));
    square.assign(square.mul(BETA2).add(scaled.square().mul(1 - BETA2)));
    const change = mean.mul(rate).div(square.sqrt().mul(correction).add(EPSILON));
    let offset = 0;
    for (const parameter of parameters) {
      const size = parameter.size / seeds;
      parameter.assign(parameter.sub(change.slice([0, offset], [seeds, size]).reshape(parameter.shape)));
      offset += size;
    }
    return norm.reshape([seeds]) as tf.Tensor1D;
  });
}
