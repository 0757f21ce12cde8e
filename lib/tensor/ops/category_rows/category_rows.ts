import type * as tf from "@tensorflow/tfjs";
import { eitherOf } from "../../kernels/either_of.ts";
import type { CategoryRowsOps, ChosenRows, OneHotRun } from "./contract.ts";
import { plainRows } from "./plain.ts";
import { kernelRows } from "./wasm.ts";

const operations = eitherOf<CategoryRowsOps>({ plain: plainRows, wasm: kernelRows });

/**
 * Row of a table that each one-hot stands for: the index of its largest entry (ties: the first) after its variable's
 * first row. Not differentiable.
 *
 * @param oneHot float32 [n, B, c].
 * @param offsets First row of each variable, int32 [n, 1].
 * @returns int32 [n, B]; the caller disposes it.
 */
export function categoryRows(oneHot: tf.Tensor3D, offsets: tf.Tensor2D): tf.Tensor2D {
  return operations().categoryRows({ oneHot, offsets });
}

/**
 * Rows that exact one-hots choose from a table of all their categories; call inside `tf.tidy`. Not differentiable.
 *
 * @param runs In the table's order.
 */
export function chosenRows(runs: readonly OneHotRun[]): ChosenRows {
  return operations().chosenRows(runs);
}
