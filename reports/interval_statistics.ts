import { meanOf, presentValues } from "../lib/metrics/mean.ts";
import { sampleStd } from "../lib/metrics/seed_statistics.ts";

/** Statistics of one number over seeds; null where there are too few seeds to say. */
export interface SeedStatistics {
  /** Seeds with a value. */
  readonly count: number;
  readonly mean: number | null;
  /** Sample standard deviation; null below two seeds. */
  readonly std: number | null;
  /** 95 % interval of the mean (Student's t); null below three seeds, where it says next to nothing. */
  readonly low: number | null;
  readonly high: number | null;
  readonly min: number | null;
  readonly max: number | null;
}

// Two-sided 95 % quantiles of Student's t for 2 to 30 degrees of freedom. A percentile bootstrap of so few seeds
// would be far too narrow to call methods apart.
const tQuantiles = (
  "4.303 3.182 2.776 2.571 2.447 2.365 2.306 2.262 2.228 2.201 2.179 2.16 2.145 2.131 2.12 2.11 2.101 2.093 2.086 " +
  "2.08 2.074 2.069 2.064 2.06 2.056 2.052 2.048 2.045 2.042"
).split(" ").map(Number);

/** Statistics of one value a seed; missing values are not counted. */
export function seedStatistics(values: readonly (number | null)[]): SeedStatistics {
  const known = presentValues(values);
  const mean = meanOf(known);
  const std = sampleStd(known);
  const range = known.length === 0 ? { min: null, max: null } : { min: Math.min(...known), max: Math.max(...known) };
  if (mean === null || std === null || known.length < 3) {
    return { count: known.length, mean, std, low: null, high: null, ...range };
  }
  const half = (tQuantiles[known.length - 3] ?? 1.96) * std / Math.sqrt(known.length);
  return { count: known.length, mean, std, low: mean - half, high: mean + half, ...range };
}
