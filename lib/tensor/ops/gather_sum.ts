import * as tf from "@tensorflow/tfjs";
import "../kernels/gather_sum.ts";
import { runKernel, runsOwnKernels } from "../kernels/own_kernels.ts";

/**
 * Sums of table rows: `out[b] = Σ_s table[index[s, b]]`. Differentiable in the table.
 *
 * @param table float32 [R, H].
 * @param index int32 [S, B], each in [0, R).
 * @returns float32 [B, H]; the caller disposes it.
 */
export function gatherSum(table: tf.Tensor2D, index: tf.Tensor2D): tf.Tensor2D {
  if (runsOwnKernels()) return runKernel("GatherSum", { table, index }, {})[0] as tf.Tensor2D;
  return tf.tidy(() => tf.gather(table, index).sum(0));
}

tf.registerGradient({
  kernelName: "GatherSum",
  inputsToSave: ["table", "index"],
  gradFunc: (dy, [table, index]) => ({
    table: () => runKernel("GatherSumGrad", { dy: dy as tf.Tensor, index: index! }, { rows: table!.shape[0] })[0]!,
  }),
});
