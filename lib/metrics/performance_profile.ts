import { type BootstrapOptions, type Interval, percentileInterval, type Strata } from "./bootstrap.ts";

/** One point of a performance profile. */
export interface ProfilePoint {
  readonly threshold: number;
  /** Share of seeds that score above the threshold, averaged over tasks; null without seeds. */
  readonly share: number | null;
  /** Pointwise interval. */
  readonly interval: Interval | null;
}

/**
 * Performance profile (score distribution): how much of a method's runs score above each threshold (Agarwal et al.
 * 2021). Every point redraws the same data sets, so that the band is as smooth as the curve.
 *
 * @param scores By task.
 * @param options.thresholds In the order they are returned.
 */
export function performanceProfile(
  scores: Strata,
  options: BootstrapOptions & { readonly thresholds: readonly number[] },
): ProfilePoint[] {
  const { rng, thresholds, resamples = 2000, confidence = 0.95 } = options;
  const order = thresholds.map((_, index) => index).sort((a, b) => thresholds[a]! - thresholds[b]!);
  const ascending = Float64Array.from(order, (index) => thresholds[index]!);
  const tasks = scores.filter((task) => task.length > 0)
    .map((task) => Uint32Array.from(task, (score) => countBelow(score, ascending)));
  const shares = new Float64Array(ascending.length);
  const passing = new Uint32Array(ascending.length + 1);
  /** Into `shares`: at each threshold, the share of a task's seeds above it, averaged over tasks. */
  const average = (seedOf: (size: number, index: number) => number) => {
    shares.fill(0);
    for (const passed of tasks) {
      passing.fill(0);
      for (let i = 0; i < passed.length; i++) passing[passed[seedOf(passed.length, i)]!]!++;
      let above = 0;
      for (let t = shares.length - 1; t >= 0; t--) shares[t]! += (above += passing[t + 1]!) / passed.length;
    }
    for (let t = 0; t < shares.length; t++) shares[t]! /= tasks.length;
  };
  average((_, index) => index);
  const found = [...shares];
  const hasSpread = tasks.some((task) => task.length >= 2);
  const redrawn = found.map(() => new Float64Array(hasSpread ? resamples : 0));
  for (let draw = 0; hasSpread && draw < resamples; draw++) {
    average((size) => rng.integer(size));
    for (let t = 0; t < shares.length; t++) redrawn[t]![draw] = shares[t]!;
  }
  const points: ProfilePoint[] = [];
  for (const [t, index] of order.entries()) {
    points[index] = {
      threshold: thresholds[index]!,
      share: tasks.length === 0 ? null : found[t]!,
      interval: hasSpread ? percentileInterval(redrawn[t]!, confidence) : null,
    };
  }
  return points;
}

/** How many of the ascending thresholds a score is above. */
function countBelow(score: number, ascending: Float64Array): number {
  let count = 0;
  while (count < ascending.length && score > ascending[count]!) count++;
  return count;
}
