import * as tf from "@tensorflow/tfjs";
import { createStackedLinear, type Linear, linear, type ParameterSet, stackedInit } from "../../tensor/mod.ts";
import { type Factored, headWidth, type ModelGroups } from "../variable_groups.ts";

/** Networks of G rules, from [variable, context] to the parameters of the variable's distribution. */
export interface Rules {
  /** Hidden layers, each followed by ReLU, which the variables share: a stack of G each. */
  readonly hidden: readonly Linear<tf.Rank.R3>[];
  /** Last layers, a stack of G a group, with columns for each of its variables: weights [G, H, n · c]. */
  readonly heads: readonly Linear<tf.Rank.R3>[];
}

/** Makes the rules' networks. */
export function createRules(
  parameters: ParameterSet,
  options: { groups: ModelGroups; rules: number; inputs: number; hidden: readonly number[] },
): Rules {
  const layer = (name: string, { inputs, outputs, fan = outputs }: { inputs: number; outputs: number; fan?: number }) =>
    createStackedLinear(parameters, {
      ...{ name, inputs, outputs, stack: options.rules },
      init: stackedInit({ outputs: fan }),
    });
  const inputs = [options.inputs, ...options.hidden];
  return {
    hidden: options.hidden.map((outputs, k) => layer(`rule.${k}`, { inputs: inputs[k]!, outputs })),
    heads: options.groups.state.map((group, r) => {
      const fan = headWidth(group);
      return layer(`head.${r}`, { inputs: inputs.at(-1)!, outputs: group.count * fan, fan });
    }),
  };
}

/**
 * `Σ_g choice_g f_gj(input_j)`.
 *
 * @param input float32 [N, B, 2W].
 * @param options.choice One-hots of the rules, float32 [B, N, G].
 * @returns A tensor a group [n, B, c]; call inside `tf.tidy`.
 */
export function applyRules(
  input: tf.Tensor,
  { groups, rules, choice }: { readonly groups: ModelGroups; readonly rules: Rules; readonly choice: tf.Tensor3D },
): Factored {
  const [variables, batch] = input.shape as [number, number, number];
  const hidden = rules.hidden.reduce<tf.Tensor>(
    (value, layer) => linear(value, layer, { activation: "relu" }),
    input.reshape([variables * batch, -1]),
  );
  const chosen = choice.transpose<tf.Tensor3D>([2, 1, 0]).reshape<tf.Tensor3D>([-1, variables * batch, 1]);
  const rowsOf = (of: tf.Tensor, variable: number) => of.slice([0, variable * batch, 0], [-1, batch, -1]);
  return groups.state.map((group, r) => {
    const width = headWidth(group);
    const columnsOf = (of: tf.Tensor, place: number) => of.slice([0, 0, place * width], [-1, -1, width]);
    const { weight, bias } = rules.heads[r]!;
    return tf.stack(Array.from({ length: group.count }, (_, place) => {
      const layer = { weight: columnsOf(weight, place), bias: columnsOf(bias!, place) };
      const outputs = linear(rowsOf(hidden, group.start + place), layer);
      return outputs.mul(rowsOf(chosen, group.start + place)).sum(0);
    })) as tf.Tensor3D;
  });
}
