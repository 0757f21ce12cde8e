import assert from "node:assert/strict";
import fc from "fast-check";
import { graphLabels } from "../../lib/metrics/graph_labels.ts";
import { labelAgreement } from "../../lib/metrics/label_agreement.ts";
import { contextAgreement, contextInformation } from "../../lib/metrics/mutual_information.ts";

const near = (actual: number | null, expected: number, tolerance = 1e-12) =>
  assert.ok(actual !== null && Math.abs(actual - expected) <= tolerance, `${actual} is not ${expected}`);

Deno.test("contextAgreement is missing where samples have one context, whatever the codes", () => {
  assert.equal(contextAgreement([0, 0, 0], [1, 1, 1]), null);
  assert.equal(contextAgreement([0, 1, 0], [1, 1, 1]), null);
  assert.equal(contextAgreement([], []), null);
  // A collapsed codebook knows nothing of two contexts.
  near(contextAgreement([4, 4, 4, 4], [0, 0, 1, 1]), 0);
  near(contextAgreement([4, 4, 2, 2], [0, 0, 1, 1]), 1);
});

Deno.test("contextInformation is 1 for codes of one context each, however many, and 0 for one code", () => {
  const contexts = Array.from({ length: 400 }, (_, b) => b % 5 === 0 ? 1 : 0);
  // 16 codes that each belong to one context: AMI is far below 1, for codes carry more than the context.
  const refined = contexts.map((context, b) => 2 * (b % 8) + context);
  near(contextInformation(refined, contexts), 1, 1e-9);
  assert.ok(contextAgreement(refined, contexts)! < 0.4);
  near(contextInformation(contexts.map(() => 3), contexts), 0);
  assert.equal(contextInformation([0, 1, 2], [0, 0, 0]), null);
  assert.equal(contextInformation([], []), null);
});

Deno.test("contextInformation of shuffled codes is 0 on average, and is missing where labels are too many", () => {
  const first = [0, 0, 0, 1, 1, 2];
  const second = [0, 1, 1, 1, 0, 0];
  const shuffles = permutationsOf(second).map((labels) => contextInformation(first, labels)!);
  near(shuffles.reduce((sum, value) => sum + value, 0) / shuffles.length, 0);
  // Every sample its own label: nothing but chance.
  assert.equal(contextInformation([0, 1, 2, 3, 4, 5], second), null);
});

Deno.test("graphLabels gives samples with the same inferred edges the same number", () => {
  assert.deepEqual([...graphLabels([0.9, 0.1, 0.6, 0.4, 0.5, 0.9, 0.51, 0], 2)], [0, 0, 1, 0]);
  assert.deepEqual([...graphLabels([], 2)], []);
  assert.throws(() => graphLabels([1, 0, 1], 2), {
    message: "Cannot number graphs: length does not fit, expected a multiple of 2, got 3",
  });
});

Deno.test("labelAgreement is the share of equal labels among those that count", () => {
  assert.equal(labelAgreement([1, 2, 3, 4], [1, 2, 0, 0]), 0.5);
  assert.equal(labelAgreement([1, 2, 3, 4], [1, 2, 0, 0], { included: [1, 0, 1, 1] }), 1 / 3);
  assert.equal(labelAgreement([1], [1], { included: [0] }), null);
  assert.throws(() => labelAgreement([1], [1, 2]), {
    message: "Cannot compare labels of samples: lengths differ, expected 1, got 2",
  });
  fc.assert(fc.property(fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 1 }), (labels) => {
    assert.equal(labelAgreement(labels, labels), 1);
  }));
});

function permutationsOf(items: readonly number[]): number[][] {
  if (items.length === 0) return [[]];
  return items.flatMap((item, i) => permutationsOf(items.toSpliced(i, 1)).map((rest) => [item, ...rest]));
}
