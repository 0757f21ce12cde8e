import type * as tf from "@tensorflow/tfjs";
import {
  applyLinear,
  createStackedLinear,
  type Linear,
  outputInit,
  type ParameterSet,
  stackedInit,
} from "../../tensor/mod.ts";
import { applyToValues, createVariableLayers } from "../variable_layers.ts";
import type { Factored, VariableGroup } from "../variable_groups.ts";

/** One network a variable, from its encoded value to a feature of width W: ReLU between layers, none after the last. */
export interface Encoders {
  /** A stack a group. */
  readonly first: readonly Linear<tf.Rank.R3>[];
  /** A stack of all variables a layer. */
  readonly further: readonly Linear<tf.Rank.R3>[];
}

/**
 * Makes encoders.
 *
 * @param options.name Prefix of the parameters' names.
 * @param options.widths Widths of all layers.
 * @param options.isSingle Whether the published program holds these variables' layers as single ones, which sets their
 *   start values.
 */
export function createEncoders(
  parameters: ParameterSet,
  options: { name: string; groups: readonly VariableGroup[]; widths: readonly number[]; isSingle: boolean },
): Encoders {
  const { name, groups, widths, isSingle } = options;
  const stack = groups.reduce((sum, group) => sum + group.count, 0);
  return {
    first: createVariableLayers(parameters, {
      name: `${name}.first`,
      groups,
      sizes: (group) => ({ inputs: group.width, outputs: widths[0]! }),
      init: outputInit,
    }),
    further: widths.slice(1).map((outputs, k) => {
      const sizes = { inputs: widths[k]!, outputs };
      const init = isSingle ? outputInit(sizes) : stackedInit(sizes);
      return createStackedLinear(parameters, { name: `${name}.${k}`, stack, ...sizes, init });
    }),
  };
}

/** Features [n, B, W] of all variables; call inside `tf.tidy`. */
export function encode(values: Factored, encoders: Encoders): tf.Tensor3D {
  return encoders.further.reduce(
    (hidden, layer, k) => applyLinear(hidden, layer, activationOf(encoders, k + 1)),
    applyToValues(values, encoders.first, activationOf(encoders, 0)),
  );
}

/** What follows an encoder's layer, counted from 0. */
export function activationOf({ further }: Encoders, layer: number): "relu" | "linear" {
  return layer < further.length ? "relu" : "linear";
}
