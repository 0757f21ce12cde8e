import * as tf from "@tensorflow/tfjs";

/** Rows sorted into groups, so that each row meets its own group's weights. Empty groups are left out. */
export interface RowGroups {
  /** Index and number of rows of each group that has any. */
  readonly groups: readonly { readonly index: number; readonly size: number }[];
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
  const members: number[][] = Array.from({ length: options.groupCount }, () => []);
  for (let row = 0; row < groupOfRow.length; row++) members[groupOfRow[row]!]!.push(row);
  const order = members.flat();
  const place = new Int32Array(order.length);
  order.forEach((row, at) => place[row] = at);
  return {
    groups: members.map((rows, index) => ({ index, size: rows.length })).filter(({ size }) => size > 0),
    order: tf.tensor1d(order, "int32"),
    place: tf.tensor1d(place, "int32"),
  };
}

/**
 * Splits rows by group.
 *
 * @param rows float32 [R, W].
 * @returns float32 [size, W] for each of `groups`, in order; differentiable; the caller disposes them.
 */
export function splitGroups(rows: tf.Tensor2D, { groups, order, place }: RowGroups): tf.Tensor2D[] {
  return tf.split(permuted(rows, { order, inverse: place }), groups.map(({ size }) => size), 0);
}

/**
 * Inverse of {@link splitGroups}.
 *
 * @returns float32 [R, W]; differentiable; the caller disposes it.
 */
export function joinGroups(parts: readonly tf.Tensor2D[], { order, place }: RowGroups): tf.Tensor2D {
  const rows = parts.length === 1 ? parts[0]! : tf.concat([...parts], 0);
  return permuted(rows, { order: place, inverse: order });
}

/** Rows in another order; the gradient is a gather too, not a scatter. */
function permuted(rows: tf.Tensor2D, { order, inverse }: { order: tf.Tensor1D; inverse: tf.Tensor1D }): tf.Tensor2D {
  return tf.customGrad((...inputs) => {
    const [rows, save] = inputs as unknown as [tf.Tensor2D, tf.GradSaveFunc];
    save([inverse]);
    return { value: tf.gather(rows, order), gradFunc: (dy, saved) => tf.gather(dy, saved[0] as tf.Tensor1D) };
  })(rows) as tf.Tensor2D;
}
