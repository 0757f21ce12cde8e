import * as tf from "@tensorflow/tfjs";
import { blockTableKernels } from "./kernels/block_table.ts";
import { runsOwnKernels } from "./kernels/own_kernels.ts";
import { isNeeded, type Needed, type TableLayout } from "./table_layout.ts";

/** A product of each variable's rows with its block of every target's weights. */
export interface BlockTableOptions {
  readonly layout: TableLayout;
  readonly needed: Needed | null;
  /** Whether `features` holds c² rows of slopes a variable instead of c rows of features. */
  readonly slopes?: boolean;
}

/**
 * First-layer tables: `table[j, r] = features[r] · weight[j, block of r's variable]`.
 *
 * @param features float32 [R, H]: each variable's feature in each of its categories.
 * @param weight float32 [J, W·H (+ more), H'].
 * @returns float32 [J, R, H'], zero where a target never takes a variable; differentiable in both; the caller
 * disposes it.
 */
export function blockTable(features: tf.Tensor2D, weight: tf.Tensor3D, options: BlockTableOptions): tf.Tensor3D {
  return tf.customGrad((...inputs) => {
    const [rows, weights, save] = inputs as unknown as [tf.Tensor2D, tf.Tensor3D, tf.GradSaveFunc];
    save([rows, weights]);
    const ops = runsOwnKernels() ? blockTableKernels : plain;
    return {
      value: ops.forward(rows, weights, options),
      gradFunc: (dy, saved) => {
        const [rows, weights] = saved as [tf.Tensor2D, tf.Tensor3D];
        return [
          ops.featuresGradient(dy as tf.Tensor3D, { features: rows, weight: weights, ...options }),
          ops.weightGradient(dy as tf.Tensor3D, { features: rows, weight: weights, ...options }),
        ];
      },
    };
  })(features, weight) as tf.Tensor3D;
}

/** The three products behind {@link blockTable}; a backend may bring its own. */
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

/** A variable's rows: c at its offset, or those of its slopes. */
export interface BlockRows {
  readonly column: number;
  readonly offset: number;
  readonly count: number;
}

/** The rows of all variables in a table of features or slopes. */
export function blockRows({ layout, slopes }: BlockTableOptions): readonly BlockRows[] {
  return layout.blocks
    .map(({ column, categories, offset, slopeOffset, slopeRows }) =>
      slopes ? { column, offset: slopeOffset, count: slopeRows } : { column, offset, count: categories }
    )
    .filter(({ count }) => count > 0);
}

/** [J, 1, 1] of 0 and 1: the targets that take a block. */
function takers(options: BlockTableOptions, block: { column: number }, targets: number): tf.Tensor3D {
  const { needed, layout: { maskWidth } } = options;
  return tf.tensor3d(
    Array.from({ length: targets }, (_, row) => Number(isNeeded(needed, { row, column: block.column, maskWidth }))),
    [targets, 1, 1],
  );
}

/** Plain TensorFlow.js operations, for every backend. */
const plain: BlockTableOps = {
  forward(features, weight, options) {
    const [targets, , outputs] = weight.shape;
    const width = features.shape[1];
    return tf.tidy(() =>
      tf.concat(
        blockRows(options).map((block) => {
          const { offset, count } = block;
          const part = features.slice([offset, 0], [count, width]).expandDims<tf.Tensor3D>(0).tile([targets, 1, 1]);
          const weights = weight.slice([0, block.column * width, 0], [targets, width, outputs]);
          return tf.matMul(part, weights).mul(takers(options, block, targets)) as tf.Tensor3D;
        }),
        1,
      )
    );
  },
  featuresGradient(dy, { features, weight, ...options }) {
    const [targets, , outputs] = weight.shape;
    const width = features.shape[1];
    return tf.tidy(() =>
      tf.concat(
        blockRows(options).map((block) => {
          const { offset, count } = block;
          const delta = dy.slice([0, offset, 0], [targets, count, outputs]).mul(takers(options, block, targets));
          const weights = weight.slice([0, block.column * width, 0], [targets, width, outputs]);
          return tf.matMul(delta, weights, false, true).sum(0) as tf.Tensor2D;
        }),
        0,
      )
    );
  },
  weightGradient(dy, { features, weight, ...options }) {
    const [targets, depth, outputs] = weight.shape;
    const width = features.shape[1];
    return tf.tidy(() => {
      const parts = new Map<number, tf.Tensor>();
      blockRows(options).forEach((block) => {
        const { offset, count } = block;
        const part = features.slice([offset, 0], [count, width]).expandDims<tf.Tensor3D>(0).tile([targets, 1, 1]);
        const delta = dy.slice([0, offset, 0], [targets, count, outputs]).mul(takers(options, block, targets));
        parts.set(block.column * width, tf.matMul(part, delta as tf.Tensor3D, true, false));
      });
      const pieces: tf.Tensor[] = [];
      for (let row = 0; row < depth;) {
        const part = parts.get(row);
        let end = row + width;
        if (!part) { while (end < depth && !parts.has(end)) end++; }
        pieces.push(part ?? tf.zeros([targets, Math.min(end, depth) - row, outputs]));
        row = Math.min(end, depth);
      }
      return tf.concat(pieces, 1) as tf.Tensor3D;
    });
  },
};
