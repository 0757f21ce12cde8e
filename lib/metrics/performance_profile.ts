import { bootstrapInterval, type BootstrapOptions, type Interval, type Strata } from "./bootstrap.ts";
import { meanOf } from "./mean.ts";

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
  const { rng, thresholds } = options;
  const start = rng.state();
  return thresholds.map((threshold) => {
    rng.restore(start);
    const statistic = (strata: Strata) =>
      meanOf(strata.map((task) => meanOf(task.map((score) => score > threshold ? 1 : 0))));
    return { threshold, share: statistic(scores), interval: bootstrapInterval(scores, { ...options, statistic }) };
  });
}
