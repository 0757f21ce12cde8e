import assert from "node:assert/strict";
import { Rng } from "../../../lib/core/rng.ts";
import { encodeValues, type Variable } from "../../../lib/core/variable.ts";
import { gaussianScaling } from "../../../lib/envs/shifts/gaussian_scaling.ts";

const variables: readonly Variable[] = [
  { kind: "categorical", name: "color", categories: 3 },
  { kind: "continuous", name: "x", low: -1, high: 1 },
  { kind: "categorical", name: "switch", categories: 2 },
];

Deno.test("gaussianScaling multiplies the chosen columns by scale times the generator's normals", () => {
  const encoded = Float32Array.of(0, 1, 0, 0.5, 1, 0, 1, 0, 0, -2, 0, 1);
  const before = encoded.slice();
  const shifted = gaussianScaling(variables, { chosen: [0, 1], scale: 100 }).apply(encoded, new Rng(8));
  const rng = new Rng(8);
  const expected = encoded.slice();
  for (const row of [0, 6]) {
    for (let column = 0; column < 4; column++) {
      const factor = 100 * rng.normal();
      if (expected[row + column] !== 0) expected[row + column]! *= factor;
    }
  }
  for (let i = 0; i < encoded.length; i++) {
    assert.ok(Math.abs(shifted[i]! - expected[i]!) <= 1e-5 * Math.abs(expected[i]!), `column ${i}`);
  }
  assert.deepEqual(encoded, before);
});

Deno.test("gaussianScaling has factors of mean 0 and the scale's deviation", () => {
  const rows = 20000;
  const encoded = encodeValues(variables, Float32Array.from({ length: rows * 3 }, (_, i) => i % 3 === 1 ? 2 : 1));
  const shifted = gaussianScaling(variables, { chosen: [1], scale: 10 }).apply(encoded, new Rng(1));
  let sum = 0;
  let squares = 0;
  for (let row = 0; row < rows; row++) {
    sum += shifted[row * 6 + 3]!;
    squares += shifted[row * 6 + 3]! ** 2;
  }
  assert.ok(Math.abs(sum / rows) < 4 * 20 / Math.sqrt(rows));
  assert.ok(Math.abs(Math.sqrt(squares / rows) / 20 - 1) < 0.02);
});

Deno.test("gaussianScaling refuses an index that is no variable's", () => {
  assert.throws(() => gaussianScaling(variables, { chosen: [3], scale: 1 }), {
    name: "RangeError",
    message: "Cannot shift a variable: no such index, expected 0 to 2, got 3",
  });
});
