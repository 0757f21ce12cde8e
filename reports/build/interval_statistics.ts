import { maxOf, minOf } from "../../lib/core/extremes.ts";
import { meanOf, presentValues } from "../../lib/metrics/mean.ts";
import { sampleStd } from "../../lib/metrics/seed_statistics.ts";
import { studentTQuantile } from "../../lib/metrics/student_t.ts";

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

/** Statistics of one value a seed; missing values are not counted. */
export function seedStatistics(values: readonly (number | null)[]): SeedStatistics {
  const known = presentValues(values);
  const mean = meanOf(known);
  const std = sampleStd(known);
  const range = known.length === 0 ? { min: null, max: null } : { min: minOf(known), max: maxOf(known) };
  if (mean === null || std === null || known.length < 3) {
    return { count: known.length, mean, std, low: null, high: null, ...range };
  }
  // A percentile bootstrap of so few seeds would be far too narrow to call methods apart.
  const half = studentTQuantile(0.975, known.length - 1) * std / Math.sqrt(known.length);
  return { count: known.length, mean, std, low: mean - half, high: mean + half, ...range };
}
