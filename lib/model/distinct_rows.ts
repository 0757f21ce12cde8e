import * as tf from "@tensorflow/tfjs";

/** Which rows of a batch are distinct. */
export interface DistinctRows {
  /** A row with each distinct value, int32 [X]. */
  readonly first: tf.Tensor1D;
  /** Where in `first` each row's value stands, int32 [B]. */
  readonly place: tf.Tensor1D;
}

/**
 * Finds equal rows; reads the device.
 *
 * @param rows float32 [B, D].
 * @returns Tensors in the caller's tidy scope.
 */
export function distinctRows(rows: tf.Tensor2D): DistinctRows {
  const [count, width] = rows.shape;
  const data = rows.dataSync();
  const places = new Map<string, number>();
  const first: number[] = [];
  const place = Array.from({ length: count }, (_, row) => {
    const key = data.slice(row * width, (row + 1) * width).join();
    const known = places.get(key);
    if (known !== undefined) return known;
    places.set(key, first.length);
    return first.push(row) - 1;
  });
  return { first: tf.tensor1d(first, "int32"), place: tf.tensor1d(place, "int32") };
}
