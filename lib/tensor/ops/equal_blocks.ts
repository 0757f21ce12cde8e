import * as tf from "@tensorflow/tfjs";

// Variables of one size share batched operations, wherever they stand among the others.

/** The blocks of one size. */
export interface EqualBlocks {
  /** Rows of each block. */
  readonly count: number;
  /** Places of the blocks in the list they came from, ascending. */
  readonly members: readonly number[];
  /** All their rows, block by block. */
  readonly rows: readonly number[];
}

/**
 * Groups blocks of rows by size, in the order in which sizes first occur.
 *
 * @param blocks First row and number of rows of each.
 */
export function equalBlocks(
  blocks: readonly { readonly offset: number; readonly count: number }[],
): readonly EqualBlocks[] {
  return [...Map.groupBy(blocks.keys(), (b) => blocks[b]!.count)].map(([count, members]) => ({
    count,
    members,
    rows: members.flatMap((b) => Array.from({ length: count }, (_, row) => blocks[b]!.offset + row)),
  }));
}

/**
 * Some slices of a tensor: nothing to do for all in order, a slice for neighbours, a gather for others. Not
 * differentiable.
 *
 * @param places Indices along `axis`.
 * @returns A tensor of `tensor`'s dtype with `places.length` entries along `axis`; call inside `tf.tidy`.
 */
export function pick<T extends tf.Tensor>(tensor: T, places: readonly number[], axis: number): T {
  const first = places[0] ?? 0;
  const isNeighbouring = places.every((place, k) => place === first + k);
  if (!isNeighbouring) return tf.gather(tensor, tf.tensor1d([...places], "int32"), axis);
  if (places.length === tensor.shape[axis]) return tensor;
  const begin = tensor.shape.map((_, dimension) => dimension === axis ? first : 0);
  return tf.slice(tensor, begin, tensor.shape.with(axis, places.length));
}

/**
 * Puts parts side by side so that entry k of the whole stands at `places` position k: the inverse of picking them.
 *
 * @param parts Tensors that differ along `axis` only, and where their entries belong; all places are given once.
 * @returns Call inside `tf.tidy`.
 */
export function unpick<T extends tf.Tensor>(
  parts: readonly { readonly value: T; readonly places: readonly number[] }[],
  axis: number,
): T {
  const all = parts.length === 1 ? parts[0]!.value : tf.concat(parts.map(({ value }) => value), axis);
  const from: number[] = [];
  parts.flatMap(({ places }) => places).forEach((place, k) => from[place] = k);
  return pick(all, from, axis) as T;
}
