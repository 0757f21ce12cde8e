import assert from "node:assert/strict";
import fc from "fast-check";
import { codeConsistency } from "../../lib/metrics/code_consistency.ts";
import { codeUsage } from "../../lib/metrics/code_usage.ts";
import {
  adjustedMutualInformation,
  expectedMutualInformation,
  mutualInformation,
} from "../../lib/metrics/mutual_information.ts";

const near = (actual: number | null, expected: number, tolerance = 1e-12) =>
  assert.ok(actual !== null && Math.abs(actual - expected) <= tolerance, `${actual} is not ${expected}`);

Deno.test("codeUsage counts codes, dead ones too", () => {
  const usage = codeUsage([0, 0, 2, 2], 4);
  assert.deepEqual(usage.histogram, [2, 0, 2, 0]);
  assert.equal(usage.deadCodes, 2);
  near(usage.perplexity, 2);
  // H = -(3/4 ln 3/4 + 1/4 ln 1/4); exp(H) = 4 / 3^(3/4).
  near(codeUsage([1, 1, 1, 0], 2).perplexity, 4 / 3 ** 0.75);
  assert.deepEqual(codeUsage([], 2), { histogram: [0, 0], perplexity: null, deadCodes: 2 });
  assert.throws(() => codeUsage([2], 2), {
    message: "Cannot count codes: unknown code, expected 0 to 1, got 2",
  });
});

Deno.test("codeUsage's perplexity lies between one and the number of codes in use", () => {
  fc.assert(fc.property(fc.array(fc.integer({ min: 0, max: 7 }), { minLength: 1 }), (codes) => {
    const { perplexity, deadCodes } = codeUsage(codes, 8);
    assert.ok(perplexity! > 1 - 1e-9 && perplexity! < 8 - deadCodes + 1e-9);
  }));
});

Deno.test("adjustedMutualInformation gives scikit-learn's published values", () => {
  // The example of scikit-learn's own test.
  const first = [1, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2, 2, 3, 3, 3, 3, 3];
  const second = [1, 1, 1, 1, 2, 1, 2, 2, 2, 2, 3, 1, 3, 3, 3, 2, 2];
  near(mutualInformation(first, second), 0.41022, 5e-6);
  near(expectedMutualInformation(first, second), 0.15042, 5e-6);
  near(adjustedMutualInformation(first, second), 0.27821, 5e-6);
  assert.equal(adjustedMutualInformation([0, 0, 1, 1], [0, 0, 1, 1]), 1);
  assert.equal(adjustedMutualInformation([0, 0, 1, 1], [7, 7, 3, 3]), 1);
  near(adjustedMutualInformation([0, 0, 0, 0], [0, 1, 2, 3]), 0);
  assert.equal(adjustedMutualInformation([0, 0], [1, 1]), 1);
  assert.equal(adjustedMutualInformation([0, 1, 2], [2, 1, 0]), 1);
  assert.equal(adjustedMutualInformation([], []), null);
  assert.equal(mutualInformation([], []), null);
  assert.equal(expectedMutualInformation([], []), null);
  assert.throws(() => adjustedMutualInformation([1], [1, 2]), /lengths differ, expected 1 in the second, got 2/);
});

Deno.test("expectedMutualInformation is the mean over all shuffles", () => {
  const first = [0, 0, 0, 1, 1, 2];
  const second = [0, 1, 1, 1, 0, 0];
  const shuffles = permutationsOf(second);
  const sum = shuffles.reduce((total, labels) => total + mutualInformation(first, labels)!, 0);
  near(expectedMutualInformation(first, second), sum / shuffles.length);
});

Deno.test("adjustedMutualInformation is symmetric, does not see names, and is at most 1", () => {
  const pair = fc.record({ a: fc.integer({ min: 0, max: 3 }), b: fc.integer({ min: 0, max: 2 }) });
  fc.assert(fc.property(fc.array(pair, { minLength: 1, maxLength: 60 }), (pairs) => {
    const first = pairs.map((labels) => labels.a);
    const second = pairs.map((labels) => labels.b);
    const value = adjustedMutualInformation(first, second)!;
    near(adjustedMutualInformation(second, first), value, 1e-9);
    near(adjustedMutualInformation(first.map((label) => 10 - label), second), value, 1e-9);
    assert.ok(Number.isFinite(value) && value <= 1 + 1e-9);
  }));
});

Deno.test("codeConsistency is the share of OOD samples in a context's own codes", () => {
  const inDistribution = { codes: [0, 0, 1, 2, 2], contexts: [0, 0, 0, 1, 1] };
  const outOfDistribution = { codes: [0, 1, 2, 3, 2, 0], contexts: [0, 0, 0, 0, 1, 1] };
  assert.deepEqual(codeConsistency(inDistribution, outOfDistribution, { contextCount: 3 }), [0.5, 0.5, null]);
});

Deno.test("codeConsistency takes a stray sample for no use of a code", () => {
  const codes = Array.from({ length: 1000 }, (_, i) => i === 0 ? 5 : 1);
  const contexts = codes.map(() => 0);
  const shares = codeConsistency({ codes, contexts }, { codes: [5, 1], contexts: [0, 0] }, { contextCount: 1 });
  assert.deepEqual(shares, [0.5]);
});

function permutationsOf(items: readonly number[]): number[][] {
  if (items.length === 0) return [[]];
  return items.flatMap((item, i) => permutationsOf(items.toSpliced(i, 1)).map((rest) => [item, ...rest]));
}
