import type * as tf from "@tensorflow/tfjs";
import { gruCell, linear, type ParameterSet } from "../../tensor/mod.ts";

/** Weights of a stack of N gated recurrent units, gates in the order reset, update, new, as in PyTorch. */
export interface GruStack {
  /** float32 [N, in, 3H] */
  readonly inputWeight: tf.Tensor3D;
  /** float32 [N, 1, 3H] */
  readonly inputBias: tf.Tensor3D;
  /** float32 [N, H, 3H] */
  readonly hiddenWeight: tf.Tensor3D;
  /** float32 [N, 1, 3H] */
  readonly hiddenBias: tf.Tensor3D;
}

/** Makes a stack of N units of width H on inputs of width H; uniform ±1/√H, as in PyTorch. */
export function createGruStack(
  parameters: ParameterSet,
  options: { name: string; stack: number; width: number },
): GruStack {
  const { name, stack, width } = options;
  const init = { kind: "uniform", bound: 1 / Math.sqrt(width) } as const;
  const create = (part: string, rows: number) =>
    parameters.parameter(`${name}.${part}`, { shape: [stack, rows, 3 * width], init });
  return {
    inputWeight: create("input.weight", width),
    inputBias: create("input.bias", 1),
    hiddenWeight: create("hidden.weight", width),
    hiddenBias: create("hidden.bias", 1),
  };
}

/** Units `first` to `first + count - 1` of a stack; call inside `tf.tidy`. */
export function sliceGruStack(stack: GruStack, { first, count }: { first: number; count: number }): GruStack {
  const part = (tensor: tf.Tensor3D) => tensor.slice([first, 0, 0], [count, -1, -1]);
  return {
    inputWeight: part(stack.inputWeight),
    inputBias: part(stack.inputBias),
    hiddenWeight: part(stack.hiddenWeight),
    hiddenBias: part(stack.hiddenBias),
  };
}

/**
 * Hidden states after each unit has read its input.
 *
 * @param input float32 [N, B, H].
 * @param hidden float32 [N, B, H].
 * @returns float32 [N, B, H]; call inside `tf.tidy`.
 */
export function applyGru(unit: GruStack, input: tf.Tensor3D, hidden: tf.Tensor3D): tf.Tensor3D {
  const fromInput = linear(input, { weight: unit.inputWeight, bias: unit.inputBias });
  const fromHidden = linear(hidden, { weight: unit.hiddenWeight, bias: unit.hiddenBias });
  return gruCell(fromInput, fromHidden, hidden);
}
