import { findTimeSteps } from "../../lib/metrics/comparison/mod.ts";
import { isBaseCase, type PerfMeasurement } from "../../lib/records/perf_records.ts";
import type { NoteBlock } from "../blocks.ts";
import { methodLabel } from "../read/results.ts";

/** Times of a measurement that are looked at, as sentences call them. */
const times = { update_ms: "an update", plan_ms: "a plan", loop_ms: "a loop" } as const;

/** A place from which on a time is another. */
export interface SpeedStep {
  readonly method: string;
  /** Machine, backend and libraries. */
  readonly place: string;
  readonly what: keyof typeof times;
  /** The first measurement on the new level. */
  readonly at: PerfMeasurement["of"];
  /** Geometric means since the step before and up to the next one, ms. */
  readonly beforeMs: number;
  readonly afterMs: number;
}

/**
 * Steps in the times of the base size over measurements of one machine and engine (see `findTimeSteps`).
 *
 * @param all Measurements in any order.
 */
export function speedSteps(all: readonly PerfMeasurement[]): readonly SpeedStep[] {
  const groups = Map.groupBy(
    all.filter(({ of }) => of.method !== "" && isBaseCase(of)),
    ({ of }) => JSON.stringify([of.method, placeOf(of)]),
  );
  return [...groups.values()].flatMap((group) => {
    const own = group.toSorted((a, b) => a.of.time < b.of.time ? -1 : 1);
    return (Object.keys(times) as (keyof typeof times)[]).flatMap((what) =>
      findTimeSteps(own.map(({ numbers }) => positive(numbers.get(what)))).map(({ at, before, after }): SpeedStep => {
        const { of } = own[at]!;
        return {
          ...{ method: of.method, place: placeOf(of), what, at: of },
          beforeMs: Math.exp(before),
          afterMs: Math.exp(after),
        };
      })
    );
  });
}

function positive(value: number | null | undefined): number | null {
  return value === null || value === undefined || value <= 0 ? null : value;
}

function placeOf({ machine, backend, blas, kernels }: PerfMeasurement["of"]): string {
  return [machine, backend, blas === "" ? "own kernel" : blas, kernels].filter((part) => part !== "").join(", ");
}

/** What the page says of them; null where there are none. */
export function speedStepNote(steps: readonly SpeedStep[]): NoteBlock | null {
  if (steps.length === 0) return null;
  const slower = steps.filter(({ beforeMs, afterMs }) => afterMs > beforeMs).length;
  return {
    kind: "note",
    id: "speed-steps",
    tone: slower > 0 ? "error" : "info",
    title: `${steps.length} ${steps.length === 1 ? "step" : "steps"} in times, ${slower} to slower ones`,
    lines: [
      ...steps.toSorted((a, b) => a.at.time < b.at.time ? 1 : -1).map(sentenceOf),
      "A step is a place before and after which three measurements or more differ by 5 % or more: by a t-test on " +
      "logarithms at 1 % after correction for the number of places, on one machine and engine.",
    ],
  };
}

function sentenceOf({ method, place, what, at, beforeMs, afterMs }: SpeedStep): string {
  const change = 100 * (afterMs / beforeMs - 1);
  return `${methodLabel(method)}, ${times[what]}: ${beforeMs.toPrecision(3)} to ${afterMs.toPrecision(3)} ms ` +
    `(${change > 0 ? "+" : "\u2212"}${Math.abs(change).toFixed(0)} %) from ${
      at.time.slice(0, 16).replace("T", " ")
    } on, ` +
    `code ${at.code}; ${place}`;
}
