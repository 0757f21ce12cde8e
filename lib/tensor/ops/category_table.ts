import * as tf from "@tensorflow/tfjs";
import { maxOf } from "../../core/extremes.ts";
import { customGradient } from "../custom_gradient.ts";
import type { LinearWeights } from "./linear/contract.ts";
import { linear } from "./linear/linear.ts";

/**
 * A stack of V networks on one-hots, one for each of V variables, computed once a category instead of once a sample.
 * Valid while no weight changes. A one-hot of c categories is one of c inputs, so values and gradients of the weights
 * are those of the networks on the samples. The gradient to the one-hots, which straight-through samples need, is not
 * the table's but that of the networks at each category: it comes from their Jacobian.
 */
export interface CategoryTable {
  /** float32 [V, c, F]. */
  readonly values: tf.Tensor3D;
  /**
   * Derivatives at category k' along category k, in row k'·c + k, float32 [V, c·c, F]; null where no gradient reaches
   * the one-hots.
   */
  readonly jacobian: tf.Tensor3D | null;
}

/**
 * The table of `V` identities, on which {@link applyToTable} puts layers.
 *
 * @returns Tensors in the caller's tidy scope.
 */
export function identityTable(
  { count, categories, withJacobian }: { count: number; categories: number; withJacobian: boolean },
): CategoryTable {
  const one = tf.eye(categories).expandDims<tf.Tensor3D>(0);
  return {
    values: one.tile([count, 1, 1]),
    // A row of the identity's Jacobian is the category's one-hot, wherever it is taken.
    jacobian: withJacobian ? one.tile([count, categories, 1]) : null,
  };
}

/**
 * The table of a stack of linear layers after those of `table`.
 *
 * @param layer float32 weight [V, F, F'], bias [V, 1, F'] or null; or a weight [F, F'] for all, without bias.
 * @returns Tensors in the caller's tidy scope, values differentiable in the layer and in `table`.
 */
export function applyToTable(
  { values, jacobian }: CategoryTable,
  layer: LinearWeights,
  options: { activation?: "linear" | "relu" } = {},
): CategoryTable {
  const isShared = layer.weight.rank === 2;
  const after: tf.Tensor3D = isShared
    ? tf.matMul(values, layer.weight)
    : linear(values, layer as LinearWeights<tf.Rank.R3>, options);
  if (!jacobian) return { values: after, jacobian: null };
  const along: tf.Tensor3D = tf.matMul(jacobian, layer.weight);
  if (options.activation !== "relu") return { values: after, jacobian: along };
  const [count, categories, width] = after.shape;
  const isActive = after.step().reshape([count, categories, 1, width]);
  return {
    values: after,
    jacobian: along.reshape([count, categories, categories, width]).mul(isActive)
      .reshape<tf.Tensor3D>([count, categories ** 2, width]),
  };
}

/**
 * Puts tables of networks with equally wide values together. Tables of fewer categories get rows of zeros, which
 * one-hots of {@link joinOneHots} never take.
 */
export function joinTables(tables: readonly CategoryTable[]): CategoryTable {
  if (tables.length === 1) return tables[0]!;
  const most = maxOf(tables.map(({ values }) => values.shape[1]));
  const jacobians = tables.flatMap(({ values, jacobian }) => {
    if (!jacobian) return [];
    const [count, categories, width] = values.shape;
    const more = most - categories;
    return [
      jacobian.reshape<tf.Tensor4D>([count, categories, categories, width]).pad([[0, 0], [0, more], [0, more], [0, 0]])
        .reshape<tf.Tensor3D>([count, most ** 2, width]),
    ];
  });
  return {
    values: tf.concat(tables.map(({ values }) => values.pad([[0, 0], [0, most - values.shape[1]], [0, 0]])), 0),
    jacobian: jacobians.length === tables.length ? tf.concat(jacobians, 0) : null,
  };
}

/** One-hots [n, B, c] of several widths as [V, B, most categories]. */
export function joinOneHots(parts: readonly tf.Tensor3D[]): tf.Tensor3D {
  if (parts.length === 1) return parts[0]!;
  const most = maxOf(parts.map((part) => part.shape[2]));
  return tf.concat(parts.map((part) => part.pad([[0, 0], [0, 0], [0, most - part.shape[2]]])), 0);
}

/**
 * What the networks make of exact one-hots.
 *
 * @param oneHot float32 [V, B, c].
 * @returns float32 [V, B, F]; differentiable in the table's values, and in the one-hots if it has a Jacobian; the caller
 * disposes it.
 */
export function lookUp(oneHot: tf.Tensor3D, { values, jacobian }: CategoryTable): tf.Tensor3D {
  return customGradient([oneHot, values], {
    forward: (oneHot, values) => ({
      value: tf.matMul(oneHot, values),
      saved: [oneHot, ...(jacobian ? [jacobian] : [])],
    }),
    gradient: (dy, [oneHot, jacobian]) => [
      jacobian ? alongCategories(dy, { oneHot, jacobian }) : tf.zerosLike(oneHot),
      tf.matMul(oneHot, dy, true),
    ],
  });
}

/** Derivatives of the samples along each category, [V, B, c]. */
function alongCategories(
  dy: tf.Tensor3D,
  { oneHot, jacobian }: { oneHot: tf.Tensor3D; jacobian: tf.Tensor3D },
): tf.Tensor3D {
  const [count, batch, categories] = oneHot.shape;
  const atEach = tf.matMul(dy, jacobian, false, true).reshape([count, batch, categories, categories]);
  return atEach.mul(oneHot.expandDims(3)).sum(2);
}
