import { meanOf } from "../mean.ts";
import { sampleStd } from "../seed_statistics.ts";
import { studentTQuantile, studentTTail } from "../student_t.ts";

/** One number for each seed. */
export type SeedValues = ReadonlyMap<number, number>;

/** How far the mean over seeds moved. */
export interface SeedDifference {
  /** Whether the seeds that both sides have were compared one by one, and others left out. */
  readonly isPaired: boolean;
  /** Seeds of each side that count. */
  readonly before: number;
  readonly after: number;
  /** Mean after less mean before; of the pairs, where they are. */
  readonly difference: number;
  /** Standard error of the difference, and its degrees of freedom; null where it cannot be told. */
  readonly error: number | null;
  readonly degrees: number | null;
  /** 95 % interval of the difference (Student's t); null below {@link FEWEST_SEEDS} seeds. */
  readonly low: number | null;
  readonly high: number | null;
}

/** Below this an interval says next to nothing. */
export const FEWEST_SEEDS = 3;

/**
 * The difference of two means over seeds. Where at least three seeds are on both sides they are paired: a seed draws the
 * same environment on both, so most of what tells seeds apart falls out. Else all seeds count, with Welch's test, which
 * takes neither equal numbers nor equal spreads for granted.
 *
 * @param options.leastStd The spread over seeds is taken for at least this much. Values that come in steps, such as
 *   shares of few episodes, can agree by chance, which says nothing of their spread.
 * @returns null where a side has no seed.
 */
export function seedDifference(
  before: SeedValues,
  after: SeedValues,
  { leastStd = 0 }: { readonly leastStd?: number } = {},
): SeedDifference | null {
  const shared = [...before.keys()].filter((seed) => after.has(seed));
  if (shared.length >= FEWEST_SEEDS) {
    const differences = shared.map((seed) => after.get(seed)! - before.get(seed)!);
    const count = shared.length;
    const difference = meanOf(differences)!;
    // Nothing moved: not by chance, but because the same was computed.
    const isSame = differences.every((value) => value === 0);
    const error = (isSame ? 0 : Math.max(sampleStd(differences)!, leastStd)) / Math.sqrt(count);
    return { isPaired: true, before: count, after: count, difference, ...spread({ difference, error, count }) };
  }
  const [left, right] = [[...before.values()], [...after.values()]];
  if (left.length === 0 || right.length === 0) return null;
  const difference = meanOf(right)! - meanOf(left)!;
  const sides = { isPaired: false, before: left.length, after: right.length, difference };
  const [a, b] = [variance(left, leastStd), variance(right, leastStd)];
  if (a === null || b === null) return { ...sides, error: null, degrees: null, low: null, high: null };
  const error = Math.sqrt(a + b);
  // Welch and Satterthwaite.
  const degrees = error === 0
    ? left.length + right.length - 2
    : (a + b) ** 2 / (a ** 2 / (left.length - 1) + b ** 2 / (right.length - 1));
  const count = Math.min(left.length, right.length);
  return { ...sides, ...spread({ difference, error, count, degrees }) };
}

/** Of the mean; null for a single value. */
function variance(values: readonly number[], leastStd: number): number | null {
  const std = sampleStd(values);
  return std === null ? null : Math.max(std, leastStd) ** 2 / values.length;
}

function spread(
  { difference, error, count, degrees = count - 1 }: {
    readonly difference: number;
    readonly error: number;
    readonly count: number;
    readonly degrees?: number;
  },
): Pick<SeedDifference, "error" | "degrees" | "low" | "high"> {
  if (count < FEWEST_SEEDS) return { error, degrees, low: null, high: null };
  const half = error * studentTQuantile(0.975, degrees);
  return { error, degrees, low: difference - half, high: difference + half };
}

/**
 * The chance of a difference this large, or larger, if there is none.
 *
 * @param direction 1: of a rise; -1: of a fall.
 * @returns null where the spread cannot be told.
 */
export function chanceOf({ difference, error, degrees }: SeedDifference, direction: 1 | -1): number | null {
  if (error === null || degrees === null) return null;
  if (error === 0) return direction * difference > 0 ? 0 : 1;
  return studentTTail(direction * difference / error, degrees);
}
