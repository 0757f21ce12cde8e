import * as tf from "@tensorflow/tfjs";
import { customGradient } from "../custom_gradient.ts";

/** Rows sorted into groups, so that each row meets its own group's weights. */
export interface RowGroups {
  /** Rows of each of the G groups; none is possible. */
  readonly counts: readonly number[];
  /** The rows in the groups' order, int32 [R]. */
  readonly order: tf.Tensor1D;
  /** Where in `order` each row stands, int32 [R]. */
  readonly place: tf.Tensor1D;
}

/**
 * Sorts rows into groups; within a group they keep their order.
 *
 * @param groupOfRow Each row's group, [R], in [0, G).
 * @returns Tensors in the caller's tidy scope.
 */
export function groupRows(groupOfRow: ArrayLike<number>, options: { groupCount: number }): RowGroups {
  const counts: number[] = new Array(options.groupCount).fill(0);
  for (let row = 0; row < groupOfRow.length; row++) counts[groupOfRow[row]!]!++;
  let first = 0;
  const next = counts.map((count) => (first += count) - count);
  const order = new Int32Array(groupOfRow.length);
  const place = new Int32Array(groupOfRow.length);
  for (let row = 0; row < groupOfRow.length; row++) {
    const at = next[groupOfRow[row]!]!++;
    order[at] = row;
    place[row] = at;
  }
  return { counts, order: tf.tensor1d(order, "int32"), place: tf.tensor1d(place, "int32") };
}

/**
 * Rows in their groups' order, float32 [R, W] as given and as returned; differentiable.
 *
 * @returns The caller disposes it.
 */
export function sortRows(rows: tf.Tensor2D, { order, place }: RowGroups): tf.Tensor2D {
  return permuted(rows, { order, inverse: place });
}

/** Inverse of {@link sortRows}. */
export function unsortRows(rows: tf.Tensor2D, { order, place }: RowGroups): tf.Tensor2D {
  return permuted(rows, { order: place, inverse: order });
}

/** Rows in another order; the gradient is a gather too, not a scatter. */
function permuted(rows: tf.Tensor2D, { order, inverse }: { order: tf.Tensor1D; inverse: tf.Tensor1D }): tf.Tensor2D {
  return customGradient([rows], {
    forward: (rows) => ({ value: tf.gather(rows, order), saved: [inverse] }),
    gradient: (dy, [inverse]) => [tf.gather(dy, inverse)],
  });
}
