import * as tf from "@tensorflow/tfjs";
import {
  createStackedLinear,
  type Linear,
  linear,
  type LinearInit,
  type LinearWeights,
  type ParameterSet,
  stackedInit,
} from "../tensor/mod.ts";
import type { Factored, VariableGroup } from "./variable_groups.ts";

/** Numbers that a layer reads and gives. */
export interface LayerSizes {
  readonly inputs: number;
  readonly outputs: number;
}

/** Makes a linear layer of its own for each variable: a stack a group, `name.0`, `name.1`, … */
export function createVariableLayers(
  parameters: ParameterSet,
  options: {
    readonly name: string;
    readonly groups: readonly VariableGroup[];
    readonly sizes: (group: VariableGroup) => LayerSizes;
    readonly init: (sizes: LayerSizes) => LinearInit;
  },
): readonly Linear<tf.Rank.R3>[] {
  return options.groups.map((group, r) => {
    const sizes = options.sizes(group);
    const init = options.init(sizes);
    return createStackedLinear(parameters, { name: `${options.name}.${r}`, stack: group.count, ...sizes, init });
  });
}

/** Makes hidden layers of a stack of networks, `name.0`, `name.1`, … */
export function createHiddenLayers(
  parameters: ParameterSet,
  { name, stack, inputs, widths }: {
    readonly name: string;
    readonly stack: number;
    readonly inputs: number;
    readonly widths: readonly number[];
  },
): readonly Linear<tf.Rank.R3>[] {
  return widths.map((outputs, k) => {
    const sizes = { inputs: k === 0 ? inputs : widths[k - 1]!, outputs };
    return createStackedLinear(parameters, { name: `${name}.${k}`, stack, ...sizes, init: stackedInit(sizes) });
  });
}

/**
 * Each variable's layer on its value.
 *
 * @param values A tensor a group [n, B, w].
 * @param layers A stack a group.
 * @returns float32 [N, B, X]; call inside `tf.tidy`.
 */
export function applyToValues(
  values: Factored,
  layers: readonly LinearWeights<tf.Rank.R3>[],
  activation: "linear" | "relu" = "linear",
): tf.Tensor3D {
  const parts = values.map((value, r) => linear(value, layers[r]!, { activation }));
  return parts.length === 1 ? parts[0]! : tf.concat(parts, 0);
}

/**
 * Each variable's layer on what a network made of it.
 *
 * @param hidden float32 [N, B, H].
 * @param options.layers A stack a group, weights [n, H, X].
 * @returns A tensor a group [n, B, X]; call inside `tf.tidy`.
 */
export function applyToVariables(
  hidden: tf.Tensor3D,
  { groups, layers }: {
    readonly groups: readonly VariableGroup[];
    readonly layers: readonly LinearWeights<tf.Rank.R3>[];
  },
): Factored {
  const [, batch, width] = hidden.shape;
  return groups.map(({ start, count }, r) => {
    const part = groups.length === 1 ? hidden : hidden.slice([start, 0, 0], [count, batch, width]);
    return linear(part, layers[r]!);
  });
}
