import * as tf from "@tensorflow/tfjs";
import {
  createStackedLinear,
  type Linear,
  linear,
  type LinearInit,
  type LinearWeights,
  type ParameterSet,
} from "../tensor/mod.ts";
import type { Factored, VariableRun } from "./variable_runs.ts";

/** Numbers that a layer reads and gives. */
export interface LayerSizes {
  readonly inputs: number;
  readonly outputs: number;
}

/** Makes a linear layer of its own for each variable: a stack a run, `name.0`, `name.1`, … */
export function createVariableLayers(
  parameters: ParameterSet,
  options: {
    readonly name: string;
    readonly runs: readonly VariableRun[];
    readonly sizes: (run: VariableRun) => LayerSizes;
    readonly init: (sizes: LayerSizes) => LinearInit;
  },
): readonly Linear[] {
  return options.runs.map((run, r) => {
    const sizes = options.sizes(run);
    const init = options.init(sizes);
    return createStackedLinear(parameters, { name: `${options.name}.${r}`, stack: run.count, ...sizes, init });
  });
}

/**
 * Each variable's layer on its value.
 *
 * @param values A tensor a run [n, B, w].
 * @param layers A stack a run.
 * @returns float32 [N, B, X]; call inside `tf.tidy`.
 */
export function applyToValues(
  values: Factored,
  layers: readonly LinearWeights[],
  activation: "linear" | "relu" = "linear",
): tf.Tensor3D {
  const parts = values.map((value, r) => linear(value, layers[r]!, { activation }) as tf.Tensor3D);
  return parts.length === 1 ? parts[0]! : tf.concat(parts, 0);
}

/**
 * Each variable's layer on what a network made of it.
 *
 * @param hidden float32 [N, B, H].
 * @param options.layers A stack a run, weights [n, H, X].
 * @returns A tensor a run [n, B, X]; call inside `tf.tidy`.
 */
export function applyToVariables(
  hidden: tf.Tensor3D,
  { runs, layers }: { readonly runs: readonly VariableRun[]; readonly layers: readonly LinearWeights[] },
): Factored {
  const [, batch, width] = hidden.shape;
  return runs.map(({ start, count }, r) => {
    const part = runs.length === 1 ? hidden : hidden.slice([start, 0, 0], [count, batch, width]);
    return linear(part, layers[r]!) as tf.Tensor3D;
  });
}
