import type { Rng } from "../core/rng.ts";
import { quantileOf } from "./seed_statistics.ts";

/** One array of seed scores for each stratum, such as a task. Missing seeds are not in it. */
export type Strata = readonly (readonly number[])[];

/** A confidence interval. */
export interface Interval {
  readonly low: number;
  readonly high: number;
}

/** How a bootstrap is drawn. */
export interface BootstrapOptions {
  readonly rng: Rng;
  /** Redrawn data sets. */
  readonly resamples?: number;
  /** Share of the statistic's distribution inside the interval, in (0, 1). */
  readonly confidence?: number;
}

/**
 * Percentile interval of a statistic under a stratified bootstrap: seeds are redrawn with replacement inside each
 * stratum, so every redrawn data set has the same tasks with the same number of seeds (Agarwal et al. 2021).
 *
 * @param strata Scores by stratum; redrawn in the same shape and handed to `statistic`.
 * @param options.statistic Its value for a data set; null where it is undefined, which a redraw then is not counted.
 * @returns null when no stratum has two seeds, as nothing is known about the spread then.
 */
export function bootstrapInterval(
  strata: Strata,
  options: BootstrapOptions & { readonly statistic: (strata: Strata) => number | null },
): Interval | null {
  const { rng, statistic, resamples = 2000, confidence = 0.95 } = options;
  if (strata.every((scores) => scores.length < 2)) return null;
  const redrawn = strata.map((scores) => [...scores]);
  const values: number[] = [];
  for (let draw = 0; draw < resamples; draw++) {
    for (let s = 0; s < strata.length; s++) {
      const scores = strata[s]!;
      const target = redrawn[s]!;
      for (let i = 0; i < scores.length; i++) target[i] = scores[rng.integer(scores.length)]!;
    }
    const value = statistic(redrawn);
    if (value !== null) values.push(value);
  }
  if (values.length === 0) return null;
  return percentileInterval(Float64Array.from(values), confidence);
}

/** The central share `confidence` of values, which are sorted in place; at least one. */
export function percentileInterval(values: Float64Array, confidence: number): Interval {
  values.sort();
  const tail = (1 - confidence) / 2;
  return { low: quantileOf(values, tail), high: quantileOf(values, 1 - tail) };
}
