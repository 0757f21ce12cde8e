import * as tf from "@tensorflow/tfjs";
import { eitherOf } from "../../kernels/either_of.ts";
import { kernelGatherSum } from "./wasm.ts";

const sum = eitherOf<typeof gatherSum>({
  plain: (table, index) => tf.tidy(() => tf.gather(table, index).sum(0)),
  wasm: kernelGatherSum,
});

/**
 * Sums of table rows: `out[b] = Σ_s table[index[s, b]]`. Differentiable in the table.
 *
 * @param table float32 [R, H].
 * @param index int32 [S, B], each in [0, R).
 * @returns float32 [B, H]; the caller disposes it.
 */
export function gatherSum(table: tf.Tensor2D, index: tf.Tensor2D): tf.Tensor2D {
  return sum()(table, index);
}
