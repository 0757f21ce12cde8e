import * as tf from "@tensorflow/tfjs";
import { runsOwnKernels } from "./kernels/own_kernels.ts";
import { slopeKernels } from "./kernels/slopes.ts";

/** Along which directions a ReLU network is derived, and at which of P points; S slopes in the points' order. */
export interface SlopeLayout {
  /** Point of each slope, int32 [S], ascending. */
  readonly points: tf.Tensor1D;
  /** Row of each slope's direction among all directions, int32 [S]. */
  readonly directions: tf.Tensor1D;
  /** First slope of each point, and S at the end; int32 [P + 1]. */
  readonly first: tf.Tensor1D;
  /** What each slope is a derivative along: a column of an encoded input, int32 [S]. */
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

/**
 * Exact derivatives of the network's output. Not differentiable.
 *
 * @param directions The first layer's derivative along each direction before its ReLU, float32 [X, H_0].
 * @returns float32 [S, H]; the caller disposes it.
 */
export function networkSlopes(
  directions: tf.Tensor2D,
  options: { readonly layout: SlopeLayout; readonly network: ReluNetwork },
): tf.Tensor2D {
  // A custom gradient keeps the operations off the tape.
  return tf.customGrad((...inputs) => ({
    value: (runsOwnKernels() ? slopeKernels : plain).forward(inputs[0] as tf.Tensor2D, options),
    gradFunc: () => tf.zeros(directions.shape),
  }))(directions) as tf.Tensor2D;
}

/** Which points' outputs each row of a gradient is the gradient of. */
export interface SlopeRows {
  /** float32 [S, H]. */
  readonly slopes: tf.Tensor2D;
  readonly layout: SlopeLayout;
  /** int32 [J, R]: row r takes the outputs of points[0, r], points[1, r], … A number from P on is no point. */
  readonly points: tf.Tensor2D;
  /** B; row r belongs to sample r mod B. */
  readonly batch: number;
}

/**
 * Gradient of encoded inputs: the product of each row with each slope of its points, summed by sample and column. Not
 * differentiable.
 *
 * @param dy float32 [R, H].
 * @returns float32 [B, D]; the caller disposes it.
 */
export function slopeProducts(dy: tf.Tensor2D, rows: SlopeRows): tf.Tensor2D {
  return (runsOwnKernels() ? slopeKernels : plain).products(dy, rows);
}

/** The operations behind {@link networkSlopes} and {@link slopeProducts}; a backend may bring its own. */
export interface SlopeOps {
  forward(
    directions: tf.Tensor2D,
    options: { readonly layout: SlopeLayout; readonly network: ReluNetwork },
  ): tf.Tensor2D;
  products(dy: tf.Tensor2D, rows: SlopeRows): tf.Tensor2D;
}

const plain: SlopeOps = {
  forward: (directions, { layout: { points, directions: rows }, network: { values, weights } }) =>
    tf.tidy(() =>
      values.reduce<tf.Tensor2D>((slope, value, l) => {
        const before = l === 0 ? slope : tf.matMul(slope, weights[l - 1]!);
        return before.mul(tf.gather(value.step(), points));
      }, tf.gather(directions, rows))
    ),

  /** Loops on the host, for backends whose tensors can be read at once. */
  products(dy, { slopes, layout, points, batch }) {
    const rows = points.shape[1];
    const width = dy.shape[1];
    const [deltas, slopeValues] = [dy.dataSync<"float32">(), slopes.dataSync<"float32">()];
    const [first, columns] = [layout.first.dataSync<"int32">(), layout.columns.dataSync<"int32">()];
    const out = new Float32Array(batch * layout.columnCount);
    points.dataSync<"int32">().forEach((point, entry) => {
      if (point >= first.length - 1) return;
      const row = entry % rows;
      for (let s = first[point]!; s < first[point + 1]!; s++) {
        let sum = 0;
        for (let h = 0; h < width; h++) sum += deltas[row * width + h]! * slopeValues[s * width + h]!;
        out[(row % batch) * layout.columnCount + columns[s]!]! += sum;
      }
    });
    return tf.tensor2d(out, [batch, layout.columnCount]);
  },
};
