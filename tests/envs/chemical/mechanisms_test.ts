import assert from "node:assert/strict";
import fc from "fast-check";
import { maxOf, minOf } from "../../../lib/core/extremes.ts";
import { Rng } from "../../../lib/core/rng.ts";
import { type Mechanism, MechanismBank, randomMechanisms } from "../../../lib/envs/chemical/mechanisms.ts";
import { orthogonalMatrix } from "../../../lib/envs/chemical/orthogonal.ts";

Deno.test("orthogonalMatrix has orthogonal columns, or rows, of length gain", () => {
  const size = fc.integer({ min: 1, max: 30 });
  fc.assert(
    fc.property(size, size, fc.integer(), (rows, columns, seed) => {
      const gain = 3;
      const matrix = orthogonalMatrix({ rows, columns, gain, rng: new Rng(seed) });
      const at = (i: number, k: number) => rows >= columns ? matrix[i * columns + k]! : matrix[k * columns + i]!;
      for (let a = 0; a < Math.min(rows, columns); a++) {
        for (let b = 0; b <= a; b++) {
          let product = 0;
          for (let i = 0; i < Math.max(rows, columns); i++) product += at(i, a) * at(i, b);
          assert.ok(Math.abs(product - (a === b ? gain * gain : 0)) < 1e-5, `${rows}x${columns}: ${product}`);
        }
      }
    }),
    { numRuns: 50 },
  );
});

Deno.test("orthogonalMatrix favours no sign: entries average zero", () => {
  const rng = new Rng(3);
  let sum = 0;
  const runs = 4000;
  for (let k = 0; k < runs; k++) sum += orthogonalMatrix({ rows: 3, columns: 2, gain: 1, rng })[0]!;
  // One entry of a unit vector in three dimensions has variance 1/3.
  assert.ok(Math.abs(sum / runs) < 4 * Math.sqrt(1 / 3 / runs), String(sum / runs));
});

Deno.test("randomMechanisms draws sizes, gain and biases as asked, the same for the same seed", () => {
  const sizes = { variables: 10, colors: 5, width: 40 };
  const draw = () => randomMechanisms(sizes, { gain: 3, bias: 0.2, rng: new Rng(7) });
  const mechanisms = draw();
  assert.deepEqual(mechanisms, draw());
  assert.equal(mechanisms.length, 10);
  const biases = mechanisms.flatMap(({ hiddenBias, outputBias }) => [...hiddenBias, ...outputBias]);
  assert.equal(biases.length, 10 * 45);
  assert.ok(maxOf(biases) < 0.2 && maxOf(biases) > 0.19);
  assert.ok(minOf(biases) >= -0.2 - 1e-7 && minOf(biases) < -0.19);
  for (const { hiddenWeights, outputWeights } of mechanisms) {
    assert.equal(hiddenWeights.length, 50 * 40);
    assert.equal(outputWeights.length, 40 * 5);
    // The squares of orthogonal columns of length 3 sum to 9 a column.
    assert.ok(Math.abs(hiddenWeights.reduce((sum, w) => sum + w * w, 0) - 40 * 9) < 1e-3);
    assert.ok(Math.abs(outputWeights.reduce((sum, w) => sum + w * w, 0) - 5 * 9) < 1e-3);
  }
});

/** Two nodes of two colours, two hidden units; node 1's network by hand. */
const tiny: Mechanism = {
  hiddenWeights: Float32Array.of(1, -1, 2, 0.5, 0, 0, 0, 0),
  hiddenBias: Float32Array.of(0.5, 0.25),
  outputWeights: Float32Array.of(1, 0, 0, 2),
  outputBias: Float32Array.of(0, 1),
};

Deno.test("MechanismBank.probabilities is the softmax computed by hand", () => {
  const bank = new MechanismBank([tiny, tiny], { variables: 2, colors: 2, width: 2 });
  const probabilityOf1 = (color: number, parents: number[]) =>
    bank.probabilities(1, { colors: [color, 0], parents })[1]!;
  const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));
  // Colour 0: hidden relu(1.5, -0.75) = (1.5, 0), logits (1.5, 1).
  assert.ok(Math.abs(probabilityOf1(0, [0]) - sigmoid(1 - 1.5)) < 1e-7);
  // Colour 1: hidden (2.5, 0.75), logits (2.5, 2.5).
  assert.ok(Math.abs(probabilityOf1(1, [0]) - 0.5) < 1e-7);
  // No parent: hidden (0.5, 0.25), logits (0.5, 1.5).
  assert.ok(Math.abs(probabilityOf1(1, []) - sigmoid(1)) < 1e-7);
});

Deno.test("MechanismBank.probabilities depends on the parents alone and sums to one", () => {
  const sizes = { variables: 4, colors: 3, width: 8 };
  const bank = new MechanismBank(randomMechanisms(sizes, { gain: 3, bias: 0.2, rng: new Rng(1) }), sizes);
  const color = fc.nat(2);
  fc.assert(fc.property(fc.tuple(color, color, color, color), color, (colors, other) => {
    const before = bank.probabilities(3, { colors, parents: [0, 2] }).slice();
    assert.ok(Math.abs(before.reduce((sum, p) => sum + p, 0) - 1) < 1e-12);
    const changed = [colors[0], other, colors[2], other];
    assert.deepEqual(bank.probabilities(3, { colors: changed, parents: [0, 2] }), before);
  }));
});

Deno.test("MechanismBank refuses weights that do not fit", () => {
  assert.throws(() => new MechanismBank([tiny], { variables: 2, colors: 2, width: 2 }), {
    name: "TypeError",
    message: "Cannot use mechanisms: wrong number of nodes, expected 2, got 1",
  });
  assert.throws(() =>
    new MechanismBank([tiny, { ...tiny, outputBias: new Float32Array(3) }], {
      variables: 2,
      colors: 2,
      width: 2,
    }), {
    name: "TypeError",
    message: "Cannot use mechanisms: outputBias of node 1 has wrong length, expected 2, got 3",
  });
});
