import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs";
import { useBackend } from "../../../lib/tensor/backend.ts";
import { clampedLogSoftmax, logLikelihood } from "../../../lib/tensor/ops/softmax/log_softmax.ts";
import { assertClose, assertGradients, normals } from "../numeric.ts";
import { assertSameEverywhere } from "./fused_contract.ts";

const shapes = [[7, 5], [1], [4], [3, 2, 1], [10, 20, 5], [6, 50], [2, 3, 17], [5, 8]];

function logits(shape: number[], spread: number) {
  return { shape, values: normals(shape.length + 1, tf.util.sizeFromShape(shape)).map((x) => x * spread) };
}

function oneHots(shape: number[]) {
  const c = shape.at(-1)!;
  const values = new Float32Array(tf.util.sizeFromShape(shape));
  for (let row = 0; row < values.length / c; row++) values[row * c + (row * 7) % c] = 1;
  return { shape, values };
}

Deno.test("clampedLogSoftmax: value and gradient as plain operations on cpu, clamped ones included", async () => {
  for (const shape of shapes) {
    // Spread 30: many probabilities below 2^-23 or above 1 - 2^-23.
    for (const spread of [1, 30]) {
      await assertSameEverywhere({
        what: `clampedLogSoftmax [${shape}] ×${spread}`,
        inputs: [logits(shape, spread)],
        run: (z) => clampedLogSoftmax(z!),
      });
    }
  }
});

Deno.test("logLikelihood: value and gradients as plain operations on cpu", async () => {
  for (const shape of shapes) {
    for (const spread of [1, 30]) {
      for (const target of [oneHots(shape), logits(shape, 1)]) {
        await assertSameEverywhere({
          what: `logLikelihood [${shape}] ×${spread}`,
          inputs: [logits(shape, spread), target],
          run: (z, target) => logLikelihood(z!, target!),
        });
      }
    }
  }
});

Deno.test("clampedLogSoftmax and logLikelihood: gradients as finite differences", async () => {
  await useBackend("wasm");
  const inputs = [logits([6, 5], 1)];
  const weight = tf.tensor(normals(3, 30), [6, 5]);
  assertGradients((z) => clampedLogSoftmax(z!).mul(weight).sum() as tf.Scalar, { inputs });
  const target = tf.tensor(oneHots([6, 5]).values, [6, 5]);
  assertGradients((z) => logLikelihood(z!, target).sum() as tf.Scalar, { inputs });
});

Deno.test("clampedLogSoftmax: float64 values within two units in the last place or so", async () => {
  await useBackend("wasm");
  const values = normals(5, 5000).map((x) => 4 * x);
  const expected = new Float32Array(values.length);
  for (let row = 0; row < values.length; row += 5) {
    const z = Array.from(values.slice(row, row + 5));
    const total = Math.log(z.reduce((sum, x) => sum + Math.exp(x), 0));
    z.forEach((x, k) => expected[row + k] = Math.log(Math.min(Math.max(Math.exp(x - total), 2 ** -23), 1 - 2 ** -23)));
  }
  const actual = tf.tidy(() => clampedLogSoftmax(tf.tensor(values, [1000, 5])).dataSync());
  assertClose(actual, expected, { tolerance: 1e-6 });
});

Deno.test("clampedLogSoftmax: bounds, extremes and not-a-number", async () => {
  await useBackend("wasm");
  const of = (row: number[]) => [...tf.tidy(() => clampedLogSoftmax(tf.tensor1d(row)).dataSync())];
  const low = Math.fround(Math.log(2 ** -23));
  const high = Math.fround(Math.log(1 - 2 ** -23));
  assertClose(of([1000, 0, -1000]), [high, low, low], { tolerance: 1e-6 });
  assertClose(of([0, 0]), [-Math.LN2, -Math.LN2], { tolerance: 1e-6 });
  assertClose(of([0, -Infinity]), [high, low], { tolerance: 1e-6 });
  assert(of([0, NaN, 1]).every(Number.isNaN));
  const likelihood = tf.tidy(() => logLikelihood(tf.tensor1d([0, NaN, 1]), tf.tensor1d([1, 0, 0])).dataSync()[0]!);
  assert(Number.isNaN(likelihood));
});

Deno.test("logLikelihood: shapes that differ are refused", async () => {
  await useBackend("wasm");
  assert.throws(() => logLikelihood(tf.ones([2, 3]), tf.ones([3])), TypeError);
});
