import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs";
import { Rng } from "../../../lib/core/rng.ts";
import { gruCell } from "../../../lib/tensor/ops/gru_cell.ts";
import { useBackend } from "../../../lib/tensor/backend.ts";

const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));

/** One unit of width 2 by hand: PyTorch's equations on [r, z, n] blocks. */
function cellByHand(a: number[], b: number[], h: number[]): number[] {
  return h.map((hidden, k) => {
    const r = sigmoid(a[k]! + b[k]!);
    const z = sigmoid(a[2 + k]! + b[2 + k]!);
    const n = Math.tanh(a[4 + k]! + r * b[4 + k]!);
    return (1 - z) * n + z * hidden;
  });
}

for (const backend of ["cpu", "wasm"] as const) {
  Deno.test(`gruCell on ${backend}: value by hand, gradients by finite differences`, async () => {
    await useBackend(backend);
    const rng = new Rng(2);
    const draw = (count: number) => Array.from({ length: count }, () => 2 * rng.uniform() - 1);
    const [a, b, h, weight] = [draw(6), draw(6), draw(2), draw(2)];
    const byHand = cellByHand(a, b, h);
    const before = tf.memory().numTensors;
    const inputs = [tf.tensor3d(a, [1, 1, 6]), tf.tensor3d(b, [1, 1, 6]), tf.tensor3d(h, [1, 1, 2])] as const;
    const value = gruCell(...inputs);
    value.dataSync().forEach((x, k) => assert(Math.abs(x - byHand[k]!) < 1e-6));
    const gradients = tf.tidy(() =>
      tf.grads((...args: tf.Tensor[]) =>
        gruCell(...args as [tf.Tensor3D, tf.Tensor3D, tf.Tensor3D]).mul(tf.tensor1d(weight)).sum()
      )([...inputs])
    );
    const loss = (parts: number[][]) =>
      cellByHand(parts[0]!, parts[1]!, parts[2]!).reduce((sum, x, k) => sum + x * weight[k]!, 0);
    const parts = [a, b, h];
    parts.forEach((part, p) => {
      const found = gradients[p]!.dataSync();
      part.forEach((_, k) => {
        const moved = (step: number) => parts.map((x, q) => q === p ? x.map((v, m) => m === k ? v + step : v) : x);
        const expected = (loss(moved(1e-5)) - loss(moved(-1e-5))) / 2e-5;
        assert(Math.abs(found[k]! - expected) < 1e-5, `input ${p}[${k}]: ${found[k]}, ${expected}`);
      });
    });
    tf.dispose([...inputs, value, ...gradients]);
    assert.equal(tf.memory().numTensors, before);
  });
}
