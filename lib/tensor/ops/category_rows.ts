import type * as tf from "@tensorflow/tfjs";
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
