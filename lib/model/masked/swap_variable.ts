import * as tf from "@tensorflow/tfjs";
import type { VariableGroup } from "../variable_groups.ts";

/**
 * Encoded values in which each sample has the next sample's value of one variable, the last sample the first one's.
 *
 * @param encoded float32 [B, W].
 * @param options.groups The variables by group.
 * @param options.variable Index of the variable.
 * @returns float32 [B, W]; the caller disposes it.
 */
export function swapVariable(
  encoded: tf.Tensor2D,
  options: { readonly groups: readonly VariableGroup[]; readonly variable: number },
): tf.Tensor2D {
  const { groups, variable } = options;
  const group = groups.find(({ start, count }) => variable >= start && variable < start + count);
  if (group === undefined) {
    throw new RangeError(
      `Cannot swap a variable: unknown index, expected one of the groups' variables, got ${variable}`,
    );
  }
  return tf.tidy(() => {
    const [rows, columns] = encoded.shape;
    const first = group.column + (variable - group.start) * group.width;
    const parts = tf.split<tf.Tensor2D>(encoded, [first, group.width, columns - first - group.width], 1);
    const [top, rest] = tf.split<tf.Tensor2D>(parts[1]!, [1, rows - 1], 0);
    return tf.concat([parts[0]!, tf.concat([rest!, top!], 0), parts[2]!], 1);
  });
}
