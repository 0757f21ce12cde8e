import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs";
import { useBackend } from "../../../lib/tensor/backend.ts";
import { measureGemm } from "../../../lib/tensor/kernels/gemm_speed.ts";
import { systemBlasInUse, useSystemBlas, withSystemBlas } from "../../../lib/tensor/kernels/gemm.ts";
import { blasLibraryNames, findSystemBlas, openSystemBlas } from "../../../lib/tensor/kernels/system_blas.ts";
import { linear } from "../../../lib/tensor/ops/linear/linear.ts";
import { assertClose, normalTensor } from "../numeric.ts";
import { countingBlas, needsBlas } from "../system_blas.ts";

const { ignore, suffix } = needsBlas;

/** Values of a computation, inside an update with the system BLAS, and how many products went there. */
function withBlas(compute: () => tf.Tensor): { readonly values: Float32Array; readonly products: number } {
  const blas = countingBlas();
  useSystemBlas(blas);
  try {
    const values = tf.tidy(() => withSystemBlas(compute).dataSync()) as Float32Array;
    return { values, products: blas.count };
  } finally {
    useSystemBlas(null);
  }
}

function valuesOf(compute: () => tf.Tensor): Float32Array {
  return tf.tidy(() => compute().dataSync()) as Float32Array;
}

Deno.test("blasLibraryNames: every platform has its own", () => {
  assert.match(blasLibraryNames("linux").join(), /libopenblas\.so\.0/);
  assert.match(blasLibraryNames("darwin")[0]!, /Accelerate/);
  assert.match(blasLibraryNames("windows").join(), /openblas\.dll/);
});

Deno.test({
  name: "findSystemBlas: without --allow-ffi there is none, and the reason says so",
  permissions: { ffi: false, read: true, env: true },
  fn() {
    const { blas, reason } = findSystemBlas();
    assert.equal(blas, null);
    assert.match(reason, /--allow-ffi/);
  },
});

Deno.test("openSystemBlas: what is no BLAS is refused in one sentence", () => {
  assert.throws(() => openSystemBlas("libnothing.so.9"), {
    name: "RangeError",
    message:
      "Cannot use a system BLAS: libnothing.so.9 cannot be opened as a library with cblas_sgemm, expected auto, " +
      'off or a shared library such as libopenblas.so.0, got "libnothing.so.9"',
  });
});

Deno.test({
  name: `system BLAS: products agree with the own kernel within rounding${suffix}`,
  ignore,
  async fn() {
    await useBackend("wasm");
    const before = tf.memory().numTensors;
    for (const [m, n, k] of [[256, 128, 128], [33, 65, 129], [5, 128, 128], [300, 5, 100], [4, 256, 70]] as const) {
      for (const [transposeA, transposeB] of [[false, false], [false, true], [true, false], [true, true]]) {
        for (const batch of [[], [3]]) {
          const compute = () =>
            tf.matMul(
              normalTensor(1, [...batch, ...(transposeA ? [k, m] : [m, k])]),
              normalTensor(2, [...batch, ...(transposeB ? [n, k] : [k, n])]),
              ...[transposeA, transposeB] as const,
            );
          const { values, products } = withBlas(compute);
          assert.ok(products > 0, `${m},${n},${k} goes to the BLAS`);
          assertClose(values, valuesOf(compute), { tolerance: 2e-5 * Math.sqrt(k), what: `${m},${n},${k}` });
        }
      }
    }
    assert.equal(tf.memory().numTensors, before);
  },
});

Deno.test({
  name: `system BLAS: bias and activations come after, not-a-number stays${suffix}`,
  ignore,
  async fn() {
    await useBackend("wasm");
    for (const activation of ["linear", "relu", "relu6", "leakyrelu"] as const) {
      for (const n of [33, 64]) {
        const compute = () =>
          tf.fused.matMul({
            a: normalTensor(1, [40, 64]),
            b: normalTensor(2, [64, n]),
            bias: normalTensor(3, [n]) as tf.Tensor1D,
            activation,
            leakyreluAlpha: 0.3,
          });
        const { values, products } = withBlas(compute);
        assert.equal(products, 1);
        assertClose(values, valuesOf(compute), { tolerance: 1e-4, what: activation });
      }
    }
    const stack = () =>
      linear(
        normalTensor(1, [3, 64, 64]),
        { weight: normalTensor(2, [3, 64, 32]), bias: normalTensor(3, [3, 1, 32]) },
        {
          activation: "relu",
        },
      );
    const { values, products } = withBlas(stack);
    assert.equal(products, 3);
    assertClose(values, valuesOf(stack), { tolerance: 1e-4 });
    const broken = withBlas(() => tf.matMul(tf.fill([64, 64], NaN), tf.ones([64, 64]))).values;
    assert.ok(broken.every(Number.isNaN));
  },
});

Deno.test({
  name: `system BLAS: the same bits wherever the numbers lie, also after the heap has grown${suffix}`,
  ignore,
  async fn() {
    await useBackend("wasm");
    const compute = () => tf.matMul(normalTensor(1, [100, 130]), normalTensor(2, [130, 70]));
    const first = withBlas(compute).values;
    const held: tf.Tensor[] = [];
    for (let i = 1; i < 20; i++) {
      held.push(tf.zeros([i]), tf.zeros([1 << 20]));
      assert.deepEqual(withBlas(compute).values, first);
    }
    tf.dispose(held);
  },
});

Deno.test({
  name: `system BLAS: outside of updates, and for small products, the own kernel computes${suffix}`,
  ignore,
  async fn() {
    await useBackend("wasm");
    const large = () => tf.matMul(normalTensor(1, [100, 130]), normalTensor(2, [130, 70]));
    const expected = valuesOf(large);
    const blas = countingBlas();
    useSystemBlas(blas);
    assert.deepEqual(valuesOf(large), expected);
    assert.throws(() =>
      withSystemBlas(() => {
        throw new RangeError("An update that fails");
      })
    );
    assert.deepEqual(valuesOf(large), expected);
    withSystemBlas(() => valuesOf(() => tf.matMul(normalTensor(1, [20, 20]), normalTensor(2, [20, 20]))));
    withSystemBlas(() => valuesOf(() => tf.matMul(normalTensor(1, [1000, 500]), normalTensor(2, [500, 1]))));
    assert.equal(blas.count, 0);
    useSystemBlas(null);
  },
});

Deno.test({
  name: `measureGemm: measures both and leaves everything as it was${suffix}`,
  ignore,
  async fn() {
    await useBackend("wasm");
    const before = tf.memory().numTensors;
    const blas = countingBlas();
    const clock = () => performance.now();
    const { ownGflops, blasGflops } = measureGemm({ m: 64, n: 64, k: 64 }, { blas, clock, rounds: 2 });
    assert.ok(ownGflops > 0 && blasGflops! > 0 && blas.count > 0);
    assert.equal(measureGemm({ m: 64, n: 64, k: 64 }, { blas: null, clock, rounds: 1 }).blasGflops, null);
    assert.equal(systemBlasInUse(), null);
    assert.equal(tf.memory().numTensors, before);
  },
});
