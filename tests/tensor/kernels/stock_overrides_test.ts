import assert from "node:assert/strict";
import fc from "fast-check";
import * as tf from "@tensorflow/tfjs";
import { useBackend } from "../../../lib/tensor/backend.ts";
import { installKernels } from "../../../lib/tensor/kernels/install.ts";
import { kernelBuilds } from "../../../lib/tensor/kernels/kernel_module.ts";
import { assertClose, normals, normalTensor, valuesOn } from "../numeric.ts";

Deno.test("sum: any axes and sizes as on the cpu backend, with gradient", async () => {
  await useBackend("wasm");
  const cases = fc.sample(
    fc.record({
      shape: fc.array(fc.oneof(fc.integer({ min: 1, max: 20 }), fc.constantFrom(1, 33, 64)), { maxLength: 4 }),
      chosen: fc.array(fc.boolean(), { minLength: 4, maxLength: 4 }),
      keepDims: fc.boolean(),
    }),
    { numRuns: 150, seed: 3 },
  );
  for (const { shape, chosen, keepDims } of cases) {
    if (tf.util.sizeFromShape(shape) > 100_000) continue;
    const axes = [...shape.keys()].filter((i) => chosen[i]).map((i) => i % 2 ? i - shape.length : i);
    for (const axis of [axes, undefined]) {
      const compute = () => {
        const x = normalTensor(1, shape);
        const sum = (x: tf.Tensor) => tf.sum(x, axis, keepDims);
        const value = sum(x);
        assert.deepEqual(value.rank, keepDims ? shape.length : shape.length - (axis ?? shape).length);
        return [value, tf.grad((x: tf.Tensor) => sum(x).square().sum())(x)];
      };
      const expected = await valuesOn("cpu", compute);
      for (const build of kernelBuilds) {
        await useBackend("wasm");
        await installKernels(build);
        const results = tf.tidy(compute);
        results.forEach((result, i) => {
          assertClose(result.dataSync(), expected[i]!, { tolerance: 1e-4, what: `[${shape}] over ${axis}` });
        });
        tf.dispose(results);
      }
    }
  }
});

Deno.test("sum: int32 and bool, empty tensors, axes apart", async () => {
  await useBackend("wasm");
  assert.deepEqual([...tf.sum(tf.tensor2d([[1, 2], [3, 4]], [2, 2], "int32"), 0).dataSync()], [4, 6]);
  assert.equal(tf.sum(tf.tensor1d([true, false, true], "bool")).dataSync()[0], 2);
  assert.deepEqual([...tf.sum(tf.zeros([3, 0]), 1).dataSync()], [0, 0, 0]);
  assert.deepEqual([...tf.sum(tf.ones([2, 3, 4]), [0, 2]).dataSync()], [8, 8, 8]);
});

Deno.test("sum: a million equal numbers lose nothing that float32 can hold", async () => {
  await useBackend("wasm");
  const sum = tf.tidy(() => tf.fill([1 << 20], 0.1).sum().dataSync()[0]!);
  assert(Math.abs(sum / (Math.fround(0.1) * (1 << 20)) - 1) < 1e-6);
});

Deno.test("clone: shares numbers, lives on its own, and survives assignment", async () => {
  await useBackend("wasm");
  const values = normals(1, 10);
  const x = tf.tensor1d(values);
  const copy = x.clone();
  x.dispose();
  assert.deepEqual(copy.dataSync(), values);
  const variable = tf.variable(copy);
  const before = variable.clone();
  variable.assign(tf.zeros([10]));
  assert.deepEqual(before.dataSync(), values);
  assert.deepEqual(copy.dataSync(), values);
  const count = tf.memory().numTensors;
  for (let i = 0; i < 1000; i++) copy.clone().dispose();
  assert.equal(tf.memory().numTensors, count);
  assert.deepEqual(copy.dataSync(), values);
  const text = tf.tensor1d(["a", "b"]);
  assert.deepEqual(text.clone().dataSync() as unknown, ["a", "b"]);
});

Deno.test("oneHot: float32 numbers, not bits; outside indices give no one; as on the cpu backend", async () => {
  const compute = () => {
    const indices = tf.tensor2d([[0, 2], [4, -1], [3, 7]], [3, 2], "int32");
    return [
      tf.oneHot(indices, 5, 1, 0, "float32"),
      tf.oneHot(indices, 5, 0.9, 0.1, "float32"),
      tf.oneHot(indices, 5, 1, 0, "int32"),
    ];
  };
  const expected = await valuesOn("cpu", compute);
  const actual = await valuesOn("wasm", compute);
  assert.deepEqual(actual, expected);
});

Deno.test("gather: rows of all sizes and types as on the cpu backend, also along other axes", async () => {
  const compute = () => {
    const indices = tf.tensor1d([3, 0, 3, 1], "int32");
    const numbers = [[4], [4, 1], [4, 15], [4, 16], [4, 3, 9], [4, 0]].map((shape) => normalTensor(1, shape));
    return [
      ...numbers.map((x) => tf.gather(x, indices)),
      tf.gather(normalTensor(2, [5, 4]), indices, 1),
      tf.gather(normalTensor(2, [5, 4]), indices, -1),
      tf.gather(normalTensor(2, [5, 4]), tf.tensor2d([[4, 2], [0, 1]], [2, 2], "int32")),
      tf.gather(normalTensor(2, [2, 4, 5]), tf.tensor2d([[3, 2], [0, 1]], [2, 2], "int32"), 1, 1),
      tf.gather(tf.tensor1d([1 << 30, -7, 8, 3], "int32"), indices),
      tf.gather(tf.tensor1d([true, false, false, true], "bool"), indices),
      tf.gather(normalTensor(3, [4, 20]), tf.tensor1d([], "int32")),
    ];
  };
  const expected = await valuesOn("cpu", compute);
  const actual = await valuesOn("wasm", compute);
  assert.deepEqual(actual, expected);
  const shapes = tf.tidy(() => compute().map((result) => result.shape));
  assert.deepEqual(shapes.slice(4, 9), [[4, 3, 9], [4, 0], [5, 4], [5, 4], [2, 2, 4]]);
});

Deno.test("gather: refuses rows that are not there with a sentence", async () => {
  await useBackend("wasm");
  for (const row of [-1, 4]) {
    assert.throws(
      () => tf.gather(tf.zeros([4, 2]), tf.tensor1d([0, row], "int32")),
      { name: "RangeError", message: `Cannot gather rows: no such row, expected one in [0, 4), got ${row}` },
    );
  }
});

Deno.test("gather: gradients on wasm as on the cpu backend", async () => {
  for (const [shape, axis] of [[[7], 0], [[7, 5], 0], [[4, 7, 3], 1], [[4, 7], 1]] as const) {
    const compute = () => {
      const x = normalTensor(1, [...shape]);
      const indices = tf.tensor1d([0, 6, 2, 2, 2], "int32");
      return [tf.grad((x: tf.Tensor) => tf.gather(x, indices, axis).square().sum())(x)];
    };
    const [expected] = await valuesOn("cpu", compute);
    const [actual] = await valuesOn("wasm", compute);
    assertClose(actual!, expected!, { tolerance: 1e-6 });
  }
});

Deno.test("matMul: gradients with broadcast batch axes are those of the tiled operands, on both backends", async () => {
  const shapes = [
    [[3, 4, 5], [5, 2]],
    [[4, 5], [3, 5, 2]],
    [[1, 4, 5], [3, 5, 2]],
    [[2, 1, 4, 5], [3, 5, 2]],
    [[2, 3, 4, 5], [2, 3, 5, 2]],
  ];
  for (const backend of ["cpu", "wasm"] as const) {
    await useBackend(backend);
    for (const [a, b] of shapes as [number[], number[]][]) {
      // The cpu backend multiplies wrongly where both sides are broadcast.
      if (backend === "cpu" && a.length === 4 && b.length === 3) continue;
      const batch = tf.broadcast_util.assertAndGetBroadcastShape(a.slice(0, -2), b.slice(0, -2));
      const tiled = (x: tf.Tensor) => tf.broadcastTo(x, [...batch, ...x.shape.slice(-2)]);
      const gradients = (multiply: (x: tf.Tensor, y: tf.Tensor) => tf.Tensor) =>
        tf.tidy(() =>
          tf.grads((x: tf.Tensor, y: tf.Tensor) => multiply(x, y).square().sum())([
            normalTensor(1, a),
            normalTensor(2, b),
          ]).map((gradient) => ({ shape: gradient.shape, values: gradient.dataSync() }))
        );
      const actual = gradients((x, y) => tf.matMul(x, y));
      const expected = gradients((x, y) => tf.matMul(tiled(x), tiled(y)));
      actual.forEach(({ shape, values }, i) => {
        assert.deepEqual(shape, expected[i]!.shape);
        assertClose(values, expected[i]!.values, { tolerance: 1e-5, what: `${backend} [${a}]·[${b}], gradient ${i}` });
      });
    }
  }
});
