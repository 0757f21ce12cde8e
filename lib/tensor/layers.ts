import type * as tf from "@tensorflow/tfjs";
import { batchNormLeakyRelu, normaliseLeakyRelu } from "./ops/batch_norm/batch_norm.ts";
import type { Activation } from "./ops/linear/contract.ts";
import { linear } from "./ops/linear/linear.ts";
import type { ParameterSet } from "./parameters.ts";

/** Slope of leaky ReLU for negative inputs, as in the published programs. */
export const LEAKY_SLOPE = 0.01;

/** Weights of a linear layer, one or a stack of V independent ones. */
export interface Linear<R extends tf.Rank = tf.Rank> {
  /** float32 [in, out] or [V, in, out]. */
  readonly weight: tf.Variable<R>;
  /** float32 [out] or [V, 1, out]; null for none. */
  readonly bias: tf.Variable | null;
}

/** Bounds of a layer's uniform start values. */
export interface LinearInit {
  readonly weightBound: number;
  readonly biasBound: number;
}

/** Start values of the per-variable layers: the fan is the second axis (spec: initialisation). */
export function stackedInit(options: { outputs: number }): LinearInit {
  return { weightBound: Math.sqrt(6 / options.outputs), biasBound: 1 / Math.sqrt(options.outputs) };
}

/** Start values of a stack's output layer of shape [1, in, c], whose fan covers both axes. */
export function outputInit(options: { inputs: number; outputs: number }): LinearInit {
  return {
    weightBound: Math.sqrt(6 / (options.inputs * options.outputs)),
    biasBound: 1 / Math.sqrt(options.inputs),
  };
}

/** Start values of encoder and decoder layers. */
export function encoderInit(options: { inputs: number }): LinearInit {
  return { weightBound: Math.sqrt(1.5 / options.inputs), biasBound: 1 / Math.sqrt(options.inputs) };
}

/** PyTorch's start values of a linear layer, used by the MLP and the GNN. */
export function plainInit(options: { inputs: number }): LinearInit {
  return { weightBound: 1 / Math.sqrt(options.inputs), biasBound: 1 / Math.sqrt(options.inputs) };
}

/** Makes a stack of V linear layers with weights [V, in, out] and biases [V, 1, out]. */
export function createStackedLinear(
  parameters: ParameterSet,
  options: { name: string; stack: number; inputs: number; outputs: number; init: LinearInit },
): Linear<tf.Rank.R3> {
  const { name, stack, inputs, outputs, init } = options;
  return {
    weight: parameters.parameter(`${name}.weight`, {
      shape: [stack, inputs, outputs],
      init: { kind: "uniform", bound: init.weightBound },
    }),
    bias: parameters.parameter(`${name}.bias`, {
      shape: [stack, 1, outputs],
      init: { kind: "uniform", bound: init.biasBound },
    }),
  };
}

/** Makes a linear layer with weight [in, out] and, unless `bias` is false, bias [out]. */
export function createLinear(
  parameters: ParameterSet,
  options: { name: string; inputs: number; outputs: number; init: LinearInit; bias?: boolean },
): Linear<tf.Rank.R2> {
  const { name, inputs, outputs, init, bias = true } = options;
  return {
    weight: parameters.parameter(`${name}.weight`, {
      shape: [inputs, outputs],
      init: { kind: "uniform", bound: init.weightBound },
    }),
    bias: bias
      ? parameters.parameter(`${name}.bias`, { shape: [outputs], init: { kind: "uniform", bound: init.biasBound } })
      : null,
  };
}

/**
 * Applies a linear layer (2-D) or a stack of them (3-D).
 *
 * @param input float32 [B, in], or [V, B, in] for a stack.
 * @returns float32 [B, out] or [V, B, out]; the caller disposes it.
 */
export function applyLinear<R extends tf.Rank>(
  input: tf.Tensor,
  layer: Linear<R>,
  activation: Activation = "linear",
): tf.Tensor<R> {
  return linear(input, layer, { activation });
}

/** Batch normalisation over the first axis, with running statistics for evaluation. */
export interface BatchNorm {
  readonly scale: tf.Variable<tf.Rank.R1>;
  readonly shift: tf.Variable<tf.Rank.R1>;
  readonly mean: tf.Variable<tf.Rank.R1>;
  readonly variance: tf.Variable<tf.Rank.R1>;
}

/** Makes a batch normalisation of `width` features: scale 1, shift 0, running mean 0 and variance 1. */
export function createBatchNorm(parameters: ParameterSet, options: { name: string; width: number }): BatchNorm {
  const { name, width } = options;
  const one = { shape: [width], init: { kind: "constant", value: 1 } } as const;
  const zero = { shape: [width], init: { kind: "constant", value: 0 } } as const;
  return {
    scale: parameters.parameter(`${name}.scale`, { ...one, shape: [width] }),
    shift: parameters.parameter(`${name}.shift`, { ...zero, shape: [width] }),
    mean: parameters.statistic(`${name}.mean`, { ...zero, shape: [width] }),
    variance: parameters.statistic(`${name}.variance`, { ...one, shape: [width] }),
  };
}

/**
 * Applies batch normalisation and leaky ReLU. In training it uses the batch's mean and biased variance and moves the
 * running statistics (momentum 0.1, unbiased variance); in evaluation it uses the running ones.
 *
 * @param input float32 [B, W].
 * @returns float32 [B, W]; the caller disposes it.
 */
export function applyBatchNormLeakyRelu(
  input: tf.Tensor2D,
  norm: BatchNorm,
  options: { training: boolean },
): tf.Tensor2D {
  const apply = options.training ? batchNormLeakyRelu : normaliseLeakyRelu;
  return apply(input, norm, { slope: LEAKY_SLOPE });
}
