import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs";
import { useBackend } from "../../../lib/tensor/backend.ts";
import { categoryRows } from "../../../lib/tensor/ops/category_rows.ts";
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
