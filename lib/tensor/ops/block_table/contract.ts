import type * as tf from "@tensorflow/tfjs";
import type { Needed, TableLayout } from "../table_layout.ts";

/** A product of each variable's rows with its block of every target's weights. */
export interface BlockTableOptions {
  readonly layout: TableLayout;
  readonly needed: Needed | null;
  /** Whether `features` holds c² rows of a Jacobian a variable instead of c rows of features. */
  readonly jacobian?: boolean;
}

/** The three products behind `blockTable`. */
export interface BlockTableOps {
  forward(features: tf.Tensor2D, weight: tf.Tensor3D, options: BlockTableOptions): tf.Tensor3D;
  featuresGradient(
    dy: tf.Tensor3D,
    operands: BlockTableOptions & { features: tf.Tensor2D; weight: tf.Tensor3D },
  ): tf.Tensor2D;
  weightGradient(
    dy: tf.Tensor3D,
    operands: BlockTableOptions & { features: tf.Tensor2D; weight: tf.Tensor3D },
  ): tf.Tensor3D;
}

/** A variable's rows: c at its offset, or those of its Jacobian. */
export interface BlockRows {
  readonly column: number;
  readonly offset: number;
  readonly count: number;
}

/** The rows of all variables in a table of features or Jacobians. */
export function blockRows({ layout, jacobian }: BlockTableOptions): readonly BlockRows[] {
  return layout.blocks
    .map(({ column, categories, offset, jacobianOffset, jacobianRows }) =>
      jacobian ? { column, offset: jacobianOffset, count: jacobianRows } : { column, offset, count: categories }
    )
    .filter(({ count }) => count > 0);
}
