import * as tf from "@tensorflow/tfjs";
import type { VariableRun } from "../variable_runs.ts";

/**
 * Encoded values in which each sample has the next sample's value of one variable, the last sample the first one's.
 *
 * @param encoded float32 [B, W].
 * @param options.runs The variables by run.
 * @param options.variable Index of the variable.
 * @returns float32 [B, W]; the caller disposes it.
 */
export function swapVariable(
  encoded: tf.Tensor2D,
  options: { readonly runs: readonly VariableRun[]; readonly variable: number },
): tf.Tensor2D {
  const { runs, variable } = options;
  const run = runs.find(({ start, count }) => variable >= start && variable < start + count);
  if (run === undefined) {
    throw new RangeError(`Cannot swap a variable: unknown index, expected one of the runs' variables, got ${variable}`);
  }
  return tf.tidy(() => {
    const [rows, columns] = encoded.shape;
    const first = run.column + (variable - run.start) * run.width;
    const parts = tf.split(encoded, [first, run.width, columns - first - run.width], 1);
    const [top, rest] = tf.split(parts[1]!, [1, rows - 1], 0);
    return tf.concat([parts[0]!, tf.concat([rest!, top!], 0), parts[2]!], 1) as tf.Tensor2D;
  });
}
