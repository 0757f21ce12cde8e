import * as tf from "@tensorflow/tfjs";
import { linear } from "./ops/linear.ts";

/** Rows of a chunk; a group's rows are padded to a multiple of it. */
const CHUNK_ROWS = 32;

/**
 * Rows sorted into groups, so that each row meets its own group's weights in one batched product: C chunks of S slots,
 * all slots of a chunk in one group.
 */
export interface RowGroups {
  /** G. */
  readonly groupCount: number;
  /** C and S. */
  readonly chunkCount: number;
  readonly chunkRows: number;
  /** Row in each slot, int32 [C·S]; an empty slot holds row 0. */
  readonly rowOfSlot: tf.Tensor1D;
  /** 1 where a slot holds a row, float32 [C·S, 1]. */
  readonly isTaken: tf.Tensor2D;
  /** Slot of each row, int32 [R]. */
  readonly slotOfRow: tf.Tensor1D;
  /** Group of each chunk, int32 [C]. */
  readonly groupOfChunk: tf.Tensor1D;
}

/**
 * Sorts rows into groups.
 *
 * @param groupOfRow Each row's group, [R], in [0, G).
 * @returns Tensors in the caller's tidy scope.
 */
export function groupRows(groupOfRow: ArrayLike<number>, options: { groupCount: number }): RowGroups {
  const { groupCount } = options;
  const members: number[][] = Array.from({ length: groupCount }, () => []);
  for (let row = 0; row < groupOfRow.length; row++) members[groupOfRow[row]!]!.push(row);
  const groupOfChunk = members.flatMap((rows, group) =>
    Array.from({ length: Math.ceil(rows.length / CHUNK_ROWS) }, () => group)
  );
  const slots = groupOfChunk.length * CHUNK_ROWS;
  const rowOfSlot = new Int32Array(slots);
  const isTaken = new Float32Array(slots);
  const slotOfRow = new Int32Array(groupOfRow.length);
  let first = 0;
  for (const rows of members) {
    rows.forEach((row, place) => {
      rowOfSlot[first + place] = row;
      isTaken[first + place] = 1;
      slotOfRow[row] = first + place;
    });
    first += Math.ceil(rows.length / CHUNK_ROWS) * CHUNK_ROWS;
  }
  return {
    groupCount,
    chunkCount: groupOfChunk.length,
    chunkRows: CHUNK_ROWS,
    rowOfSlot: tf.tensor1d(rowOfSlot, "int32"),
    isTaken: tf.tensor2d(isTaken, [slots, 1]),
    slotOfRow: tf.tensor1d(slotOfRow, "int32"),
    groupOfChunk: tf.tensor1d(groupOfChunk, "int32"),
  };
}

/**
 * Puts rows into their slots.
 *
 * @param rows float32 [R, W].
 * @returns float32 [C, S, W], empty slots as row 0; differentiable; the caller disposes it.
 */
export function toSlots(rows: tf.Tensor2D, groups: RowGroups): tf.Tensor3D {
  const { chunkCount, chunkRows, rowOfSlot, slotOfRow } = groups;
  const width = rows.shape[1];
  return tf.customGrad((...inputs) => {
    const [rows, save] = inputs as unknown as [tf.Tensor, tf.GradSaveFunc];
    save([slotOfRow]);
    return {
      value: tf.gather(rows, rowOfSlot).reshape([chunkCount, chunkRows, width]),
      // fromSlots gives empty slots no gradient.
      gradFunc: (dy, [slotOfRow]) => tf.gather(dy.reshape([chunkCount * chunkRows, width]), slotOfRow as tf.Tensor1D),
    };
  })(rows) as tf.Tensor3D;
}

/**
 * Inverse of {@link toSlots}.
 *
 * @param slots float32 [C, S, W].
 * @returns float32 [R, W]; differentiable; the caller disposes it.
 */
export function fromSlots(slots: tf.Tensor3D, groups: RowGroups): tf.Tensor2D {
  const { rowOfSlot, isTaken, slotOfRow } = groups;
  const [chunks, rows, width] = slots.shape;
  return tf.customGrad((...inputs) => {
    const [slots, save] = inputs as unknown as [tf.Tensor, tf.GradSaveFunc];
    save([rowOfSlot, isTaken]);
    return {
      value: tf.gather(slots.reshape([chunks * rows, width]), slotOfRow),
      gradFunc: (dy, [rowOfSlot, isTaken]) =>
        tf.gather(dy, rowOfSlot as tf.Tensor1D).mul(isTaken!).reshape([chunks, rows, width]),
    };
  })(slots) as tf.Tensor2D;
}

/**
 * Applies each slot's group's linear layer.
 *
 * @param slots float32 [C, S, in].
 * @param layer Weights [G, in, out] and biases [G, 1, out].
 * @returns float32 [C, S, out]; differentiable; the caller disposes it.
 */
export function applyGroupLinear(
  slots: tf.Tensor3D,
  layer: { readonly weight: tf.Tensor; readonly bias: tf.Tensor },
  options: { readonly groups: RowGroups; readonly activation: "linear" | "relu" },
): tf.Tensor3D {
  const { groups, activation } = options;
  const layers = { weight: ofChunks(layer.weight, groups), bias: ofChunks(layer.bias, groups) };
  return linear(slots, layers, { activation }) as tf.Tensor3D;
}

/** Each chunk's weights, [G, a, b] to [C, a, b]. */
function ofChunks(weights: tf.Tensor, groups: RowGroups): tf.Tensor3D {
  const { groupCount, groupOfChunk, chunkCount } = groups;
  const [, a, b] = weights.shape as [number, number, number];
  return tf.customGrad((...inputs) => {
    const [weights, save] = inputs as unknown as [tf.Tensor, tf.GradSaveFunc];
    save([groupOfChunk]);
    return {
      value: tf.gather(weights, groupOfChunk),
      gradFunc: (dy, saved) => {
        const isOf = tf.oneHot(saved[0] as tf.Tensor1D, groupCount, 1, 0, "int32").cast<tf.Tensor2D>("float32");
        return tf.matMul(isOf, dy.reshape<tf.Tensor2D>([chunkCount, a * b]), true).reshape([groupCount, a, b]);
      },
    };
  })(weights) as tf.Tensor3D;
}
