import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs";
import { type BackendName, useBackend } from "../../lib/tensor/backend.ts";

/** Standard normals from a small seeded generator (mulberry32, Box-Muller). */
export function normals(seed: number, size: number): Float32Array {
  let state = seed >>> 0;
  const uniform = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
  return Float32Array.from(
    { length: size },
    () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform()),
  );
}

/** A tensor of standard normals on the backend in use; the caller disposes it. */
export function normalTensor(seed: number, shape: number[]): tf.Tensor {
  return tf.tensor(normals(seed, tf.util.sizeFromShape(shape)), shape, "float32");
}

/** Numbers that a computation gives on a backend. */
export async function valuesOn(backend: BackendName, compute: () => tf.Tensor[]): Promise<Float32Array[]> {
  await useBackend(backend);
  const results = tf.tidy(compute);
  const values = results.map((result) => Float32Array.from(result.dataSync()));
  tf.dispose(results);
  return values;
}

/** Asserts that numbers agree within `tolerance` times the larger of 1 and their size. */
export function assertClose(
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  options: { tolerance: number; what?: string },
): void {
  assert.equal(actual.length, expected.length, options.what ?? "length");
  for (let i = 0; i < actual.length; i++) {
    const error = Math.abs(actual[i]! - expected[i]!);
    if (!(error <= options.tolerance * Math.max(1, Math.abs(expected[i]!)))) {
      assert.fail(`${options.what ?? "value"} ${i}: expected ${expected[i]}, got ${actual[i]}`);
    }
  }
}

/**
 * Asserts that gradients of a scalar function agree with central differences at a few places of each input.
 *
 * @param f Takes tensors of the shapes, returns a scalar; must be smooth where it is tested.
 */
export function assertGradients(
  f: (...inputs: tf.Tensor[]) => tf.Scalar,
  options: { inputs: readonly { shape: number[]; values: Float32Array }[]; step?: number; tolerance?: number },
): void {
  const { inputs, step = 1e-2, tolerance = 2e-2 } = options;
  const evaluate = (values: readonly Float32Array[]) =>
    tf.tidy(() => f(...inputs.map(({ shape }, i) => tf.tensor(values[i]!, shape))).dataSync()[0]!);
  const gradients = tf.tidy(() =>
    tf.grads(f)(inputs.map(({ shape, values }) => tf.tensor(values, shape))).map((gradient) => gradient.dataSync())
  );
  inputs.forEach(({ values }, input) => {
    const places = Math.min(values.length, 12);
    for (let place = 0; place < places; place++) {
      const at = Math.floor((place * values.length) / places);
      const moved = (by: number) =>
        evaluate(inputs.map((other, i) => i === input ? other.values.with(at, other.values[at]! + by) : other.values));
      const numeric = (moved(step) - moved(-step)) / (2 * step);
      const error = Math.abs(gradients[input]![at]! - numeric);
      assert(
        error <= tolerance * Math.max(1, Math.abs(numeric)),
        `gradient of input ${input} at ${at}: expected ${numeric}, got ${gradients[input]![at]}`,
      );
    }
  });
}
