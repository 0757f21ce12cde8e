import * as tf from "@tensorflow/tfjs";
import type { JacobianOps } from "./contract.ts";

/** In plain TensorFlow.js operations, for every backend. */
export const plainJacobian: JacobianOps = {
  forward: (directions, { layout: { points, directions: rows }, network: { values, weights } }) =>
    tf.tidy(() =>
      values.reduce<tf.Tensor2D>((jacobian, value, l) => {
        const before = l === 0 ? jacobian : tf.matMul(jacobian, weights[l - 1]!);
        return before.mul(tf.gather(value.step(), points));
      }, tf.gather(directions, rows))
    ),

  /** Loops on the host, for backends whose tensors can be read at once. */
  products(dy, { jacobian, layout, points, batch }) {
    const rows = points.shape[1];
    const width = dy.shape[1];
    const [deltas, jacobianValues] = [dy.dataSync<"float32">(), jacobian.dataSync<"float32">()];
    const [first, columns] = [layout.first.dataSync<"int32">(), layout.columns.dataSync<"int32">()];
    const out = new Float32Array(batch * layout.columnCount);
    points.dataSync<"int32">().forEach((point, entry) => {
      if (point >= first.length - 1) return;
      const row = entry % rows;
      for (let s = first[point]!; s < first[point + 1]!; s++) {
        let sum = 0;
        for (let h = 0; h < width; h++) sum += deltas[row * width + h]! * jacobianValues[s * width + h]!;
        out[(row % batch) * layout.columnCount + columns[s]!]! += sum;
      }
    });
    return tf.tensor2d(out, [batch, layout.columnCount]);
  },
};
