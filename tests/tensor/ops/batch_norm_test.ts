import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs";
import { useBackend } from "../../../lib/tensor/backend.ts";
import { forcePlainOperations } from "../../../lib/tensor/kernels/either_of.ts";
import { batchNormLeakyRelu, normaliseLeakyRelu } from "../../../lib/tensor/ops/batch_norm/batch_norm.ts";
import { type BatchNormWeights } from "../../../lib/tensor/ops/batch_norm/contract.ts";
import { assertClose, assertGradients, normals } from "../numeric.ts";
import { assertSameEverywhere } from "./fused_contract.ts";

const slope = 0.01;

/** Widths that are no multiple of a vector's four lanes, one row, and the paper's size. */
const shapes = [[7, 5], [2, 1], [1, 4], [6, 3], [33, 10], [256, 128]] as const;

function inputsOf([rows, width]: readonly [number, number]) {
  return [
    { shape: [rows, width], values: normals(1, rows * width).map((value, k) => 3 * value + k % width % 7) },
    { shape: [width], values: normals(2, width) },
    { shape: [width], values: normals(3, width) },
  ];
}

/** Applies it with running statistics that live as long as the call. */
function applied(x: tf.Tensor, scale: tf.Tensor, shift: tf.Tensor): tf.Tensor {
  const width = scale.shape[0]!;
  const mean: tf.Variable<tf.Rank.R1> = tf.variable(tf.zeros([width]));
  const variance: tf.Variable<tf.Rank.R1> = tf.variable(tf.ones([width]));
  const norm = { scale: scale.as1D(), shift: shift.as1D(), mean, variance };
  const value = batchNormLeakyRelu(x as tf.Tensor2D, norm, { slope });
  tf.dispose([mean, variance]);
  return value;
}

Deno.test("batchNormLeakyRelu: value and gradients as plain operations on cpu", async () => {
  for (const shape of shapes) {
    await assertSameEverywhere({
      what: `batchNormLeakyRelu [${shape}]`,
      inputs: inputsOf(shape),
      run: (x, scale, shift) => applied(x!, scale!, shift!),
      tolerance: 3e-5,
    });
  }
});

Deno.test("batchNormLeakyRelu: gradients as finite differences", async () => {
  await useBackend("wasm");
  const weight = tf.tensor(normals(4, 30), [6, 5]);
  assertGradients((...[x, scale, shift]) => applied(x!, scale!, shift!).mul(weight).sum() as tf.Scalar, {
    inputs: inputsOf([6, 5]),
  });
  weight.dispose();
});

for (const plain of [false, true]) {
  Deno.test(`batchNormLeakyRelu: moves the running statistics${plain ? ", plain operations" : ""}`, async () => {
    await useBackend("wasm");
    forcePlainOperations(plain);
    try {
      const x = tf.tensor2d([[1, 10], [3, 10], [8, 16]]);
      const norm = {
        scale: tf.tensor1d([2, 1]),
        shift: tf.tensor1d([0.5, -1]),
        mean: tf.variable(tf.tensor1d([1, 0])),
        variance: tf.variable(tf.tensor1d([4, 1])),
      };
      const value = batchNormLeakyRelu(x, norm, { slope });
      // Means 4 and 12; biased variances 26/3 and 8, unbiased 13 and 12.
      assertClose(norm.mean.dataSync(), [0.9 * 1 + 0.1 * 4, 0.1 * 12], { tolerance: 1e-6 });
      assertClose(norm.variance.dataSync(), [0.9 * 4 + 0.1 * 13, 0.9 * 1 + 0.1 * 12], { tolerance: 1e-6 });
      const column = [-3, -1, 4].map((centred) => 2 * centred / Math.sqrt(26 / 3 + 1e-5) + 0.5);
      const expected = column.map((each) => each < 0 ? slope * each : each);
      assertClose(value.slice([0, 0], [3, 1]).dataSync(), expected, { tolerance: 1e-5 });
      tf.dispose([x, value, norm.scale, norm.shift, norm.mean, norm.variance]);
    } finally {
      forcePlainOperations(false);
    }
  });
}

Deno.test("normaliseLeakyRelu: uses the running statistics and leaves them", async () => {
  await useBackend("wasm");
  const norm = {
    scale: tf.tensor1d([2]),
    shift: tf.tensor1d([1]),
    mean: tf.variable(tf.tensor1d([3])),
    variance: tf.variable(tf.tensor1d([4 - 1e-5])),
  };
  const value = tf.tidy(() => normaliseLeakyRelu(tf.tensor2d([[5], [0]]), norm, { slope }));
  assertClose(value.dataSync(), [3, slope * -2], { tolerance: 1e-6 });
  assert.deepEqual([...norm.mean.dataSync()], [3]);
  tf.dispose([value, norm.scale, norm.shift, norm.mean, norm.variance]);
});

Deno.test("batchNormLeakyRelu: a row of not-a-number does not hide, and widths that differ are refused", async () => {
  await useBackend("wasm");
  const norm = (width: number): BatchNormWeights => ({
    scale: tf.ones([width]),
    shift: tf.zeros([width]),
    mean: tf.variable(tf.zeros([width])),
    variance: tf.variable(tf.ones([width])),
  });
  const poisoned = batchNormLeakyRelu(tf.tensor2d([[NaN, 1], [2, 3]]), norm(2), { slope }).dataSync();
  assert.deepEqual([...poisoned].map(Number.isNaN), [true, false, true, false]);
  assert.throws(() => batchNormLeakyRelu(tf.ones([2, 3]), norm(2), { slope }), TypeError);
});
