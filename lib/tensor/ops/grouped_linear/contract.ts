import type * as tf from "@tensorflow/tfjs";
import type { Activation, LinearWeights } from "../linear/contract.ts";

/** Which of R rows meet which of V groups' weights: rows of a group follow one another. */
export interface Groups {
  /** Rows of each of the V groups, R in all. */
  readonly counts: readonly number[];
}

/** Linear layers on groups of rows, shapes being right and a row being there. */
export type GroupedLinear = (
  input: tf.Tensor2D,
  layer: LinearWeights,
  options: Groups & { readonly activation: Activation },
) => tf.Tensor2D;
