import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs";
import { useBackend } from "../../lib/tensor/backend.ts";
import { groupRows, joinGroups, splitGroups } from "../../lib/tensor/row_groups.ts";

for (const backend of ["cpu", "wasm"] as const) {
  Deno.test(`splitGroups sorts rows by group and joinGroups puts them back on ${backend}`, async () => {
    await useBackend(backend);
    const rows = tf.tensor2d([[0], [1], [2], [3], [4]]);
    const parts = (x: tf.Tensor2D) => {
      const groups = groupRows([2, 0, 2, 3, 0], { groupCount: 5 });
      return { groups, parts: splitGroups(x, groups) };
    };
    const split = parts(rows);
    assert.deepEqual(split.groups.groups, [{ index: 0, size: 2 }, { index: 2, size: 2 }, { index: 3, size: 1 }]);
    assert.deepEqual(split.parts.map((part) => [...part.dataSync()]), [[1, 4], [0, 2], [3]]);
    assert.deepEqual([...joinGroups(split.parts, split.groups).dataSync()], [0, 1, 2, 3, 4]);
    // Row i's value is multiplied by 10 to the power of its group's place, then by i + 1.
    const gradient = tf.grad((x) => {
      const { groups, parts: pieces } = parts(x as tf.Tensor2D);
      const scaled = pieces.map((piece, g) => piece.mul<tf.Tensor2D>(10 ** g));
      return joinGroups(scaled, groups).mul(tf.tensor2d([[1], [2], [3], [4], [5]])).sum();
    })(rows);
    assert.deepEqual([...gradient.dataSync()], [10, 2, 30, 400, 5]);
  });
}
