import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs";
import { useBackend } from "../../../lib/tensor/backend.ts";
import { forcePlainOperations } from "../../../lib/tensor/kernels/either_of.ts";
import { categoryRows, chosenRows } from "../../../lib/tensor/ops/category_rows/category_rows.ts";
import { normalTensor } from "../numeric.ts";

for (const backend of ["cpu", "wasm"] as const) {
  Deno.test(`categoryRows adds the index of the largest entry to the variable's first row on ${backend}`, async () => {
    await useBackend(backend);
    tf.tidy(() => {
      const oneHot = tf.tensor3d([[[1, 0, 0], [0, 0, 1]], [[0, 1, 0], [0, 0, 0]]]);
      const rows = categoryRows(oneHot, tf.tensor2d([[0], [3]], undefined, "int32"));
      assert.equal(rows.dtype, "int32");
      assert.deepEqual(rows.arraySync(), [[0, 2], [4, 3]]);
      const any = normalTensor(1, [3, 50, 7]) as tf.Tensor3D;
      const offsets = tf.tensor2d([[5], [0], [9]], undefined, "int32");
      assert.deepEqual(categoryRows(any, offsets).arraySync(), any.argMax(-1).add(offsets).arraySync());
    });
  });
}

Deno.test("chosenRows of kernels and of plain operations say the same", async () => {
  await useBackend("wasm");
  tf.tidy(() => {
    const runs = [
      {
        oneHot: tf.tensor3d([[[1, 0, 0], [0, 0, 1]], [[0, 1, 0], [0, 1, 0]]]),
        offsets: tf.tensor2d([0, 3], [2, 1], "int32"),
      },
      { oneHot: tf.tensor3d([[[0, 1], [1, 0]]]), offsets: tf.tensor2d([6], [1, 1], "int32") },
    ];
    const indices = chosenRows(runs);
    forcePlainOperations(true);
    const oneHots = chosenRows(runs);
    forcePlainOperations(false);
    assert.deepEqual([indices.batch, oneHots.batch, indices.taken, oneHots.rows], [2, 2, null, null]);
    assert.deepEqual(indices.rows!.arraySync(), [[0, 2], [4, 4], [7, 6]]);
    assert.deepEqual(oneHots.taken!.arraySync(), [[1, 0, 0, 0, 1, 0, 0, 1], [0, 0, 1, 0, 1, 0, 1, 0]]);
  });
});
