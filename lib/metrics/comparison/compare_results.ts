import type { Rng } from "../../core/rng.ts";
import type { Interval } from "../bootstrap.ts";
import { meanOf } from "../mean.ts";
import { probabilityOfImprovement } from "../probability_of_improvement.ts";
import { studentTQuantile } from "../student_t.ts";
import { holmAdjusted } from "./holm.ts";
import { type Measure, measureOf } from "./measures.ts";
import { chanceOf, type SeedDifference, seedDifference } from "./seed_difference.ts";

/** What a number is of. */
export interface ComparedKey {
  readonly environment: string;
  readonly method: string;
  readonly split: string;
  readonly metric: { readonly name: string; readonly qualifier: string };
}

/** One run's last number of a metric; null where it is missing or the run failed. */
export interface SeedResult extends ComparedKey {
  readonly seed: number;
  readonly value: number | null;
}

/** One side of a comparison. */
export interface ComparedSide {
  /** Seeds with a number, all that there are. */
  readonly seeds: number;
  /** Seeds whose number is missing. */
  readonly missing: number;
  readonly mean: number | null;
}

/** What a comparison says of a number. */
export type ComparisonVerdict =
  /** Significantly so after the correction, and by more than the margin. */
  | "worse"
  | "better"
  /** Neither can be said. */
  | "no difference shown"
  /** The metric is not judged, or a side has fewer than {@link LEAST_JUDGED} seeds. */
  | "not judged";

/** The comparison of one number. */
export interface ComparedRow extends ComparedKey {
  readonly before: ComparedSide;
  readonly after: ComparedSide;
  /** Null where a side has no seed. */
  readonly difference: SeedDifference | null;
  /** The chance that a seed after is better than a seed before; null for a metric without better and worse. */
  readonly improvement: { readonly probability: number | null; readonly interval: Interval | null } | null;
  /** Chances of such a worsening (or improvement) if there is none, corrected for all rows that are judged. */
  readonly worseChance: number | null;
  readonly betterChance: number | null;
  /** The smallest worsening that this row could have been called for, in the metric's unit; null if not judged. */
  readonly detectable: number | null;
  readonly verdict: ComparisonVerdict;
}

/** How a comparison is made. */
export interface ComparisonOptions {
  /** Draws the intervals of the chance of improvement. */
  readonly rng: Rng;
  /** Chance that even one row is called worse by mistake; the same for better. 0.05 when absent. */
  readonly alpha?: number;
  /** What is asked of a metric; of the catalogue's when absent. */
  measure?(metric: ComparedKey["metric"]): Measure;
  /** Redrawn data sets of a bootstrap; 0 leaves intervals of the chance of improvement out. */
  readonly resamples?: number;
}

/**
 * Seeds on each side from which on a row is judged. With three, seeds that lie close by chance, on a number whose seeds
 * now and then fail altogether, would be called a step far too often: no test of three against three seeds that takes no
 * shape of their distribution for granted can call anything after a correction for a dozen rows.
 */
export const LEAST_JUDGED = 5;

/**
 * Compares two sets of results, number by number.
 *
 * A row is called worse if both hold: by a one-sided t-test over seeds (see {@link seedDifference}), with all judged rows
 * corrected together (see {@link holmAdjusted}), a worsening is significant at `alpha`; and the mean is worse by at least
 * the metric's margin (see {@link measureOf}), so that a large number of seeds finds nothing that does not matter. The
 * spread over seeds is never taken for less than half the margin. Better is the same the other way round.
 *
 * @param before Results of one execution, each seed once for each number.
 * @param after Of the other one.
 * @returns A row for each number that either side has, in the order of their first appearance.
 */
export function compareResults(
  before: readonly SeedResult[],
  after: readonly SeedResult[],
  { rng, alpha = 0.05, measure = measureOf, resamples = 2000 }: ComparisonOptions,
): readonly ComparedRow[] {
  const measured = grouped(before, after).map(({ key, sides: [a, b] }) => {
    const asked = measure(key.metric);
    const [left, right] = [known(a), known(b)];
    const margin = asked.margin(meanOf(left.values()) ?? 0);
    const difference = seedDifference(left, right, { leastStd: margin / 2 });
    const isJudged = asked.isJudged && difference !== null && difference.error !== null &&
      Math.min(difference.before, difference.after) >= LEAST_JUDGED;
    return { key, a, b, left, right, asked, margin, difference, isJudged };
  });
  const chances = (of: "worse" | "better") =>
    holmAdjusted(
      measured.map(({ isJudged, difference, asked }) =>
        isJudged ? chanceOf(difference!, (asked.better === "higher") === (of === "better") ? 1 : -1) : null
      ),
    );
  const [worse, better] = [chances("worse"), chances("better")];
  const judged = measured.filter(({ isJudged }) => isJudged).length;
  return measured.map(({ key, a, b, left, right, asked, margin, difference, isJudged }, i): ComparedRow => ({
    ...key,
    before: sideOf(a, left),
    after: sideOf(b, right),
    difference,
    improvement: improvementOf({ left, right, better: asked.better }, { rng, resamples }),
    worseChance: worse[i]!,
    betterChance: better[i]!,
    detectable: isJudged
      ? Math.max(margin, difference!.error! * studentTQuantile(1 - alpha / judged, difference!.degrees!))
      : null,
    verdict: !isJudged
      ? "not judged"
      : Math.abs(difference!.difference) < margin
      ? "no difference shown"
      : worse[i]! < alpha
      ? "worse"
      : better[i]! < alpha
      ? "better"
      : "no difference shown",
  }));
}

type Seeds = ReadonlyMap<number, number | null>;

interface Group {
  readonly key: ComparedKey;
  readonly sides: readonly [Map<number, number | null>, Map<number, number | null>];
}

function grouped(before: readonly SeedResult[], after: readonly SeedResult[]): readonly Group[] {
  const groups = new Map<string, Group>();
  for (const [side, results] of [before, after].entries()) {
    for (const { environment, method, split, metric, seed, value } of results) {
      const key = JSON.stringify([environment, method, split, metric.name, metric.qualifier]);
      let group = groups.get(key);
      if (!group) {
        groups.set(key, group = { key: { environment, method, split, metric }, sides: [new Map(), new Map()] });
      }
      group.sides[side]!.set(seed, value);
    }
  }
  return [...groups.values()];
}

function known(seeds: Seeds): ReadonlyMap<number, number> {
  return new Map([...seeds].filter((entry): entry is [number, number] => entry[1] !== null));
}

function sideOf(all: Seeds, values: ReadonlyMap<number, number>): ComparedSide {
  return { seeds: values.size, missing: all.size - values.size, mean: meanOf(values.values()) };
}

function improvementOf(
  { left, right, better }: {
    readonly left: ReadonlyMap<number, number>;
    readonly right: ReadonlyMap<number, number>;
    readonly better: Measure["better"];
  },
  { rng, resamples }: { readonly rng: Rng; readonly resamples: number },
): ComparedRow["improvement"] {
  if (better === "neither") return null;
  const sign = better === "higher" ? 1 : -1;
  const scores = (values: ReadonlyMap<number, number>) => [[...values.values()].map((value) => sign * value)];
  return probabilityOfImprovement(scores(right), scores(left), { rng, resamples });
}
