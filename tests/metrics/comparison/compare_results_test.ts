import { deepEqual, equal, ok } from "node:assert/strict";
import fc from "fast-check";
import { Rng } from "../../../lib/core/rng.ts";
import { compareResults, type SeedResult } from "../../../lib/metrics/comparison/compare_results.ts";
import { holmAdjusted } from "../../../lib/metrics/comparison/holm.ts";
import { measureOf } from "../../../lib/metrics/comparison/measures.ts";
import { chanceOf, seedDifference } from "../../../lib/metrics/comparison/seed_difference.ts";
import { studentTTail } from "../../../lib/metrics/student_t.ts";
import { madeResults, seedsFrom } from "./made_results.ts";

function near(got: number | null | undefined, expected: number, tolerance = 1e-6): void {
  ok(
    got !== null && got !== undefined && Math.abs(got - expected) <= tolerance * Math.abs(expected),
    `${got} ${expected}`,
  );
}

function values(...pairs: readonly (readonly [number, number])[]): ReadonlyMap<number, number> {
  return new Map(pairs);
}

Deno.test("studentTTail is the tail of tables, also far out", () => {
  // One degree is Cauchy's distribution, two have a closed form.
  near(studentTTail(1, 1), 0.25);
  near(studentTTail(-1, 1), 0.75);
  near(studentTTail(1e8, 1), 1 / (Math.PI * 1e8), 1e-7);
  const t = 300;
  near(studentTTail(t, 2), 0.5 * (1 - t / Math.sqrt(t * t + 2)), 1e-4);
  // Tables: 97.5 % of ten degrees.
  near(studentTTail(2.2281388519649385, 10), 0.025, 1e-6);
  equal(studentTTail(Infinity, 3), 0);
  equal(studentTTail(-Infinity, 3), 1);
  near(studentTTail(0, 5.5), 0.5);
});

Deno.test("holmAdjusted: the worked example of Holm's procedure, in any order", () => {
  // 0.01 * 4, 0.02 * 3, 0.03 * 2, and no less than the one before.
  deepEqual(holmAdjusted([0.04, 0.01, null, 0.03, 0.02].map((p) => p)).map((p) => p && Math.round(p * 1e6) / 1e6), [
    ...[0.06, 0.04, null, 0.06, 0.06],
  ]);
  fc.assert(fc.property(fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 20 }), (values) => {
    const adjusted = holmAdjusted(values);
    values.forEach((value, i) =>
      ok(adjusted[i]! >= value && adjusted[i]! <= Math.min(1, value * values.length) + 1e-12)
    );
  }));
});

Deno.test("seedDifference pairs shared seeds: the t-test by hand", () => {
  // Differences 1, 2, 3, 4; mean 2.5, std 1.2910, error 0.6455; seeds 9 and 10 have no partner.
  const before = values([1, 10], [2, 20], [3, 30], [4, 40], [9, 99]);
  const after = values([2, 22], [1, 11], [3, 33], [4, 44], [10, 0]);
  const got = seedDifference(before, after)!;
  equal(got.isPaired, true);
  deepEqual([got.before, got.after, got.difference, got.degrees], [4, 4, 2.5, 3]);
  near(got.error, Math.sqrt(5 / 3) / 2);
  near(got.high! - got.low!, 2 * 3.182446305284263 * got.error!, 1e-7);
  near(chanceOf(got, 1), studentTTail(2.5 / got.error!, 3));
});

Deno.test("seedDifference of other seeds is Welch's, with his degrees", () => {
  const got = seedDifference(values([1, 3], [2, 5], [3, 4]), values([4, 10], [5, 14], [6, 12], [7, 12]))!;
  equal(got.isPaired, false);
  // Variances of the means: 1 / 3 and (8 / 3) / 4 = 2 / 3.
  near(got.difference, 8);
  near(got.error, 1);
  near(got.degrees, 1 / ((1 / 9) / 2 + (4 / 9) / 3));
});

Deno.test("seedDifference: what was computed the same is no difference, and steps tell no spread", () => {
  const same = values([1, 0.5], [2, 0.6], [3, 0.7]);
  const none = seedDifference(same, same, { leastStd: 0.01 })!;
  deepEqual([none.difference, none.error, none.low, none.high, chanceOf(none, 1), chanceOf(none, -1)], [
    0,
    0,
    0,
    0,
    1,
    1,
  ]);
  const all = seedDifference(values([1, 1], [2, 1], [3, 1]), values([1, 0.9], [2, 0.9], [3, 0.9]), { leastStd: 0.01 })!;
  near(all.error, 0.01 / Math.sqrt(3));
  equal(seedDifference(values(), same), null);
  equal(seedDifference(values([9, 1]), same)!.error, null);
});

Deno.test("measureOf takes better, unit and margin from the catalogue", () => {
  const accuracy = measureOf({ name: "accuracy", qualifier: "" });
  deepEqual([accuracy.better, accuracy.isJudged, accuracy.margin(0.9)], ["higher", true, 0.02]);
  equal(measureOf({ name: "accuracy", qualifier: "x3" }).isJudged, false);
  const reward = measureOf({ name: "return", qualifier: "" });
  deepEqual([reward.better, reward.isJudged, reward.margin(-20)], ["higher", true, 1]);
  deepEqual(measureOf({ name: "unheard of", qualifier: "" }).better, "neither");
});

const key = { environment: "e", method: "m", split: "n2" };
const accuracy = { name: "accuracy", qualifier: "" };

function results(...values: readonly (number | null)[]): SeedResult[] {
  return values.map((value, i) => ({ ...key, metric: accuracy, seed: i + 1, value }));
}

Deno.test("compareResults calls worse what is significant and matters, and says what it could have found", () => {
  const rng = new Rng(1);
  const before = results(0.9, 0.91, 0.92, 0.9, 0.91);
  const [worse] = compareResults(before, results(0.8, 0.82, 0.81, 0.81, 0.8), { rng });
  equal(worse?.verdict, "worse");
  ok(worse.worseChance! < 0.001 && worse.betterChance! > 0.999);
  deepEqual(worse.improvement?.probability, 0);
  ok(worse.detectable! >= 0.02 && worse.detectable! < 0.1, String(worse.detectable));
  equal(compareResults(results(0.8, 0.82, 0.81, 0.81, 0.8), before, { rng })[0]?.verdict, "better");
  // Significant, but nobody would mind.
  const [small] = compareResults(before, results(0.891, 0.901, 0.911, 0.891, 0.901), { rng });
  equal(small?.verdict, "no difference shown");
});

Deno.test("compareResults judges no row of four seeds, nor one that a side lacks, and counts what is missing", () => {
  const rng = new Rng(1);
  const [four] = compareResults(results(0.9, 0.9, 0.91, 0.9), results(0.1, 0.1, 0.11, 0.1), { rng });
  deepEqual([four?.verdict, four?.worseChance, four?.detectable], ["not judged", null, null]);
  const [lost] = compareResults(results(0.9, 0.8), [], { rng });
  deepEqual([lost?.verdict, lost?.after.seeds, lost?.difference], ["not judged", 0, null]);
  const [partly] = compareResults(results(0.9, 0.8), results(0.9, null), { rng });
  deepEqual([partly?.after.seeds, partly?.after.missing], [1, 1]);
});

Deno.test("compareResults: an unchanged suite with other seeds raises at most 5 % false alarms", () => {
  let worse = 0;
  let better = 0;
  const repetitions = 100;
  for (let i = 0; i < repetitions; i++) {
    const [world, rng] = [new Rng(i), new Rng(10_000 + i)];
    const before = madeResults(world, { seeds: seedsFrom(1, 8), rng });
    const after = madeResults(world, { seeds: seedsFrom(101, 8), rng });
    const rows = compareResults(before, after, { rng: new Rng(1), resamples: 0 });
    equal(rows.filter(({ worseChance }) => worseChance !== null).length, 96);
    worse += rows.some(({ verdict }) => verdict === "worse") ? 1 : 0;
    better += rows.some(({ verdict }) => verdict === "better") ? 1 : 0;
  }
  ok(worse <= 5 && better <= 5, `${worse} and ${better} of ${repetitions}`);
});

Deno.test("compareResults finds a loss of 10 % of accuracy under shifts, and names nothing else", () => {
  let found = 0;
  let others = 0;
  for (let i = 0; i < 40; i++) {
    const [world, rng] = [new Rng(i), new Rng(10_000 + i)];
    const before = madeResults(world, { seeds: seedsFrom(1, 8), rng });
    const worse = { method: "fcdl-sparse", loss: 0.1 };
    const after = madeResults(world, { seeds: seedsFrom(i % 2 === 0 ? 1 : 101, 8), rng, worse });
    const called = compareResults(before, after, { rng: new Rng(1), resamples: 0 }).filter(({ verdict }) =>
      verdict === "worse"
    );
    const isPlanted = ({ method, split }: (typeof called)[number]) => method === worse.method && split !== "train";
    found += called.some(isPlanted) ? 1 : 0;
    others += called.every(isPlanted) ? 0 : 1;
  }
  ok(found >= 35 && others <= 2, `found ${found} of 40, others ${others}`);
});
