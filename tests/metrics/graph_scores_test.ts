import assert from "node:assert/strict";
import fc from "fast-check";
import { areaUnderRoc } from "../../lib/metrics/area_under_roc.ts";
import { scoreGraphs } from "../../lib/metrics/graph_scores.ts";

Deno.test("areaUnderRoc gives the values of a hand calculation", () => {
  // scikit-learn's own example: of the 4 pairs, 3 are in order.
  assert.equal(areaUnderRoc([0.1, 0.4, 0.35, 0.8], [0, 0, 1, 1]), 0.75);
  assert.equal(areaUnderRoc([0.5, 0.5, 0.5], [1, 0, 0]), 0.5);
  // Pairs (positive, negative): 0.5-0.5 half, 0.5-0.2 one, 0.9-0.5 one, 0.9-0.2 one.
  assert.equal(areaUnderRoc([0.5, 0.5, 0.2, 0.9], [1, 0, 0, 1]), 3.5 / 4);
});

Deno.test("areaUnderRoc is null with one class only", () => {
  assert.equal(areaUnderRoc([0.1, 0.9], [1, 1]), null);
  assert.equal(areaUnderRoc([0.1, 0.9], [0, 0]), null);
  assert.equal(areaUnderRoc([], []), null);
});

Deno.test("areaUnderRoc is the share of ordered pairs, ties counting half", () => {
  fc.assert(fc.property(
    fc.array(fc.record({ score: fc.integer({ min: 0, max: 5 }), label: fc.integer({ min: 0, max: 1 }) })),
    (samples) => {
      let pairs = 0;
      let ordered = 0;
      for (const positive of samples.filter((sample) => sample.label === 1)) {
        for (const negative of samples.filter((sample) => sample.label === 0)) {
          pairs++;
          ordered += positive.score > negative.score ? 1 : positive.score === negative.score ? 0.5 : 0;
        }
      }
      const area = areaUnderRoc(samples.map((sample) => sample.score), samples.map((sample) => sample.label));
      if (pairs === 0) assert.equal(area, null);
      else assert.ok(Math.abs(area! - ordered / pairs) < 1e-12);
    },
  ));
});

Deno.test("scoreGraphs averages each score over the graphs that define it", () => {
  // Graph 0: 1 hit, 1 extra, 1 missed, 1 right gap. Graph 1: nothing inferred, 1 missed.
  const scores = scoreGraphs([0.9, 0.8, 0.2, 0.1, 0.5, 0.4, 0.3, 0.2], [1, 0, 1, 0, 1, 0, 0, 0], { entries: 4 });
  assert.deepEqual(scores, {
    graphs: 2,
    shd: 1.5,
    precision: 0.5,
    recall: (0.5 + 0) / 2,
    f1: (0.5 + 0) / 2,
    // Graph 0: positives 0.9 and 0.2, negatives 0.8 and 0.1: 3 of 4 pairs. Graph 1: all.
    auc: (0.75 + 1) / 2,
    density: (0.5 + 0) / 2,
    trueDensity: (0.5 + 0.25) / 2,
  });
});

Deno.test("scoreGraphs leaves out entries and graphs that do not count", () => {
  const options = { entries: 3, counted: [0, 1, 1], included: [0, 1] };
  const scores = scoreGraphs([1, 1, 1, 1, 0.9, 0.2], [0, 0, 0, 0, 1, 0], options);
  assert.deepEqual(scores, {
    graphs: 1,
    shd: 0,
    precision: 1,
    recall: 1,
    f1: 1,
    auc: 1,
    density: 0.5,
    trueDensity: 0.5,
  });
});

Deno.test("scoreGraphs keeps undefined scores missing", () => {
  const empty = { precision: null, recall: null, f1: null, auc: null };
  assert.deepEqual(scoreGraphs([0, 0], [0, 0], { entries: 2 }), {
    graphs: 1,
    shd: 0,
    ...empty,
    density: 0,
    trueDensity: 0,
  });
  const none = scoreGraphs([0, 0], [0, 0], { entries: 2, included: [0] });
  assert.deepEqual(none, { graphs: 0, shd: null, ...empty, density: null, trueDensity: null });
});

Deno.test("scoreGraphs keeps to the definitions on any batch", () => {
  const edge = fc.integer({ min: 0, max: 1 });
  fc.assert(fc.property(
    fc.array(fc.record({ probability: fc.constantFrom(0, 0.5, 0.51, 1), truth: edge }), { minLength: 1 }),
    (entries) => {
      const probabilities = entries.map((entry) => entry.probability);
      const truth = entries.map((entry) => entry.truth);
      const scores = scoreGraphs(probabilities, truth, { entries: entries.length });
      const { shd, precision, recall, f1, density, trueDensity } = scores;
      assert.equal(shd, entries.filter((entry) => (entry.probability > 0.5) !== (entry.truth === 1)).length);
      if (precision && recall) assert.ok(Math.abs(f1! - 2 * precision * recall / (precision + recall)) < 1e-12);
      const sum = (numbers: number[]) => numbers.reduce((total, number) => total + number, 0);
      assert.equal(trueDensity, sum(truth) / truth.length);
      assert.equal(density, probabilities.filter((p) => p > 0.5).length / truth.length);
      // A graph against itself is perfect.
      assert.equal(scoreGraphs(truth, truth, { entries: truth.length }).shd, 0);
    },
  ));
});

Deno.test("scoreGraphs refuses lengths that do not fit", () => {
  assert.throws(() => scoreGraphs([1], [1, 0], { entries: 2 }), {
    name: "TypeError",
    message: "Cannot score graphs: length of probabilities does not fit, expected 2, got 1",
  });
  assert.throws(() => scoreGraphs([1, 0, 1], [1, 0, 1], { entries: 2 }), /length of truth/);
  assert.throws(() => scoreGraphs([1, 0], [1, 0], { entries: 2, counted: [1] }), /length of counted/);
  assert.throws(() => scoreGraphs([1, 0], [1, 0], { entries: 2, included: [1, 1] }), /length of included/);
});
