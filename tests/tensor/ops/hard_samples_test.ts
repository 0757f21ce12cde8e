import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs";
import { useBackend } from "../../../lib/tensor/backend.ts";
import { argmaxOneHot, hardGumbelSigmoid, hardGumbelSoftmax } from "../../../lib/tensor/ops/softmax/hard_samples.ts";
import { assertClose, assertGradients, normals } from "../numeric.ts";
import { assertSameEverywhere } from "./fused_contract.ts";

const shapes = [[7, 5], [6, 1], [1], [2], [4], [3, 2, 3], [10, 20, 5], [6, 50], [2, 3, 17], [5, 8]];

function random(shape: number[], seed: number) {
  return { shape, values: normals(seed, tf.util.sizeFromShape(shape)) };
}

/** Uniforms in [1e-6, 1 - 1e-6], the ends included. */
function uniforms(shape: number[]) {
  const values = normals(9, tf.util.sizeFromShape(shape)).map((x) =>
    Math.min(Math.max(Math.abs(x) % 1, 1e-6), 1 - 1e-6)
  );
  values[0] = 1e-6;
  values[values.length - 1] = 1 - 1e-6;
  return { shape, values };
}

for (const temperature of [1, 0.4]) {
  Deno.test(`hardGumbelSoftmax (τ ${temperature}): value and gradient as plain operations on cpu`, async () => {
    for (const shape of shapes) {
      await assertSameEverywhere({
        what: `hardGumbelSoftmax [${shape}]`,
        inputs: [random(shape, 1), random(shape, 2)],
        differentiable: 1,
        run: (z, gumbel) => hardGumbelSoftmax(z!, gumbel!, { temperature }),
      });
    }
  });

  Deno.test(`hardGumbelSigmoid (τ ${temperature}): value and gradient as plain operations on cpu`, async () => {
    for (const shape of shapes) {
      await assertSameEverywhere({
        what: `hardGumbelSigmoid [${shape}]`,
        inputs: [random(shape, 1), uniforms(shape)],
        differentiable: 1,
        run: (z, uniform) => hardGumbelSigmoid(z!, uniform!, { temperature }),
      });
    }
  });

  Deno.test(`hard samples (τ ${temperature}): gradients are those of the soft values, by finite differences`, async () => {
    await useBackend("wasm");
    const shape = [6, 5];
    const z = random(shape, 1);
    const gumbel = tf.tensor(random(shape, 2).values, shape);
    const uniform = tf.tensor(uniforms(shape).values, shape);
    const weight = tf.tensor(random(shape, 3).values, shape);
    const soft: [string, (z: tf.Tensor) => tf.Tensor, (z: tf.Tensor) => tf.Tensor][] = [
      [
        "softmax",
        (z) => hardGumbelSoftmax(z, gumbel, { temperature }),
        (z) => z.add(gumbel).div(temperature).softmax(),
      ],
      [
        "sigmoid",
        (z) => hardGumbelSigmoid(z, uniform, { temperature }),
        (z) => z.add(uniform.log()).sub(tf.sub(1, uniform).log()).div(temperature).sigmoid(),
      ],
    ];
    for (const [name, hard, smooth] of soft) {
      const smoothLoss = (z: tf.Tensor) => smooth(z).mul(weight).sum() as tf.Scalar;
      assertGradients((...[z]) => smoothLoss(z!), { inputs: [z] });
      const at = tf.tensor(z.values, shape);
      const expected = tf.grad(smoothLoss)(at).dataSync();
      const actual = tf.grad((z: tf.Tensor) => hard(z).mul(weight).sum())(at).dataSync();
      assertClose(actual, expected, { tolerance: 1e-5, what: name });
    }
  });
}

Deno.test("argmaxOneHot: the first of equals; gradient zero; as on cpu", async () => {
  for (const shape of shapes) {
    await assertSameEverywhere({
      what: `argmaxOneHot [${shape}]`,
      inputs: [random(shape, 1)],
      // A path beside the sample, so that all backends give a gradient.
      run: (z) => argmaxOneHot(z!).add(z!.mul(2)),
    });
  }
  await useBackend("wasm");
  const of = (row: number[]) => [...tf.tidy(() => argmaxOneHot(tf.tensor1d(row)).dataSync())];
  assert.deepEqual(of([1, 3, 3, 2]), [0, 1, 0, 0]);
  assert.deepEqual(of([-Infinity, -Infinity]), [1, 0]);
  assert.equal(tf.tidy(() => argmaxOneHot(tf.tensor1d([2, 1]))).dtype, "float32");
});

Deno.test("hard samples: no gradient reaches the noise, shapes must agree", async () => {
  await useBackend("wasm");
  const z = tf.tensor1d([1, 2, 3]);
  const noise = tf.tensor1d([0.1, 0.2, 0.9]);
  for (const sample of [hardGumbelSoftmax, hardGumbelSigmoid]) {
    const gradient = tf.grad((noise: tf.Tensor) => sample(z, noise).add(noise).sum())(noise);
    assert.deepEqual([...gradient.dataSync()], [1, 1, 1]);
    assert.throws(() => sample(z, tf.ones([2])), TypeError);
  }
});
