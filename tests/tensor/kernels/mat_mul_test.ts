import assert from "node:assert/strict";
import fc from "fast-check";
import * as tf from "@tensorflow/tfjs";
import { useBackend } from "../../../lib/tensor/backend.ts";
import { installKernels, kernelsInUse } from "../../../lib/tensor/kernels/install.ts";
import { kernelBuilds } from "../../../lib/tensor/kernels/kernel_module.ts";
import { assertClose, assertGradients, normals, normalTensor, valuesOn } from "../numeric.ts";

interface Case {
  readonly batchA: number[];
  readonly batchB: number[];
  readonly m: number;
  readonly n: number;
  readonly k: number;
  readonly transposeA: boolean;
  readonly transposeB: boolean;
  readonly seed: number;
}

// Edges of tiles (4, 8), of the few-rows limit (16) and of the blocks (128, 256, 512).
const size = fc.oneof(
  { weight: 3, arbitrary: fc.integer({ min: 0, max: 40 }) },
  { weight: 1, arbitrary: fc.constantFrom(1, 4, 8, 16, 17, 127, 128, 129, 255, 256, 257, 300) },
);
const batches = fc.constantFrom<[number[], number[]]>(
  [[], []],
  [[3], [3]],
  [[3], []],
  [[], [3]],
  [[1], [3]],
  [[3], [1]],
  [[2, 1], [1, 3]],
  [[2, 3], [3]],
  [[2, 3], [2, 3]],
  [[1, 3], [2, 1]],
  [[0], [0]],
);
const cases = fc.record({
  batches,
  m: size,
  n: size,
  k: size,
  transposeA: fc.boolean(),
  transposeB: fc.boolean(),
  seed: fc.integer({ min: 0, max: 1e6 }),
}).map(({ batches: [batchA, batchB], ...rest }): Case => ({ batchA, batchB, ...rest }));

function operands(c: Case): { a: tf.Tensor; b: tf.Tensor } {
  const a = normalTensor(c.seed, [...c.batchA, ...(c.transposeA ? [c.k, c.m] : [c.m, c.k])]);
  const b = normalTensor(c.seed + 1, [...c.batchB, ...(c.transposeB ? [c.n, c.k] : [c.k, c.n])]);
  return { a, b };
}

function product(c: Case): tf.Tensor {
  const { a, b } = operands(c);
  return tf.matMul(a, b, c.transposeA, c.transposeB);
}

/** The definition, in float64 until the end. */
function expectedProduct(c: Case): Float32Array {
  const batch = tf.broadcast_util.assertAndGetBroadcastShape(c.batchA, c.batchB);
  const { a, b } = operands(c);
  const rows = (x: tf.Tensor, transpose: boolean) => {
    const last = x.rank - 1;
    const order = [...x.shape.keys()];
    if (transpose) [order[last], order[last - 1]] = [last - 1, last];
    const straight = tf.transpose(x, order);
    return tf.broadcastTo(straight, [...batch, ...straight.shape.slice(-2)]).dataSync();
  };
  const count = tf.util.sizeFromShape(batch);
  const result = new Float32Array(count * c.m * c.n);
  if (result.length === 0) return result;
  const left = c.k > 0 ? rows(a, c.transposeA) : [];
  const right = c.k > 0 ? rows(b, c.transposeB) : [];
  for (let i = 0; i < count; i++) {
    for (let row = 0; row < c.m; row++) {
      for (let column = 0; column < c.n; column++) {
        let sum = 0;
        for (let p = 0; p < c.k; p++) {
          sum += left[(i * c.m + row) * c.k + p]! * right[(i * c.k + p) * c.n + column]!;
        }
        result[(i * c.m + row) * c.n + column] = sum;
      }
    }
  }
  return result;
}

for (const build of kernelBuilds) {
  Deno.test(`matMul (${build}): every shape, transpose and batch broadcast`, async () => {
    await useBackend("wasm");
    await installKernels(build);
    assert.equal(kernelsInUse(), build);
    const before = tf.memory().numTensors;
    fc.assert(
      fc.property(cases, (c) => {
        tf.tidy(() => {
          const actual = product(c);
          const batch = tf.broadcast_util.assertAndGetBroadcastShape(c.batchA, c.batchB);
          assert.deepEqual(actual.shape, [...batch, c.m, c.n]);
          assertClose(actual.dataSync(), expectedProduct(c), { tolerance: 2e-5 });
        });
      }),
      { numRuns: 400, seed: 1 },
    );
    assert.equal(tf.memory().numTensors, before);
  });

  Deno.test(`fused.matMul (${build}): bias and activations as on the cpu backend`, async () => {
    const activations = ["linear", "relu", "relu6", "elu", "leakyrelu", "sigmoid", "prelu"] as const;
    for (const activation of activations) {
      for (const [m, k, n] of [[5, 7, 9], [1, 300, 13], [40, 3, 1], [16, 257, 8], [4, 0, 6], [33, 20, 24]] as const) {
        for (const biasShape of [null, [n], [1], [m, n]]) {
          const compute = () => [tf.fused.matMul({
            a: normalTensor(1, [m, k]),
            b: normalTensor(2, [k, n]),
            ...(biasShape ? { bias: normalTensor(3, biasShape) } : {}),
            activation,
            leakyreluAlpha: 0.3,
            ...(activation === "prelu" ? { preluActivationWeights: normalTensor(4, [m, n]) } : {}),
          })];
          // The cpu backend cannot multiply with k = 0.
          if (k === 0 && activation === "prelu") continue;
          const [expected] = await valuesOn("cpu", compute);
          await useBackend("wasm");
          await installKernels(build);
          const [actual] = await valuesOn("wasm", compute);
          assertClose(actual!, expected!, { tolerance: 2e-5, what: `${activation} ${m},${k},${n} ${biasShape}` });
        }
      }
    }
  });
}

Deno.test("matMul: gradients as on the cpu backend and as finite differences", async () => {
  const sizes = [[3, 5, 7], [4, 8, 8], [17, 1, 2], [1, 9, 1]] as const;
  for (const [m, k, n] of sizes) {
    for (const [transposeA, transposeB] of [[false, false], [false, true], [true, false], [true, true]]) {
      const inputs = [transposeA ? [2, k, m] : [2, m, k], transposeB ? [2, n, k] : [2, k, n], [2, m, n]]
        .map((shape, seed) => ({ shape, values: normals(seed, tf.util.sizeFromShape(shape)) }));
      const f = (...[a, b, weight]: tf.Tensor[]) =>
        tf.sum(tf.mul(tf.matMul(a!, b!, transposeA, transposeB), weight!)) as tf.Scalar;
      const compute = () => tf.grads(f)(inputs.map(({ shape, values }) => tf.tensor(values, shape)));
      const expected = await valuesOn("cpu", compute);
      const actual = await valuesOn("wasm", compute);
      actual.forEach((gradient, i) => assertClose(gradient, expected[i]!, { tolerance: 1e-5 }));
      assertGradients(f, { inputs });
    }
  }
});

Deno.test("matMul: a row does not depend on the rows beside it", async () => {
  await useBackend("wasm");
  for (const [k, n] of [[1024, 33], [300, 8], [5, 128], [257, 1]] as const) {
    for (const transposeB of [false, true]) {
      const rows = 37;
      const a = normalTensor(1, [rows, k]);
      const b = normalTensor(2, transposeB ? [n, k] : [k, n]);
      const together = tf.matMul(a, b, false, transposeB).dataSync();
      for (const count of [1, 2, 16, 17]) {
        const part = tf.tidy(() => tf.matMul(tf.slice(a, [3, 0], [count, k]), b, false, transposeB).dataSync());
        assert.deepEqual(part, together.slice(3 * n, (3 + count) * n));
      }
      tf.dispose([a, b]);
    }
  }
});

Deno.test("matMul: not-a-number and infinity stay in their row and column", async () => {
  await useBackend("wasm");
  const a = normalTensor(1, [9, 11]);
  const values = a.dataSync();
  values[4 * 11 + 2] = NaN;
  values[7 * 11 + 3] = Infinity;
  const result = tf.fused.matMul({ a: tf.tensor(values, [9, 11]), b: normalTensor(2, [11, 10]), activation: "relu" });
  result.dataSync().forEach((value, i) => {
    const row = Math.floor(i / 10);
    if (row === 4) assert(Number.isNaN(value));
    else if (row !== 7) assert(Number.isFinite(value));
  });
});

Deno.test("matMul: neither tensors nor the heap grow over 1000 calls", async () => {
  await useBackend("wasm");
  const backend = tf.backend() as unknown as { wasm: { asm: { memory: WebAssembly.Memory } } };
  const a = normalTensor(1, [3, 40, 50]);
  const b = normalTensor(2, [3, 50, 60]);
  const gradient = tf.grads((x: tf.Tensor, y: tf.Tensor) => tf.sum(tf.matMul(x, y)) as tf.Scalar);
  const step = () => tf.dispose(tf.tidy(() => gradient([a, b])));
  for (let i = 0; i < 10; i++) step();
  const tensors = tf.memory().numTensors;
  const bytes = backend.wasm.asm.memory.buffer.byteLength;
  for (let i = 0; i < 1000; i++) step();
  assert.equal(tf.memory().numTensors, tensors);
  assert.equal(backend.wasm.asm.memory.buffer.byteLength, bytes);
});

Deno.test("matMul: right while the heap grows", async () => {
  await useBackend("wasm");
  const held: tf.Tensor[] = [];
  const a = normalTensor(1, [20, 30]);
  const b = normalTensor(2, [30, 20]);
  const expected = tf.matMul(a, b).dataSync();
  for (let i = 0; i < 20; i++) {
    held.push(tf.zeros([1 << 20]));
    assert.deepEqual(tf.tidy(() => tf.matMul(a, b).dataSync()), expected);
  }
  tf.dispose(held);
});

Deno.test("matMul: other types are refused", async () => {
  await useBackend("wasm");
  assert.throws(() => tf.matMul(tf.ones([2, 2], "int32"), tf.ones([2, 2], "int32")), TypeError);
});
