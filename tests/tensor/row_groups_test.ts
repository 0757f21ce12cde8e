import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs";
import { useBackend } from "../../lib/tensor/backend.ts";
import { groupRows, sortRows, unsortRows } from "../../lib/tensor/ops/row_groups.ts";

for (const backend of ["cpu", "wasm"] as const) {
  Deno.test(`sortRows sorts rows by group and unsortRows puts them back on ${backend}`, async () => {
    await useBackend(backend);
    const rows = tf.tensor2d([[0], [1], [2], [3], [4]]);
    const groups = groupRows([2, 0, 2, 3, 0], { groupCount: 5 });
    assert.deepEqual(groups.counts, [2, 0, 2, 1, 0]);
    const sorted = sortRows(rows, groups);
    assert.deepEqual([...sorted.dataSync()], [1, 4, 0, 2, 3]);
    assert.deepEqual([...unsortRows(sorted, groups).dataSync()], [0, 1, 2, 3, 4]);
    // Row i's value is multiplied by its group's factor, then by i + 1.
    const factors = tf.tensor2d([[1], [1], [10], [10], [100]]);
    const gradient = tf.grad((x) =>
      unsortRows(sortRows(x as tf.Tensor2D, groups).mul(factors), groups)
        .mul(tf.tensor2d([[1], [2], [3], [4], [5]])).sum()
    )(rows);
    assert.deepEqual([...gradient.dataSync()], [10, 2, 30, 400, 5]);
  });
}
