import * as tf from "@tensorflow/tfjs";
import { equalBlocks, pick, unpick } from "../equal_blocks.ts";
import { blockRows, type BlockTableOps, type BlockTableOptions } from "./contract.ts";

/** The blocks of one size and the weights that they meet. */
interface BlockGroup {
  /** Rows in a table of features or Jacobians, c of each of n variables. */
  readonly rows: readonly number[];
  /** The n variables' columns in a mask. */
  readonly columns: readonly number[];
  readonly count: number;
}

function blockGroups(options: BlockTableOptions): readonly BlockGroup[] {
  const blocks = blockRows(options);
  return equalBlocks(blocks).map(({ count, members, rows }) => ({
    count,
    rows,
    columns: members.map((b) => blocks[b]!.column),
  }));
}

/** Sets products of a group [J, n, X, Y] to zero where a target never takes the variable. */
function whereNeeded(products: tf.Tensor4D, { needed }: BlockTableOptions, { columns }: BlockGroup): tf.Tensor4D {
  if (!needed) return products;
  const [targets, count] = products.shape;
  return products.mul(pick(needed.weights, columns, 1).reshape([targets, count, 1, 1]));
}

/** Features of a group for each of J targets, [J·n, c, H]. */
function featuresOf(features: tf.Tensor2D, { rows, columns, count }: BlockGroup, targets: number): tf.Tensor3D {
  const own = pick(features, rows, 0).reshape<tf.Tensor3D>([columns.length, count, features.shape[1]]);
  return targets === 1 ? own : tf.tile(own, [targets, 1, 1]);
}

/** Weights of a group, [J·n, H, H']. */
function weightsOf(weight: tf.Tensor3D, { columns }: BlockGroup, width: number): tf.Tensor3D {
  const [targets, depth, outputs] = weight.shape;
  const whole = Math.floor(depth / width);
  const inBlocks = whole * width === depth ? weight : tf.slice(weight, [0, 0, 0], [targets, whole * width, outputs]);
  const blocks = inBlocks.reshape<tf.Tensor3D>([targets, whole, width * outputs]);
  return pick(blocks, columns, 1).reshape([targets * columns.length, width, outputs]);
}

/** Rows of a group's gradient, [J·n, c, H']. */
function deltaOf(dy: tf.Tensor3D, { rows, columns, count }: BlockGroup): tf.Tensor3D {
  const [targets, , outputs] = dy.shape;
  return pick(dy, rows, 1).reshape([targets * columns.length, count, outputs]);
}

/** Plain TensorFlow.js operations, for every backend: a batched product for each size of variables. */
export const plainBlockTable: BlockTableOps = {
  forward(features, weight, options) {
    const [targets, , outputs] = weight.shape;
    const width = features.shape[1];
    return tf.tidy(() =>
      unpick(
        blockGroups(options).map((group) => {
          const { rows, columns, count } = group;
          const products = tf.matMul(featuresOf(features, group, targets), weightsOf(weight, group, width))
            .reshape<tf.Tensor4D>([targets, columns.length, count, outputs]);
          const value = whereNeeded(products, options, group);
          return { value: value.reshape<tf.Tensor3D>([targets, rows.length, outputs]), places: rows };
        }),
        1,
      )
    );
  },
  featuresGradient(dy, { features, weight, ...options }) {
    const targets = weight.shape[0];
    const width = features.shape[1];
    return tf.tidy(() =>
      unpick(
        blockGroups(options).map((group) => {
          const { rows, columns, count } = group;
          const products = tf.matMul(deltaOf(dy, group), weightsOf(weight, group, width), false, true)
            .reshape<tf.Tensor4D>([targets, columns.length, count, width]);
          const value = whereNeeded(products, options, group);
          const sum = targets === 1 ? value : value.sum(0);
          return { value: sum.reshape<tf.Tensor2D>([rows.length, width]), places: rows };
        }),
        0,
      )
    );
  },
  weightGradient(dy, { features, weight, ...options }) {
    const [targets, depth, outputs] = weight.shape;
    const width = features.shape[1];
    return tf.tidy(() => {
      const parts = blockGroups(options).map((group) => {
        const { columns } = group;
        const products = tf.matMul(featuresOf(features, group, targets), deltaOf(dy, group), true, false)
          .reshape<tf.Tensor4D>([targets, columns.length, width, outputs]);
        const value = whereNeeded(products, options, group);
        return { value: value.reshape<tf.Tensor3D>([targets, columns.length, width * outputs]), places: columns };
      });
      // Columns of variables without a table.
      const taken = new Set(parts.flatMap(({ places }) => places));
      const places = Array.from({ length: Math.floor(depth / width) }, (_, column) => column)
        .filter((column) => !taken.has(column));
      const zeros = { value: tf.zeros<tf.Rank.R3>([targets, places.length, width * outputs]), places };
      const all = unpick(places.length === 0 ? parts : [...parts, zeros], 1);
      const inBlocks = all.reshape<tf.Tensor3D>([targets, all.shape[1] * width, outputs]);
      const rest = depth - inBlocks.shape[1];
      return rest === 0 ? inBlocks : tf.concat([inBlocks, tf.zeros([targets, rest, outputs])], 1);
    });
  },
};
