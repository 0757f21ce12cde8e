import { meanOf } from "../mean.ts";
import { studentTQuantile, studentTTail } from "../student_t.ts";
import { holmAdjusted } from "./holm.ts";

/** One time that was measured. */
export interface MeasuredTime {
  /** What was measured, on what: times of two cases are never compared. */
  readonly case: string;
  /** Such as `update_ms`. */
  readonly metric: string;
  /** When: times of one measurement share what the machine was doing then. */
  readonly session: string;
  /** Above 0. */
  readonly time: number;
}

/** The comparison of one time. */
export interface SpeedRow {
  readonly case: string;
  readonly metric: string;
  /** Sessions on each side, and the typical (geometric mean) time in them. */
  readonly before: { readonly sessions: number; readonly time: number };
  readonly after: { readonly sessions: number; readonly time: number };
  /** Time after over time before, and its 95 % interval; null where the machine's noise is not known. */
  readonly factor: number;
  readonly low: number | null;
  readonly high: number | null;
  /** The chance of such a slowdown if there is none, corrected for all rows; null as above. */
  readonly slowerChance: number | null;
  readonly verdict: "slower" | "faster" | "no difference shown" | "not judged";
}

/** What a comparison of speed found. */
export interface SpeedComparison {
  readonly rows: readonly SpeedRow[];
  /** By how much, as a share, a time differs from session to session on one side; null where no side has two. */
  readonly noise: number | null;
  /** Degrees of freedom of the noise: sessions beyond one on each side. */
  readonly degrees: number;
}

/** Degrees of freedom below which the machine's noise counts as unknown: two more sessions than sides. */
export const LEAST_NOISE_DEGREES = 2;

/**
 * Compares times before and after, beyond the machine's own noise: how much the same code's times differ from session to
 * session, pooled over all cases, as a machine's spells hit all of them. Therefore sessions and not cases are the noise's
 * degrees of freedom. A time is slower if that is significant at `alpha` after Holm's correction over all rows (a
 * one-sided t-test on logarithms) and it is longer by the margin.
 *
 * @param before Times of one code on one machine, from several sessions; of a case measured twice in a session the mean.
 * @param after Of the other code, on the same machine.
 * @param options.margin The smallest share of a time that matters; 0.05 when absent.
 * @returns Rows of cases that both sides have.
 */
export function compareSpeed(
  before: readonly MeasuredTime[],
  after: readonly MeasuredTime[],
  { alpha = 0.05, margin = 0.05 }: { readonly alpha?: number; readonly margin?: number } = {},
): SpeedComparison {
  const sides = [byRow(before), byRow(after)] as const;
  const degrees = sessionsOf(before) + sessionsOf(after) - 2;
  const std = pooledStd([...sides[0].values(), ...sides[1].values()].map(({ logs }) => [...logs.values()]));
  const isKnown = std !== null && std > 0 && degrees >= LEAST_NOISE_DEGREES;
  const pairs = [...sides[0]].flatMap(([key, left]) => {
    const right = sides[1].get(key);
    if (!right) return [];
    const [a, b] = [[...left.logs.values()], [...right.logs.values()]];
    const [meanA, meanB] = [meanOf(a)!, meanOf(b)!];
    const error = isKnown ? std * Math.sqrt(1 / a.length + 1 / b.length) : null;
    return [{ ...left, a, b, meanA, meanB, change: meanB - meanA, error }];
  });
  const chances = (sign: 1 | -1) =>
    holmAdjusted(
      pairs.map(({ change, error }) => error === null ? null : studentTTail(sign * change / error, degrees)),
    );
  const [slower, faster] = [chances(1), chances(-1)];
  const rows = pairs.map(({ case: of, metric, a, b, meanA, meanB, change, error }, i): SpeedRow => {
    const half = error === null ? null : error * studentTQuantile(0.975, degrees);
    const matters = Math.abs(change) >= Math.log1p(margin);
    return {
      ...{ case: of, metric },
      before: { sessions: a.length, time: Math.exp(meanA) },
      after: { sessions: b.length, time: Math.exp(meanB) },
      factor: Math.exp(change),
      low: half === null ? null : Math.exp(change - half),
      high: half === null ? null : Math.exp(change + half),
      slowerChance: slower[i]!,
      verdict: error === null
        ? "not judged"
        : matters && slower[i]! < alpha
        ? "slower"
        : matters && faster[i]! < alpha
        ? "faster"
        : "no difference shown",
    };
  });
  return { rows, noise: std === null ? null : Math.expm1(std), degrees: Math.max(0, degrees) };
}

interface Row {
  readonly case: string;
  readonly metric: string;
  /** Mean logarithm of the time, by session. */
  readonly logs: ReadonlyMap<string, number>;
}

function byRow(times: readonly MeasuredTime[]): ReadonlyMap<string, Row> {
  const groups = new Map<string, { case: string; metric: string; lists: Map<string, number[]> }>();
  for (const { case: of, metric, session, time } of times) {
    const key = JSON.stringify([of, metric]);
    let group = groups.get(key);
    if (!group) groups.set(key, group = { case: of, metric, lists: new Map() });
    const list = group.lists.get(session);
    if (list) list.push(Math.log(time));
    else group.lists.set(session, [Math.log(time)]);
  }
  return new Map([...groups].map(([key, { lists, ...of }]) => {
    return [key, { ...of, logs: new Map([...lists].map(([session, list]) => [session, meanOf(list)!])) }];
  }));
}

function sessionsOf(times: readonly MeasuredTime[]): number {
  return new Set(times.map(({ session }) => session)).size;
}

/** Spread within groups, each round its own mean; null where no group has two. */
function pooledStd(groups: readonly (readonly number[])[]): number | null {
  let squares = 0;
  let degrees = 0;
  for (const values of groups) {
    const mean = meanOf(values);
    for (const value of values) squares += (value - mean!) ** 2;
    degrees += values.length - 1;
  }
  return degrees === 0 ? null : Math.sqrt(squares / degrees);
}
