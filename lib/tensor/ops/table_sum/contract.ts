import type * as tf from "@tensorflow/tfjs";
import type { ChosenRows } from "../category_rows/contract.ts";
import type { Needed, TableLayout } from "../table_layout.ts";

/** What a masked sum of table rows is made of; J targets, I variables, R rows, W mask columns. */
export interface TableSumInput {
  readonly layout: TableLayout;
  readonly needed: Needed | null;
  /** float32 [J, R, H]. */
  readonly table: tf.Tensor3D;
  /** The row that each variable takes in each sample. */
  readonly chosen: ChosenRows;
  /** float32 [B, J, W]; null for ones. */
  readonly mask: tf.Tensor3D | null;
  /** float32 [J, 1, H] or [H]; null for none. */
  readonly bias: tf.Tensor | null;
  /**
   * Where gradients must reach the variables themselves (straight through their one-hots): neighbouring variables of
   * one size, one-hots float32 [n, B, c] with the first one's place among the layout's blocks.
   */
  readonly inputs: readonly { readonly oneHot: tf.Tensor3D; readonly first: number }[];
  /** float32 [J, Σ c², H], a constant: row (k', k) of a variable is the derivative along category k while it is k'. */
  readonly jacobian: tf.Tensor3D | null;
}

/** What a backward pass starts from: the forward pass' input and what it left. */
export interface TableSumKept extends TableSumInput {
  readonly forGradient: readonly tf.Tensor[];
}

/** The operations behind `tableSum`. */
export interface TableSumOps {
  /** The sum, and any tensors that the backward pass would otherwise compute again. */
  forward(input: TableSumInput): { sum: tf.Tensor3D; forGradient: tf.Tensor[] };
  gradient(dy: tf.Tensor3D, kept: TableSumKept): { table: tf.Tensor3D; mask: tf.Tensor3D | null };
  /** A gradient for each of `inputs`; not called where there is none. */
  inputGradients(dy: tf.Tensor3D, kept: TableSumKept): readonly tf.Tensor3D[];
}
