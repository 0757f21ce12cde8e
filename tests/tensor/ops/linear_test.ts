import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs";
import { useBackend } from "../../../lib/tensor/backend.ts";
import { linear } from "../../../lib/tensor/ops/linear/linear.ts";
import { assertGradients, normals, normalTensor } from "../numeric.ts";
import { assertSameEverywhere } from "./fused_contract.ts";

function inputsOf(shapes: number[][]) {
  return shapes.map((shape, i) => ({ shape, values: normals(7 * i + shape.length, tf.util.sizeFromShape(shape)) }));
}

const shapes = [
  [[3, 17, 5], [3, 5, 9], [3, 1, 9]],
  [[1, 1, 1], [1, 1, 1], [1, 1, 1]],
  [[2, 4, 8], [2, 8, 8], [2, 1, 8]],
  [[10, 33, 30], [10, 30, 5], [10, 1, 5]],
  [[17, 5], [5, 9], [9]],
  [[1, 300], [300, 3], [3]],
  [[40, 7], [7, 1], [1]],
  [[9, 7], [4, 7, 6], [4, 1, 6]],
];

for (const activation of ["linear", "relu"] as const) {
  Deno.test(`linear (${activation}): value and gradients as plain operations on cpu`, async () => {
    for (const [x, w, b] of shapes as [number[], number[], number[]][]) {
      const layer = { activation };
      await assertSameEverywhere({
        what: `linear ${x}·${w}+${b}`,
        inputs: inputsOf([x, w, b]),
        run: (x, weight, bias) => linear(x!, { weight: weight!, bias: bias! }, layer),
      });
      await assertSameEverywhere({
        what: `linear ${x}·${w}`,
        inputs: inputsOf([x, w]),
        run: (x, weight) => linear(x!, { weight: weight!, bias: null }, layer),
      });
    }
  });
}

Deno.test("linear: gradients as finite differences", async () => {
  await useBackend("wasm");
  for (const [x, w, b] of shapes as [number[], number[], number[]][]) {
    // Squares, so that the gradient depends on the value; no ReLU, which has a corner.
    const f = (...[x, weight, bias]: tf.Tensor[]) =>
      linear(x!, { weight: weight!, bias: bias! }).square().mean() as tf.Scalar;
    assertGradients(f, { inputs: inputsOf([x, w, b]) });
  }
});

Deno.test("linear: the hand calculation of a ReLU layer and its gradients", async () => {
  await useBackend("wasm");
  const x = tf.tensor2d([[1, 2], [-1, 0]]);
  const weight = tf.tensor2d([[1, -1], [2, 1]]);
  const bias = tf.tensor1d([0.5, 0.5]);
  // Before ReLU: [[5.5, 1.5], [-0.5, 1.5]].
  assert.deepEqual([...linear(x, { weight, bias }, { activation: "relu" }).dataSync()], [5.5, 1.5, 0, 1.5]);
  const f = (x: tf.Tensor, weight: tf.Tensor, bias: tf.Tensor) =>
    linear(x, { weight, bias }, { activation: "relu" }).sum() as tf.Scalar;
  const [dx, dWeight, dBias] = tf.grads(f)([x, weight, bias]);
  assert.deepEqual([...dx!.dataSync()], [0, 3, -1, 1]);
  assert.deepEqual([...dWeight!.dataSync()], [1, 0, 2, 2]);
  assert.deepEqual([...dBias!.dataSync()], [1, 2]);
});

Deno.test("linear: shapes that do not fit are refused", async () => {
  await useBackend("wasm");
  for (
    const [x, w, b] of [
      [[2, 3], [4, 5], [5]],
      [[2, 3], [3, 5], [4]],
      [[2, 3, 4], [3, 4, 5], [3, 1, 5]],
      [[2, 3, 4], [2, 4, 5], [2, 5]],
      [[2, 3, 4], [4, 5], [5]],
    ] as [number[], number[], number[]][]
  ) {
    const layer = { weight: normalTensor(1, w), bias: normalTensor(2, b) };
    assert.throws(() => linear(normalTensor(3, x), layer), TypeError);
  }
});
