import type * as tf from "@tensorflow/tfjs";

/** Which row of a table each input takes in each sample. */
export interface TableMaxRows {
  /** int32 [I, B]. */
  readonly rows: tf.Tensor2D;
  /** The same where input and target are one variable, i = j; int32 [J, B]. */
  readonly ownRows: tf.Tensor2D;
}

/** Derivatives of the table rows of neighbouring inputs of one size with respect to their one-hots. */
export interface TableMaxJacobian {
  /** float32 [J, n, c, c, H]: entry k' and k is the derivative along category k while the input is k'. */
  readonly tensor: tf.Tensor;
  /** The first of the n inputs, and its first row in the table. */
  readonly column: number;
  readonly offset: number;
}

/** What a maximum over table rows is taken of; J targets, I inputs, R rows. */
export interface TableMaxInput extends TableMaxRows {
  /** float32 [J, R, H]. */
  readonly table: tf.Tensor3D;
  /** 0 and 1, float32 [B or 1, J, I]; at least one 1 for each target. */
  readonly mask: tf.Tensor3D;
  /** One-hots that gradients must reach straight through, float32 [n, B, c]. */
  readonly learning: readonly {
    /** The one-hots that target j reads where it is the input itself, and that all others read. */
    readonly own: tf.Tensor3D;
    readonly others: tf.Tensor3D;
    readonly jacobian: TableMaxJacobian;
  }[];
}

/** What the backward pass knows of the forward one. */
export interface TableMaxResult extends TableMaxRows {
  /** The input that won, int32 [J, B, H]. */
  readonly winner: tf.Tensor3D;
  /** R. */
  readonly tableRows: number;
}

/** The operations behind `tableMax`. */
export interface TableMaxOps {
  forward(input: TableMaxInput): { readonly maximum: tf.Tensor3D; readonly winner: tf.Tensor3D };
  tableGradient(dy: tf.Tensor3D, result: TableMaxResult): tf.Tensor3D;
  inputGradient(
    dy: tf.Tensor3D,
    result: TableMaxResult,
    jacobian: TableMaxJacobian,
  ): { readonly own: tf.Tensor3D; readonly others: tf.Tensor3D };
}
