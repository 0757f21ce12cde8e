import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs";
import { useBackend } from "../../../lib/tensor/backend.ts";
import { gatherSum } from "../../../lib/tensor/ops/gather_sum/gather_sum.ts";
import { normals } from "../numeric.ts";
import { assertSameEverywhere } from "./fused_contract.ts";

for (const backend of ["cpu", "wasm"] as const) {
  Deno.test(`gatherSum adds up rows, a row twice where it is named twice, on ${backend}`, async () => {
    await useBackend(backend);
    tf.tidy(() => {
      const table = tf.tensor2d([[1, 10], [2, 20], [4, 40]]);
      const index = tf.tensor2d([[0, 2, 1, 0], [1, 2, 0, 0]], [2, 4], "int32");
      assert.deepEqual(gatherSum(table, index).arraySync(), [[3, 30], [8, 80], [3, 30], [2, 20]]);
      const weight = tf.tensor2d([[1, 0], [2, 0], [3, 1], [5, 0]]);
      const gradient = tf.grad((x: tf.Tensor) => gatherSum(x as tf.Tensor2D, index).mul(weight).sum())(table);
      assert.deepEqual(gradient.arraySync(), [[14, 1], [4, 1], [4, 0]]);
    });
  });
}

for (const width of [1, 7, 16, 45]) {
  Deno.test(`gatherSum of width ${width} has the values and gradients of plain operations`, async () => {
    const [rows, terms, batch] = [11, 5, 9];
    const index = Array.from({ length: terms * batch }, (_, k) => (k * k + 3 * k) % rows);
    await assertSameEverywhere({
      what: `gatherSum ${width}`,
      inputs: [{ shape: [rows, width], values: normals(width, rows * width) }],
      run: (table) => gatherSum(table as tf.Tensor2D, tf.tensor2d(index, [terms, batch], "int32")),
    });
  });
}
