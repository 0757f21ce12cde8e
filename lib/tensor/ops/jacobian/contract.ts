import type * as tf from "@tensorflow/tfjs";

/** Along which directions a ReLU network is derived, and at which of P points: S rows of a Jacobian in their order. */
export interface JacobianLayout {
  /** Point of each row, int32 [S], ascending. */
  readonly points: tf.Tensor1D;
  /** Which of all directions each row is along, int32 [S]. */
  readonly directions: tf.Tensor1D;
  /** First row of each point, and S at the end; int32 [P + 1]. */
  readonly first: tf.Tensor1D;
  /** What each row is a derivative along: a column of an encoded input, int32 [S]. */
  readonly columns: tf.Tensor1D;
  /** D, how many columns there are. */
  readonly columnCount: number;
}

/** A network of linear layers, each followed by ReLU, at P points. */
export interface ReluNetwork {
  /** What comes out of each layer, float32 [P, H_l]. */
  readonly values: readonly tf.Tensor2D[];
  /** Weights of all layers but the first, float32 [H_l, H_(l + 1)]. */
  readonly weights: readonly tf.Tensor2D[];
}

/** Which points' outputs each row of a gradient is the gradient of. */
export interface JacobianRows {
  /** float32 [S, H]. */
  readonly jacobian: tf.Tensor2D;
  readonly layout: JacobianLayout;
  /** int32 [J, R]: row r takes the outputs of points[0, r], points[1, r], … A number from P on is no point. */
  readonly points: tf.Tensor2D;
  /** B; row r belongs to sample r mod B. */
  readonly batch: number;
}

/** The operations behind `networkJacobian` and `jacobianProducts`. */
export interface JacobianOps {
  forward(
    directions: tf.Tensor2D,
    options: { readonly layout: JacobianLayout; readonly network: ReluNetwork },
  ): tf.Tensor2D;
  products(dy: tf.Tensor2D, rows: JacobianRows): tf.Tensor2D;
}
