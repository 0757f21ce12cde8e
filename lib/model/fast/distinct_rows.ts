import * as tf from "@tensorflow/tfjs";
import { KeyTable } from "../../core/key_table.ts";

/** Which rows of a batch are distinct. */
export interface DistinctRows {
  /** A row with each distinct value, int32 [X]. */
  readonly first: tf.Tensor1D;
  /** Where in `first` each row's value stands, int32 [B]. */
  readonly place: tf.Tensor1D;
}

/**
 * Finds rows that are equal to the bit; reads the device.
 *
 * @param rows float32 [B, D], D at least 1.
 * @returns Tensors in the caller's tidy scope.
 */
export function distinctRows(rows: tf.Tensor2D): DistinctRows {
  const [count, width] = rows.shape;
  const data = rows.dataSync<"float32">();
  const bits = new Int32Array(data.buffer, data.byteOffset, data.length);
  const table = new KeyTable(width);
  const first: number[] = [];
  const place = Int32Array.from({ length: count }, (_, row) => {
    const number = table.numberOf(bits.subarray(row * width, (row + 1) * width));
    if (number === first.length) first.push(row);
    return number;
  });
  return { first: tf.tensor1d(first, "int32"), place: tf.tensor1d(place, "int32") };
}
