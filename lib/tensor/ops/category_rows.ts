import * as tf from "@tensorflow/tfjs";
import "../kernels/category_rows.ts";
import { runKernel, runsOwnKernels } from "../kernels/own_kernels.ts";

/**
 * Row of a table that each one-hot stands for: the index of its largest entry (ties: the first) after its variable's
 * first row. Not differentiable.
 *
 * @param oneHot float32 [n, B, c].
 * @param offsets First row of each variable, int32 [n, 1].
 * @returns int32 [n, B]; the caller disposes it.
 */
export function categoryRows(oneHot: tf.Tensor3D, offsets: tf.Tensor2D): tf.Tensor2D {
  if (runsOwnKernels()) return runKernel("CategoryRows", { oneHot, offsets }, {})[0] as tf.Tensor2D;
  return oneHot.argMax(-1).add(offsets);
}

/** Which row of a table each of I variables takes in each sample, in the form that the backend's operations read. */
export interface ChosenRows {
  /** B. */
  readonly batch: number;
  /** int32 [I, B]; null for plain operations. */
  readonly rows: tf.Tensor2D | null;
  /** 1 where sample b takes row r, float32 [B, R]; null for own kernels. */
  readonly taken: tf.Tensor2D | null;
}

/**
 * Rows that exact one-hots choose from a table of all their categories; call inside `tf.tidy`. Not differentiable.
 *
 * @param runs One-hots float32 [n, B, c] of neighbouring variables of one size, in the table's order, and the first row
 * of each variable, int32 [n, 1].
 */
export function chosenRows(
  runs: readonly { readonly oneHot: tf.Tensor3D; readonly offsets: tf.Tensor2D }[],
): ChosenRows {
  const batch = runs[0]!.oneHot.shape[1];
  if (runsOwnKernels()) {
    const rows = tf.concat(runs.map(({ oneHot, offsets }) => categoryRows(oneHot, offsets)), 0) as tf.Tensor2D;
    return { batch, rows, taken: null };
  }
  const columns = runs.map(({ oneHot }) => {
    const [count, , categories] = oneHot.shape;
    const bySample = count === 1 ? oneHot : oneHot.transpose([1, 0, 2]);
    return bySample.reshape<tf.Tensor2D>([batch, count * categories]);
  });
  return { batch, rows: null, taken: columns.length === 1 ? columns[0]! : tf.concat(columns, 1) };
}
