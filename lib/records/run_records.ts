import type { MetricId } from "./metric_id.ts";

/** Where a run stands. `interrupted` can be resumed; `failed` keeps its error. */
export type RunStatus = "pending" | "running" | "interrupted" | "done" | "failed";

/** What a run was made with and on, kept beside its numbers. */
export interface Provenance {
  /** Project version and, in a git checkout, commit. */
  readonly codeVersion: string;
  /** Version of each thing a result may depend on: deno, v8, tfjs, backend kernels. */
  readonly versions: Readonly<Record<string, string>>;
  readonly backend: string;
  /** Processor, core count, memory, operating system; no host names or paths. */
  readonly machine: Readonly<Record<string, string | number>>;
}

/** What a run is made with from one of its loops on, until the next origin's. */
export interface Origin {
  readonly fromLoop: number;
  readonly provenance: Provenance;
}

/** Progress of a run, as pages and terminals show it. */
export interface RunProgress {
  readonly loop: number;
  readonly loops: number;
  readonly envSteps: number;
  readonly updates: number;
  /** Updates a second over the last interval; null before the first. */
  readonly updatesPerSecond: number | null;
  /** Estimated time left, ms; null when unknown. */
  readonly remainingMs: number | null;
}

/**
 * One number of a run. The key is (run, updates, envSteps, split, name, qualifier): recording it again, after a
 * resumption, replaces the value.
 */
export interface Metric extends MetricId {
  readonly envSteps: number;
  readonly updates: number;
  readonly split: string;
  /** Missing stays null; never NaN. */
  readonly value: number | null;
  readonly elapsedMs: number;
}
