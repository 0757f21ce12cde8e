import { bootstrapInterval, type BootstrapOptions, type Interval, type Strata } from "./bootstrap.ts";
import { meanOf } from "./mean.ts";

/**
 * The chance that a seed of one method scores above a seed of another on the same task, a tie counting half, averaged
 * over tasks (Agarwal et al. 2021).
 *
 * @param scores Of the method, by task.
 * @param baseline Of the other method, the same tasks in the same order.
 * @returns `probability` in [0, 1], null without a task on which both have a seed; `interval` redraws the seeds of both.
 * @throws {TypeError} If the numbers of tasks differ.
 */
export function probabilityOfImprovement(
  scores: Strata,
  baseline: Strata,
  options: BootstrapOptions,
): { readonly probability: number | null; readonly interval: Interval | null } {
  if (scores.length !== baseline.length) {
    throw new TypeError(
      `Cannot compare methods: their tasks differ, expected ${baseline.length} tasks, got ${scores.length}`,
    );
  }
  const tasks = scores.length;
  const statistic = (strata: Strata) =>
    meanOf(Array.from({ length: tasks }, (_, task) => improvement(strata[task]!, strata[tasks + task]!)));
  const strata = [...scores, ...baseline];
  return { probability: statistic(strata), interval: bootstrapInterval(strata, { ...options, statistic }) };
}

function improvement(scores: readonly number[], baseline: readonly number[]): number | null {
  if (scores.length === 0 || baseline.length === 0) return null;
  let wins = 0;
  for (const score of scores) {
    for (const other of baseline) wins += score > other ? 1 : score === other ? 0.5 : 0;
  }
  return wins / (scores.length * baseline.length);
}
