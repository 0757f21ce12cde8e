import assert from "node:assert/strict";
import { Rng } from "../../../lib/core/rng.ts";
import { encodeValues, type Variable } from "../../../lib/core/variable.ts";
import { chooseObserved, partiallyObserved } from "../../../lib/envs/partial_observation.ts";
import { hiddenVariables } from "../../../lib/envs/shifts/hidden_variables.ts";
import { randomReplacement } from "../../../lib/envs/shifts/random_replacement.ts";
import { shiftsInOrder } from "../../../lib/envs/shifts/shifts_in_order.ts";
import { toyEnvironment } from "../../training/toy_world.ts";

const variables: readonly Variable[] = [
  { kind: "categorical", name: "color", categories: 3 },
  { kind: "continuous", name: "place", low: -1, high: 5 },
  { kind: "categorical", name: "bit", categories: 2 },
];

/** Encoded rows [B, 6]. */
function encoded(...rows: (readonly [number, number, number])[]): Float32Array {
  return encodeValues(variables, Float32Array.from(rows.flat()));
}

Deno.test("hiddenVariables shows category 0 and the middle of a range, and leaves the rest", () => {
  const rows = encoded([2, 4, 1], [1, -1, 0]);
  const before = rows.slice();
  const seen = hiddenVariables(variables, [0, 1]).apply(rows, new Rng(1));
  assert.deepEqual(seen, encoded([0, 2, 1], [0, 2, 0]));
  assert.deepEqual(rows, before);
  assert.throws(() => hiddenVariables(variables, [3]), {
    name: "RangeError",
    message: "Cannot shift a variable: no such index, expected 0 to 2, got 3",
  });
});

Deno.test("randomReplacement keeps exact one-hots, stays in range and replaces as often as it says", () => {
  const count = 20_000;
  const rows = encodeValues(variables, Float32Array.from({ length: 3 * count }, (_, i) => [2, 4, 1][i % 3]!));
  const seen = randomReplacement(variables, { chosen: [0, 1], probability: 0.3 }).apply(rows, new Rng(2));
  const shares = [0, 0, 0];
  let moved = 0;
  for (let row = 0; row < count; row++) {
    const [a, b, c, place, ...bit] = seen.subarray(row * 6, row * 6 + 6);
    assert.deepEqual([a, b, c].toSorted(), [0, 0, 1]);
    assert.deepEqual(bit, [0, 1]);
    assert.ok(place! >= -1 && place! < 5);
    for (const [k, x] of [a, b, c].entries()) shares[k]! += x! / count;
    if (place !== 4) moved++;
  }
  // A third of the replacements gives the true colour again: 0.7 + 0.1.
  for (const [k, expected] of [0.1, 0.1, 0.8].entries()) assert.ok(Math.abs(shares[k]! - expected) < 0.01);
  assert.ok(Math.abs(moved / count - 0.3) < 0.01);
});

Deno.test("randomReplacement takes the same draws whatever the values and the probability", () => {
  const after = (probability: number, row: readonly [number, number, number]) => {
    const rng = new Rng(3);
    randomReplacement(variables, { chosen: [0, 2], probability }).apply(encoded(row), rng);
    return rng.state();
  };
  assert.deepEqual(after(0, [0, 0, 0]), after(1, [2, 3, 1]));
});

Deno.test("shiftsInOrder applies one after the other, and is null without any", () => {
  assert.equal(shiftsInOrder([null, null]), null);
  const add = (amount: number) => ({
    description: `plus ${amount}`,
    variables: [0, amount],
    apply: (rows: Float32Array) => rows.map((x) => 2 * x + amount),
  });
  const both = shiftsInOrder([add(1), null, add(10)])!;
  assert.equal(both.description, "plus 1; plus 10");
  assert.deepEqual(both.variables, [0, 1, 10]);
  assert.deepEqual(both.apply(Float32Array.of(3), new Rng(1)), Float32Array.of(24));
});

Deno.test("chooseObserved hides and disturbs different variables, more of them at a higher level, by seed", () => {
  const choose = (hiddenShare: number, noisyShare: number, seed = 5) =>
    chooseObserved(10, { observation: { hiddenShare, noisyShare, noise: 0.5 }, rng: new Rng(seed) });
  const low = choose(0.2, 0.3);
  const high = choose(0.4, 0.6);
  assert.deepEqual([low.hidden.length, low.noisy.length, high.hidden.length, high.noisy.length], [2, 3, 4, 6]);
  assert.equal(new Set([...high.hidden, ...high.noisy]).size, 10);
  assert.ok(low.hidden.every((index) => high.hidden.includes(index)));
  assert.ok(low.noisy.every((index) => high.noisy.includes(index)));
  assert.equal(choose(0.01, 0).hidden.length, 1);
  assert.notDeepEqual(choose(0.4, 0), choose(0.4, 0, 6));
  assert.throws(() => choose(0.96, 0), /none would be left, expected a hiddenShare that leaves one of 10, got 0.96$/);
});

Deno.test("partiallyObserved gives every split and training the same sensors, around the split's own shift", () => {
  const world = toyEnvironment();
  assert.equal(partiallyObserved(world, { observed: { hidden: [], noisy: [] }, noise: 0.5 }), world);
  const hiding = partiallyObserved(world, { observed: { hidden: [1], noisy: [] }, noise: 0 });
  const [train, noisy] = hiding.spec.splits;
  assert.deepEqual([train!.scoredVariables, noisy!.scoredVariables], [[0], [0]]);
  // Bit b is scaled by the split's shift, then hidden: still a constant.
  const row = Float32Array.of(0, 1, 0, 1);
  for (const shift of [train!.shift, noisy!.shift, hiding.spec.sensor]) {
    assert.deepEqual(shift!.apply(row, new Rng(1)), Float32Array.of(0, 1, 1, 0));
  }
  // Bit b is noisy, then scaled by the split's shift: still one entry, no longer 1.
  const shaking = partiallyObserved(world, { observed: { hidden: [], noisy: [1] }, noise: 1 });
  const seen = shaking.spec.splits[1]!.shift!.apply(row, new Rng(1));
  assert.deepEqual(seen.subarray(0, 2), Float32Array.of(0, 1));
  assert.equal(seen.subarray(2).filter((x) => x !== 0 && x !== 1).length, 1);
  assert.equal(shaking.spec.splits[1]!.shift!.description, "b replaced with probability 1; b times 10 N(0, 1)");
  // The world goes on as before.
  assert.equal(shaking.step, world.step);
  assert.deepEqual(shaking.globalGraph(), world.globalGraph());
});
