import * as tf from "@tensorflow/tfjs";
import { oneHots } from "../one_hots.ts";
import type { TableMaxOps, TableMaxRows } from "./contract.ts";

/** Plain TensorFlow.js operations, for every backend: all targets and inputs at once. */
export const plainTableMax: TableMaxOps = {
  forward({ table, mask, ...places }) {
    const [targets, tableRows, width] = table.shape;
    const [inputs, batch] = places.rows.shape;
    return tf.tidy(() => {
      const firstRow = tf.range(0, targets).mul(tableRows).reshape([targets, 1, 1]);
      const rows = rowsOfPairs(places).add(firstRow).flatten().cast("int32") as tf.Tensor1D;
      const values = tf.gather(table.reshape([targets * tableRows, width]), rows)
        .reshape([targets, inputs, batch, width]);
      const isSeen = mask.transpose([1, 2, 0]).expandDims(3).greater(0.5);
      const seen = tf.where(isSeen, values, tf.scalar(-Infinity));
      return { maximum: seen.max(1) as tf.Tensor3D, winner: seen.argMax<tf.Tensor3D>(1) };
    });
  },

  tableGradient(dy, { winner, tableRows, ...places }) {
    const [targets, batch, width] = dy.shape;
    const inputs = places.rows.shape[0];
    // A product with one-hots, since sums of scattered rows run in any order on a GPU.
    return tf.tidy(() =>
      tf.matMul(
        oneHots(rowsOfPairs(places), tableRows).reshape([targets, inputs * batch, tableRows]),
        wonBy(dy, winner, { first: 0, count: inputs }).reshape([targets, inputs * batch, width]),
        true,
      ) as tf.Tensor3D
    );
  },

  inputGradient(dy, { winner, ...places }, { tensor, column, offset }) {
    const [targets, batch, width] = dy.shape;
    const [, count, categories] = tensor.shape as [number, number, number];
    const inputs = places.rows.shape[0];
    return tf.tidy(() => {
      const won = wonBy(dy, winner, { first: column, count }).reshape([targets * count, batch, width]);
      const jacobian = tensor.reshape([targets * count, categories * categories, width]);
      const firstRow = tf.range(0, count).mul(categories).add(offset).reshape([count, 1]);
      const category = rowsOfPairs(places).slice([0, column, 0], [targets, count, batch]).sub(firstRow);
      const gradient = tf.matMul(won, jacobian, false, true).reshape([-1, categories, categories])
        .mul(oneHots(category, categories).reshape([-1, categories, 1])).sum(1)
        .reshape([targets, count, batch, categories]);
      const isOwn = tf.eye(targets, inputs).slice([0, column], [targets, count]).reshape([targets, count, 1, 1]);
      return {
        own: gradient.mul(isOwn).sum(0) as tf.Tensor3D,
        others: gradient.mul(tf.sub(1, isOwn)).sum(0) as tf.Tensor3D,
      };
    });
  },
};

/** Row that each target's inputs take, [J, I, B]. As float32: backends reckon with int32 on the host. */
function rowsOfPairs({ rows, ownRows }: TableMaxRows): tf.Tensor {
  const isOwn = tf.eye(ownRows.shape[0], rows.shape[0]).expandDims(2);
  const all = rows.cast("float32").expandDims(0);
  return all.add(isOwn.mul(ownRows.cast("float32").expandDims(1).sub(all)));
}

/** `dy` where each of some inputs won and zero elsewhere, [J, count, B, H]. */
function wonBy(
  dy: tf.Tensor3D,
  winner: tf.Tensor3D,
  { first, count }: { first: number; count: number },
): tf.Tensor {
  const inputs = tf.range(first, first + count).reshape([1, count, 1, 1]);
  return winner.cast("float32").expandDims(1).equal(inputs).cast("float32").mul(dy.expandDims(1));
}
