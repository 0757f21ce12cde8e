import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs";
import { useBackend } from "../../lib/tensor/backend.ts";
import { applyToTable, identityTable, joinOneHots, joinTables, lookUp } from "../../lib/tensor/ops/category_table.ts";
import { linear } from "../../lib/tensor/ops/linear/linear.ts";
import { assertClose, normalTensor } from "./numeric.ts";

/** Two variables of 3 categories and one of 2, in 4 samples. */
const categories = [[[0, 2, 1, 2], [1, 1, 0, 2]], [[1, 0, 0, 1]]];
const sizes = [3, 2];

function oneHots(): tf.Tensor3D[] {
  return categories.map((run, r) =>
    tf.oneHot(tf.tensor2d(run, undefined, "int32"), sizes[r]!, 1, 0, "float32") as tf.Tensor3D
  );
}

function layers(): tf.Tensor[] {
  return [[2, 3, 7], [2, 1, 7], [1, 2, 7], [1, 1, 7], [3, 7, 5], [3, 1, 5], [5, 6]]
    .map((shape, i) => normalTensor(i + 1, shape));
}

/** First layers of each run, a further one of all, and one that all variables share. */
function network(parts: readonly tf.Tensor[], weights: readonly tf.Tensor[]): tf.Tensor {
  const [w0, b0, w1, b1, w2, b2, w3] = weights;
  const first = tf.concat([
    linear(parts[0]!, { weight: w0!, bias: b0! }, { activation: "relu" }),
    linear(parts[1]!, { weight: w1!, bias: b1! }, { activation: "relu" }),
  ], 0);
  return tf.matMul(linear(first, { weight: w2!, bias: b2! }, { activation: "relu" }), w3!);
}

function table(weights: readonly tf.Tensor[], options: { withJacobian: boolean }) {
  const [w0, b0, w1, b1, w2, b2, w3] = weights;
  const relu = { activation: "relu" } as const;
  const first = joinTables([
    applyToTable(identityTable({ count: 2, categories: 3, ...options }), { weight: w0!, bias: b0! }, relu),
    applyToTable(identityTable({ count: 1, categories: 2, ...options }), { weight: w1!, bias: b1! }, relu),
  ]);
  return applyToTable(applyToTable(first, { weight: w2!, bias: b2! }, relu), { weight: w3!, bias: null });
}

/** Value and gradients of a function, its output weighted by cosines so that no two elements count alike. */
function valueAndGradients(f: (...inputs: tf.Tensor[]) => tf.Tensor, inputs: tf.Tensor[]): tf.Tensor[] {
  const value = f(...inputs);
  const weight = tf.tensor(Float32Array.from({ length: value.size }, (_, i) => Math.cos(3 * i + 1)), value.shape);
  return [value, ...tf.grads((...inputs) => f(...inputs).mul(weight).sum())(inputs)];
}

for (const backend of ["cpu", "wasm"] as const) {
  Deno.test(`a table has the values and all gradients of the networks on one-hots on ${backend}`, async () => {
    await useBackend(backend);
    tf.tidy(() => {
      const inputs = [...oneHots(), ...layers()];
      const expected = valueAndGradients((a, b, ...weights) => network([a!, b!], weights), inputs);
      const found = valueAndGradients(
        (a, b, ...weights) => lookUp(joinOneHots([a, b] as tf.Tensor3D[]), table(weights, { withJacobian: true })),
        inputs,
      );
      assert.equal(found.length, 1 + inputs.length);
      found.forEach((tensor, i) => {
        assert.deepEqual(tensor.shape, expected[i]!.shape);
        assertClose(tensor.dataSync(), expected[i]!.dataSync(), { tolerance: 1e-5, what: `result ${i}` });
      });
    });
  });
}

Deno.test("a table without a Jacobian gives weights their gradients and one-hots none", async () => {
  await useBackend("wasm");
  tf.tidy(() => {
    const inputs = [...oneHots(), ...layers()];
    const gradients = (withJacobian: boolean) =>
      valueAndGradients(
        (a, b, ...weights) => lookUp(joinOneHots([a, b] as tf.Tensor3D[]), table(weights, { withJacobian })),
        inputs,
      ).slice(1).map((gradient) => gradient.dataSync());
    const [first, second, ...weights] = gradients(false);
    assert([...first!, ...second!].every((value) => value === 0));
    assert.deepEqual(weights, gradients(true).slice(2));
  });
});

Deno.test("tables of equal sizes are put together as they are, in order", async () => {
  await useBackend("wasm");
  tf.tidy(() => {
    const of = (seed: number) => ({
      values: normalTensor(seed, [1, 2, 3]) as tf.Tensor3D,
      jacobian: normalTensor(seed + 5, [1, 4, 3]) as tf.Tensor3D,
    });
    const { values, jacobian } = joinTables([of(1), of(2)]);
    assert.deepEqual(values.dataSync(), tf.concat([of(1).values, of(2).values], 0).dataSync());
    assert.deepEqual(jacobian!.dataSync(), tf.concat([of(1).jacobian, of(2).jacobian], 0).dataSync());
  });
});
