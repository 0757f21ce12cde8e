import type * as tf from "@tensorflow/tfjs";

/** Which row of a table each of I variables takes in each sample, in the form that the backend's operations read. */
export interface ChosenRows {
  /** B. */
  readonly batch: number;
  /** int32 [I, B]; null for plain operations. */
  readonly rows: tf.Tensor2D | null;
  /** 1 where sample b takes row r, float32 [B, R]; null for own kernels. */
  readonly taken: tf.Tensor2D | null;
}

/** Neighbouring variables of one size. */
export interface OneHotRun {
  /** float32 [n, B, c]. */
  readonly oneHot: tf.Tensor3D;
  /** First row of each variable, int32 [n, 1]. */
  readonly offsets: tf.Tensor2D;
}

/** How rows are found from one-hots. */
export interface CategoryRowsOps {
  categoryRows(run: OneHotRun): tf.Tensor2D;
  chosenRows(runs: readonly OneHotRun[]): ChosenRows;
}
