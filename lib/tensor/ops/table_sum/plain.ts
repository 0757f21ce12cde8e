import * as tf from "@tensorflow/tfjs";
import { equalBlocks, pick } from "../equal_blocks.ts";
import type { TableSumInput, TableSumOps } from "./contract.ts";

/** Weight of each row in each target's sum, float32 [J, B, R]; zero where a sample does not take it. */
function weightedRows(input: TableSumInput): tf.Tensor3D {
  const { mask, needed, layout: { spread, maskWidth, rowCount } } = input;
  const targets = input.table.shape[0];
  const taken = input.chosen.taken!;
  const { batch } = input.chosen;
  if (!mask && !needed) {
    const once = taken.reshape<tf.Tensor3D>([1, batch, rowCount]);
    return targets === 1 ? once : tf.tile(once, [targets, 1, 1]);
  }
  const ofTargets = needed && needed.weights.reshape<tf.Tensor3D>([targets, 1, maskWidth]);
  const byTarget = mask && mask.transpose<tf.Tensor3D>([1, 0, 2]);
  const weights = byTarget && ofTargets ? byTarget.mul<tf.Tensor3D>(ofTargets) : (byTarget ?? ofTargets)!;
  return weights.reshape<tf.Tensor2D>([-1, maskWidth]).matMul(spread)
    .reshape<tf.Tensor3D>([targets, mask ? batch : 1, rowCount]).mul(taken);
}

/** Plain TensorFlow.js operations, for every backend: products with one-hots, all variables and targets at once. */
export const plainTableSum: TableSumOps = {
  forward(input) {
    return tf.tidy(() => {
      const weighted = weightedRows(input);
      const sum: tf.Tensor = tf.matMul(weighted, input.table);
      const { bias } = input;
      return { sum: bias ? sum.add(bias.reshape([-1, 1, sum.shape[2]!])) : sum, forGradient: [weighted] };
    }) as { sum: tf.Tensor3D; forGradient: tf.Tensor[] };
  },
  gradient(dy, input) {
    const [weighted] = input.forGradient as [tf.Tensor3D];
    const table = tf.matMul(weighted, dy, true, false) as tf.Tensor3D;
    return { table, mask: input.mask && tf.tidy(() => maskGradient(dy, input)) };
  },
  inputGradients(dy, input) {
    return tf.tidy(() => {
      const { blocks } = input.layout;
      const weighted = input.forGradient[0] as tf.Tensor3D;
      const learning = input.inputs.flatMap(({ oneHot, first }, run) =>
        Array.from({ length: oneHot.shape[0] }, (_, v) => {
          const { offset, jacobianOffset, categories } = blocks[first + v]!;
          return { run, offset, count: categories, jacobianOffset };
        })
      );
      const gradients: tf.Tensor3D[] = [];
      for (const { members, rows, count } of equalBlocks(learning)) {
        const jacobianRows = members.flatMap((m) =>
          Array.from({ length: count * count }, (_, row) => learning[m]!.jacobianOffset + row)
        );
        const value = jacobianGradient(dy, {
          jacobian: pick(input.jacobian!, jacobianRows, 1),
          weighted: pick(weighted, rows, 2),
          categories: count,
        });
        // Members are in order, so those of a run are neighbours.
        const runs = [...Map.groupBy(members, (m) => learning[m]!.run)];
        const parts = runs.length === 1 ? [value] : tf.split(value, runs.map(([, { length }]) => length));
        runs.forEach(([run], k) => gradients[run] = parts[k] as tf.Tensor3D);
      }
      return gradients;
    });
  },
};

/** float32 [B, J, W]. */
function maskGradient(dy: tf.Tensor3D, { table, needed, layout, chosen: { taken } }: TableSumInput): tf.Tensor3D {
  const [targets, batch] = dy.shape;
  const { spread, maskWidth, rowCount } = layout;
  const byColumn = tf.matMul(dy, table, false, true).mul(taken!).reshape<tf.Tensor2D>([-1, rowCount])
    .matMul(spread, false, true).reshape<tf.Tensor3D>([targets, batch, maskWidth]);
  const passed = needed ? byColumn.mul<tf.Tensor3D>(needed.weights.reshape([targets, 1, maskWidth])) : byColumn;
  return passed.transpose([1, 0, 2]);
}

/**
 * Gradients of the one-hots of n variables of c categories: entry k of a one-hot is the sum over targets of the row's
 * weight times `⟨derivative along k at the row's category, dy⟩`.
 *
 * @param options.jacobian float32 [J, n·c², H].
 * @param options.weighted float32 [J, B, n·c].
 * @returns float32 [n, B, c].
 */
function jacobianGradient(
  dy: tf.Tensor3D,
  { jacobian, weighted, categories }: { jacobian: tf.Tensor3D; weighted: tf.Tensor3D; categories: number },
): tf.Tensor3D {
  const [targets, batch, rows] = weighted.shape;
  const along = tf.matMul(dy, jacobian, false, true).reshape([targets, batch * rows, categories])
    .mul(weighted.reshape([targets, batch * rows, 1]));
  return along.sum(0).reshape([batch, rows / categories, categories, categories]).sum(2).transpose([1, 0, 2]);
}
