import * as tf from "@tensorflow/tfjs";
import type { CategoryRowsOps } from "./contract.ts";

/** In plain TensorFlow.js operations, for every backend. */
export const plainRows: CategoryRowsOps = {
  categoryRows: ({ oneHot, offsets }) => oneHot.argMax(-1).add(offsets),
  chosenRows(runs) {
    const batch = runs[0]!.oneHot.shape[1];
    const columns = runs.map(({ oneHot }) => {
      const [count, , categories] = oneHot.shape;
      const bySample = count === 1 ? oneHot : oneHot.transpose([1, 0, 2]);
      return bySample.reshape<tf.Tensor2D>([batch, count * categories]);
    });
    return { batch, rows: null, taken: columns.length === 1 ? columns[0]! : tf.concat(columns, 1) };
  },
};
