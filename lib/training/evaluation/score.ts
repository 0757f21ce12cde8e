import type { Observations } from "../../core/observations.ts";
import type { Transitions } from "../../envs/environment.ts";
import type { Split } from "../../envs/environment.ts";
import type { MetricName } from "../../metrics/catalogue.ts";

/** One number of an evaluation. */
export interface Score {
  readonly split: string;
  readonly name: MetricName;
  /** Empty for the whole. */
  readonly qualifier: string;
  /** Missing is null. */
  readonly value: number | null;
}

/** Transitions on which a model is asked for one split, with the one draw of the split's shift that all metrics see. */
export interface SplitSample {
  readonly split: Split;
  /** values [B, N], actions [B, M], nextValues [B, N]. */
  readonly transitions: Transitions;
  /** What the model observes. */
  readonly observations: Observations;
  /** What it would observe without the split's own shift, the sensor's draws being the same; null where nothing shifts. */
  readonly unshifted: Observations | null;
  /** 1 for the transitions whose observation the split's own shift changes, [B]; all 0 in distribution. */
  readonly changed: Uint8Array;
  /** Index of each transition's context, [B]. */
  readonly contexts: Uint8Array;
}

/** A score whose value is missing unless it is a finite number; of the whole where no qualifier is given. */
export function scoreOf(
  split: string,
  name: MetricName,
  { value, qualifier = "" }: { readonly value: number | null; readonly qualifier?: string },
): Score {
  return { split, name, qualifier, value: value !== null && Number.isFinite(value) ? value : null };
}

/** Rows of a row-major matrix [rows, columns] as nested arrays, rounded to six decimals, for JSON. */
export function matrixOf(values: ArrayLike<number>, columns: number): number[][] {
  return Array.from(
    { length: values.length / columns },
    (_, row) => Array.from({ length: columns }, (_, column) => rounded(values[row * columns + column]!)),
  );
}

function rounded(value: number): number {
  return Math.round(value * 1e6) / 1e6;
}

/** 1 for the samples of a context, [B]. */
export function inContext(contexts: Uint8Array, context: number): Uint8Array {
  return Uint8Array.from(contexts, (each) => each === context ? 1 : 0);
}
