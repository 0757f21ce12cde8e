import { deepEqual, equal, rejects } from "node:assert/strict";
import * as tf from "@tensorflow/tfjs";
import { useBackend } from "../../lib/tensor/backend.ts";
import { readScalars, readTensor, readTensorSync } from "../../lib/tensor/host.ts";

await useBackend("wasm");

Deno.test("readTensor, readTensorSync and readScalars copy numbers and free all that they made", async () => {
  const before = tf.memory().numTensors;
  deepEqual([...await readTensor(() => tf.tensor1d([1, 2]).add(1))], [2, 3]);
  deepEqual([...readTensorSync(() => tf.tensor1d([1, 2]).mul(2))], [2, 4]);
  deepEqual([...await readScalars([tf.scalar(3), tf.tensor1d([4])])], [3, 4]);
  equal(tf.memory().numTensors, before);
});

Deno.test("readScalars frees the scalars when they cannot be read", async () => {
  const before = tf.memory().numTensors;
  const [first, gone] = [tf.scalar(1), tf.scalar(2)];
  gone.dispose();
  await rejects(readScalars([first, gone]));
  equal(tf.memory().numTensors, before);
});
