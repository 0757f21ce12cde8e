import { meanOf } from "../mean.ts";
import { LEAST_JUDGED } from "./compare_results.ts";
import type { Measure } from "./measures.ts";
import { chanceOf, type SeedDifference, seedDifference, type SeedValues } from "./seed_difference.ts";

/** A place of a history from which on the level is another. */
export interface Step {
  /** Index of the first execution on the new level. */
  readonly at: number;
  /** Mean over seeds since the step before, and up to the next one. */
  readonly before: number;
  readonly after: number;
  readonly difference: SeedDifference;
  /** The chance that a history without steps has one this clear anywhere, at most. */
  readonly chance: number;
  /** Null for a metric without better and worse. */
  readonly isWorse: boolean | null;
}

/** How steps are looked for. */
export interface StepOptions extends Pick<Measure, "better" | "margin"> {
  /** Chance that a history without steps shows one; 0.01 when absent, as each new execution asks again. */
  readonly alpha?: number;
  /** Seeds that each side of a step must have. */
  readonly leastSeeds?: number;
}

/**
 * Finds the steps of a number over executions. The rule: of all places the one where the means over seeds before and after
 * differ most clearly is a step, if the chance of such a difference (a two-sided t-test, see {@link seedDifference}),
 * times the number of places, is below `alpha`, and the mean moved by at least the margin. Then the same is done on
 * either side of it (binary segmentation); at the end a step stays if it holds between its neighbours, too.
 *
 * What counts are seeds, not executions: each seed is averaged over the executions of a side first. Executions of one
 * code with the same seeds give the same numbers to the bit, so a thousand of them are no more evidence than one; a rule
 * that takes executions for independent, as those of benchmarks of time do (asv fits levels to them under a penalty for
 * each step, and weighs them by the noise between samples), would call any change of code a step. And a place between
 * two equal executions is none. So a change can be told on the very execution that brings it.
 *
 * @param history For each execution the number by seed; an execution without any is passed over.
 * @returns Steps in the order of the history.
 */
export function findSteps(history: readonly SeedValues[], options: StepOptions): readonly Step[] {
  const { alpha = 0.01 } = options;
  const points = history.flatMap((values, at) => values.size === 0 ? [] : [{ at, values }]);
  const places = points.flatMap(({ values }, i) => i > 0 && !areEqual(points[i - 1]!.values, values) ? [i] : []);
  const means = points.map(({ values }) => values);
  const measure = (from: number, at: number, to: number): Found | null => {
    const [left, right] = [bySeed(means.slice(from, at)), bySeed(means.slice(at, to))];
    const margin = options.margin(meanOf(left.values())!);
    const difference = seedDifference(left, right, { leastStd: margin / 2 })!;
    if (Math.min(difference.before, difference.after) < (options.leastSeeds ?? LEAST_JUDGED)) return null;
    if (Math.abs(difference.difference) < margin) return null;
    const chances = [chanceOf(difference, 1), chanceOf(difference, -1)];
    if (chances[0] === null || chances[1] === null) return null;
    const chance = Math.min(1, 2 * Math.min(chances[0]!, chances[1]!) * places.length);
    return { at, chance, difference, before: meanOf(left.values())!, after: meanOf(right.values())! };
  };
  const found = segment({ from: 0, to: points.length }, { places, alpha, measure });
  return confirmed(found.map(({ at }) => at), { end: points.length, alpha, measure }).map((step) => ({
    ...step,
    at: points[step.at]!.at,
    isWorse: options.better === "neither" ? null : (options.better === "higher") === (step.difference.difference < 0),
  }));
}

type Found = Omit<Step, "isWorse">;

interface Search {
  readonly alpha: number;
  measure(from: number, at: number, to: number): Found | null;
}

function segment(
  { from, to }: { readonly from: number; readonly to: number },
  search: Search & { readonly places: readonly number[] },
): Found[] {
  let clearest: Found | null = null;
  for (const at of search.places) {
    if (at <= from || at >= to) continue;
    const found = search.measure(from, at, to);
    if (found && (!clearest || isClearer(found, clearest))) clearest = found;
  }
  if (!clearest || clearest.chance >= search.alpha) return [];
  return [
    ...segment({ from, to: clearest.at }, search),
    clearest,
    ...segment({ from: clearest.at, to }, search),
  ];
}

/** Chances that are too small to tell apart are told apart by how far the mean moved. */
function isClearer(a: Found, b: Found): boolean {
  if (a.chance !== b.chance) return a.chance < b.chance;
  return Math.abs(a.difference.difference) > Math.abs(b.difference.difference);
}

/** Drops the least clear step that does not hold between its neighbours, until all do. */
function confirmed(ats: readonly number[], { end, alpha, measure }: Search & { readonly end: number }): Found[] {
  const steps = ats.map((at, i) => ({ at, found: measure(ats[i - 1] ?? 0, at, ats[i + 1] ?? end) }));
  let weakest: { readonly at: number; readonly chance: number } | null = null;
  for (const { at, found } of steps) {
    const chance = found?.chance ?? 1;
    if (chance >= alpha && (!weakest || chance > weakest.chance)) weakest = { at, chance };
  }
  if (!weakest) return steps.map(({ found }) => found!);
  return confirmed(ats.filter((at) => at !== weakest.at), { end, alpha, measure });
}

function areEqual(a: SeedValues, b: SeedValues): boolean {
  return a.size === b.size && [...a].every(([seed, value]) => b.get(seed) === value);
}

/** Each seed's mean over executions. */
function bySeed(executions: readonly SeedValues[]): SeedValues {
  const all = new Map<number, number[]>();
  for (const values of executions) {
    for (const [seed, value] of values) {
      const list = all.get(seed);
      if (list) list.push(value);
      else all.set(seed, [value]);
    }
  }
  return new Map([...all].map(([seed, list]) => [seed, meanOf(list)!]));
}

/**
 * Finds the steps of a time over executions, such as an update's: each execution is one measurement, and what counts is
 * by which factor it changed. Before and after a step there are at least three executions that were measured.
 *
 * @param history Above 0, in any unit of time; null for an execution that was not measured.
 * @param options.margin The smallest factor that matters, less 1; 0.05 when absent.
 * @returns Steps whose levels and differences are natural logarithms of times.
 */
export function findTimeSteps(
  history: readonly (number | null)[],
  { margin = 0.05, alpha = 0.01 }: { readonly margin?: number; readonly alpha?: number } = {},
): readonly Step[] {
  // A measurement has no seed in common with any other.
  const points = history.map((time, i): SeedValues => new Map(time === null ? [] : [[i, Math.log(time)]]));
  return findSteps(points, { better: "lower", margin: () => Math.log1p(margin), alpha, leastSeeds: 3 });
}
