import assert from "node:assert/strict";
import fc from "fast-check";
import { maxOf, minOf } from "../../lib/core/extremes.ts";
import { Rng } from "../../lib/core/rng.ts";
import { bootstrapInterval, type Strata } from "../../lib/metrics/bootstrap.ts";
import { meanOf, presentValues } from "../../lib/metrics/mean.ts";
import { performanceProfile } from "../../lib/metrics/performance_profile.ts";
import { probabilityOfImprovement } from "../../lib/metrics/probability_of_improvement.ts";
import { interquartileMean, quantileOf, sampleStd } from "../../lib/metrics/seed_statistics.ts";

const mean = (strata: Strata) => meanOf(strata.flat());

Deno.test("meanOf and presentValues leave missing values out and never count them as 0", () => {
  assert.equal(meanOf([1, null, 3]), 2);
  assert.equal(meanOf([null]), null);
  assert.equal(meanOf([]), null);
  assert.deepEqual(presentValues([0, null, -1]), [0, -1]);
});

Deno.test("sampleStd divides by n - 1", () => {
  assert.equal(sampleStd([2, 4, 4, 4, 5, 5, 7, 9]), Math.sqrt(32 / 7));
  assert.equal(sampleStd([3]), null);
  assert.equal(sampleStd([]), null);
  assert.equal(sampleStd([1.5, 1.5]), 0);
});

Deno.test("interquartileMean cuts a quarter at each end, rounded down", () => {
  assert.equal(interquartileMean([100, 1, 3, 4, 5, 6, -50, 8]), (3 + 4 + 5 + 6) / 4);
  assert.equal(interquartileMean([9, 1, 2, 3, 4]), 3);
  assert.equal(interquartileMean([1, 2, 6]), 3);
  assert.equal(interquartileMean([]), null);
});

Deno.test("quantileOf interpolates as NumPy does", () => {
  assert.equal(quantileOf([1, 2, 3, 4], 0.5), 2.5);
  assert.equal(quantileOf([1, 2, 3, 4], 0.25), 1.75);
  assert.deepEqual([quantileOf([1, 5], 0), quantileOf([1, 5], 1), quantileOf([7], 0.3)], [1, 5, 7]);
});

Deno.test("bootstrapInterval is the same for the same seed and undefined without spread to draw from", () => {
  const strata = [[1, 2, 3, 4], [10, 20, 30]];
  const draw = (seed: number) => bootstrapInterval(strata, { rng: new Rng(seed), statistic: mean });
  assert.deepEqual(draw(3), draw(3));
  assert.notDeepEqual(draw(3), draw(4));
  assert.equal(bootstrapInterval([[1], [2]], { rng: new Rng(0), statistic: mean }), null);
  assert.equal(bootstrapInterval([], { rng: new Rng(0), statistic: mean }), null);
  assert.equal(bootstrapInterval([[1, 2]], { rng: new Rng(0), statistic: () => null }), null);
});

Deno.test("bootstrapInterval redraws inside strata only", () => {
  bootstrapInterval([[1, 2, 3], [10, 20], [7]], {
    rng: new Rng(1),
    resamples: 100,
    statistic: (strata) => {
      assert.deepEqual(strata.map((scores) => scores.length), [3, 2, 1]);
      assert.ok(strata[0]!.every((score) => score <= 3) && strata[1]!.every((score) => score >= 10));
      assert.deepEqual(strata[2], [7]);
      return 0;
    },
  });
});

Deno.test("bootstrapInterval of a mean has the width of the normal approximation", () => {
  const rng = new Rng(5);
  const scores = Array.from({ length: 400 }, () => rng.normal());
  const { low, high } = bootstrapInterval([scores], { rng, statistic: mean, resamples: 4000 })!;
  const half = 1.96 * sampleStd(scores)! / Math.sqrt(scores.length);
  assert.ok(Math.abs((high - low) / 2 / half - 1) < 0.05);
  assert.ok(Math.abs((high + low) / 2 - meanOf(scores)!) < 0.1 * half);
  const narrow = bootstrapInterval([scores], { rng, statistic: mean, resamples: 4000, confidence: 0.5 })!;
  assert.ok(Math.abs((narrow.high - narrow.low) / (high - low) / (0.6745 / 1.96) - 1) < 0.1);
});

Deno.test("bootstrapInterval stays inside the data for a mean", () => {
  fc.assert(fc.property(
    fc.array(fc.array(fc.integer({ min: -9, max: 9 }), { minLength: 2, maxLength: 5 }), { minLength: 1, maxLength: 3 }),
    (strata) => {
      const { low, high } = bootstrapInterval(strata, { rng: new Rng(2), statistic: mean, resamples: 50 })!;
      assert.ok(minOf(strata.flat()) <= low && low <= high && high <= maxOf(strata.flat()));
    },
  ));
});

Deno.test("probabilityOfImprovement averages won pairs over tasks", () => {
  // Task 1: pairs 3>1, 3>2, 2>1, 2=2: 3.5 of 4. Task 2: 0 > 1 never.
  const { probability, interval } = probabilityOfImprovement([[3, 2], [0]], [[1, 2], [1]], { rng: new Rng(1) });
  assert.equal(probability, (3.5 / 4 + 0) / 2);
  assert.ok(interval!.low <= probability && probability <= interval!.high);
  // A task without seeds on one side says nothing.
  assert.equal(probabilityOfImprovement([[3, 2], []], [[1, 1], [1]], { rng: new Rng(1) }).probability, 1);
  assert.deepEqual(probabilityOfImprovement([[]], [[1]], { rng: new Rng(1) }), { probability: null, interval: null });
  assert.throws(() => probabilityOfImprovement([], [[1]], { rng: new Rng(1) }), /expected 1 tasks, got 0/);
});

Deno.test("probabilityOfImprovement of the two orders sums to one", () => {
  const seeds = fc.array(fc.integer({ min: 0, max: 5 }), { minLength: 1, maxLength: 6 });
  fc.assert(fc.property(fc.array(fc.tuple(seeds, seeds), { minLength: 1, maxLength: 4 }), (tasks) => {
    const [x, y] = [tasks.map((task) => task[0]), tasks.map((task) => task[1])];
    const options = { rng: new Rng(0), resamples: 2 };
    const sum = probabilityOfImprovement(x, y, options).probability! +
      probabilityOfImprovement(y, x, options).probability!;
    assert.ok(Math.abs(sum - 1) < 1e-12);
  }));
});

Deno.test("performanceProfile is the share of seeds above each threshold", () => {
  const profile = performanceProfile([[1, 2, 3, 4], [2, 2]], { rng: new Rng(1), thresholds: [0, 2, 5] });
  assert.deepEqual(profile.map((point) => point.share), [1, (0.5 + 0) / 2, 0]);
  assert.deepEqual(profile[0]!.interval, { low: 1, high: 1 });
  assert.ok(profile[1]!.interval!.low < 0.25 && profile[1]!.interval!.high > 0.25);
  const empty = performanceProfile([[]], { rng: new Rng(1), thresholds: [0] });
  assert.deepEqual(empty, [{ threshold: 0, share: null, interval: null }]);
});

Deno.test("performanceProfile's band is that of a bootstrap of each threshold by itself", () => {
  const scores = [[1, 2.5, 3, 4, 2.5], [2, 7], [], [0.5]];
  const thresholds = [3, 0, 2.5, 9, 1];
  const points = performanceProfile(scores, { rng: new Rng(5), thresholds, resamples: 300, confidence: 0.9 });
  for (const [index, threshold] of thresholds.entries()) {
    const interval = bootstrapInterval(scores, {
      rng: new Rng(5),
      resamples: 300,
      confidence: 0.9,
      statistic: (strata) => meanOf(strata.map((task) => meanOf(task.map((score) => score > threshold ? 1 : 0)))),
    });
    assert.deepEqual(points[index]!.interval, interval);
    assert.equal(points[index]!.threshold, threshold);
  }
});

Deno.test("performanceProfile and its band never rise", () => {
  const thresholds = [0, 1, 2, 3, 4, 5];
  const points = performanceProfile([[1, 2, 3, 4, 5], [0, 2, 5]], { rng: new Rng(9), thresholds, resamples: 200 });
  for (let i = 1; i < points.length; i++) {
    const [before, after] = [points[i - 1]!, points[i]!];
    assert.ok(after.share! <= before.share!);
    assert.ok(after.interval!.low <= before.interval!.low && after.interval!.high <= before.interval!.high);
  }
});
