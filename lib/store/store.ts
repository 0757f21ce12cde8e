import type { MetricId } from "../records/metric_id.ts";
import type { Metric, Origin, Provenance, RunProgress, RunStatus } from "../records/run_records.ts";
import type { Execution, NewExecution } from "../records/execution.ts";

export type { RunStatus };

/** One run: a spec, its identity, and where it stands. */
export interface Run {
  /** A letter and a hash of the spec and the execution: the run's identity. */
  readonly id: string;
  readonly suite: string;
  /** Id of the execution that it belongs to. */
  readonly execution: string;
  /** Display ids: environment id with its task (`chemical-fork`), method id with its variant. */
  readonly environment: string;
  readonly method: string;
  readonly seed: number;
  /** The validated RunSpec, as plain data. */
  readonly spec: unknown;
  readonly status: RunStatus;
  /** The sentence a failed run ended with, or why an interrupted one was given up. */
  readonly error: string | null;
  readonly progress: RunProgress | null;
  /** What the run is made with now: that of the last of its {@link origins}. */
  readonly provenance: Provenance | null;
  /** What each stretch of its loops was made with, in order: more than one where a run went on with something else. */
  readonly origins: readonly Origin[];
  /** When a running worker's lease ends, Unix time, ms; null where nobody has one. See {@link isHeld}. */
  readonly leaseUntilMs: number | null;
  /** The length for which that lease was last given, ms. */
  readonly leaseMs: number | null;
  /** Unix time, ms. */
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
  /** Training time so far, over all resumptions, ms. */
  readonly elapsedMs: number;
  /** What of its record is not what was written, in a sentence; absent where it is sound. A damaged run has `failed`. */
  readonly damage?: string;
  /** Greater after every change of the run, its metrics or its artifacts; see {@link Store.revision}. */
  readonly revision: number;
}

/** What is needed to create a run, but for its execution. */
export type NewRun = Pick<Run, "id" | "suite" | "environment" | "method" | "seed" | "spec">;

/** What a store has of a suite, in order of creation. */
export interface StoredSuite {
  readonly executions: readonly Execution[];
  readonly runs: readonly Run[];
}

/** To which execution runs are added: a new one, or one that is there. */
export interface OpenedExecution {
  readonly execution: NewExecution;
  readonly runs: readonly NewRun[];
}

/** A run as it was recorded in another store. */
export interface ImportedRun {
  readonly run:
    & Pick<
      Run,
      | "id"
      | "environment"
      | "method"
      | "seed"
      | "spec"
      | "error"
      | "progress"
      | "origins"
      | "createdAtMs"
      | "updatedAtMs"
      | "elapsedMs"
    >
    & { readonly status: Exclude<RunStatus, "running"> };
  readonly metrics: readonly Metric[];
  readonly artifacts: readonly Artifact[];
  /** {@link Run.revision} of the run that it takes the place of; null where there is none of its id. */
  readonly replaces: number | null;
}

/** Which runs to list; absent fields match everything. */
export interface RunFilter {
  readonly suite?: string;
  readonly execution?: string;
  readonly status?: readonly RunStatus[];
  /** Only runs that changed since {@link Store.revision} was this: what a reader has to read again. */
  readonly changedAfter?: number;
}

/** A metric with its run, as queries return it. */
export interface MetricRow extends Metric {
  readonly runId: string;
}

/** Which metrics to read; absent fields match everything. */
export interface MetricQuery {
  readonly suite?: string;
  readonly execution?: string;
  readonly runIds?: readonly string[];
  readonly metrics?: readonly MetricId[];
  readonly splits?: readonly string[];
  /** Only the rows of each run's last recorded (updates, envSteps) per metric, qualifier and split. */
  readonly last?: boolean;
  /**
   * Told of each run whose records are not what was written; the damaged ones are left out. Absent: reading rejects with
   * a {@link DamageError} that names the run.
   */
  onDamage?(damage: Damage): void;
}

/** Records of a run that are not what was written, as after bits flipped on a disk. */
export interface Damage {
  readonly runId: string;
  readonly sentence: string;
}

/** What was read is not what was written. */
export class DamageError extends Error {
  override readonly name = "DamageError";
}

/** A suite as the store knows it, over all of its executions. */
export interface SuiteSummary {
  readonly suite: string;
  readonly executions: number;
  readonly runs: number;
  readonly byStatus: Readonly<Record<RunStatus, number>>;
  readonly updatedAtMs: number;
  /** The largest revision of its runs. */
  readonly revision: number;
}

/** A named blob of a run: `checkpoint`, or JSON such as `codebook`, `graphs`. */
export interface Artifact {
  readonly name: string;
  readonly contentType: string;
  readonly bytes: Uint8Array;
  readonly updatedAtMs: number;
}

/**
 * Whether somebody holds a run: its lease has not ended, and is not further ahead than its own length either. Such a
 * one was given by a clock that was wrong, and would keep the run from everybody until that clock's time.
 */
export function isHeld({ leaseUntilMs, leaseMs }: Pick<Run, "leaseUntilMs" | "leaseMs">, nowMs: number): boolean {
  if (leaseUntilMs === null) return false;
  return leaseUntilMs > nowMs && (leaseMs === null || leaseUntilMs <= nowMs + leaseMs);
}

/**
 * Runs, metrics and artifacts. Every driver passes the same contract tests. An acknowledged write survives the death
 * of the process. All methods reject with one clear sentence; with `StoreUnavailable` where trying again may help.
 *
 * What a worker writes about its run carries its name. Once another has the lease such a write changes nothing and
 * resolves to false, in the same transaction that looks at the lease: a worker that lost its run without noticing
 * (its machine slept, its clock was set) cannot touch what the next one does.
 */
export interface Store {
  /**
   * Begins an execution, or adds to one that is there: what `decide` says of all that there is of the suite. Nobody else
   * writes between the two, so of several who would begin the same the first does and the others join in. Runs that are
   * there already are left as they are.
   *
   * @param decide What it throws keeps anything from being written; it may be asked again where the store was out of
   * reach.
   * @returns The execution's id.
   */
  openExecution(suite: string, decide: (stored: StoredSuite) => OpenedExecution): Promise<string>;
  /**
   * Adds runs that are not there yet to an execution, which is made where it is not there; leaves those that are.
   * Returns the ids added.
   *
   * @param options.execution One of which nothing is known when absent, the same for all runs of a suite.
   */
  addRuns(
    runs: readonly NewRun[],
    options?: { readonly execution?: NewExecution },
  ): Promise<readonly string[]>;
  /**
   * Takes runs over from another store, with their execution, which gets the tags that it has there too: all of them, or
   * none. Nothing is checked but what a caller cannot know.
   *
   * @throws {Error} If a run is there that should not be, or is not as it was when `replaces` was read.
   */
  importRuns(
    execution: NewExecution & { readonly tags: readonly string[] },
    runs: readonly ImportedRun[],
  ): Promise<void>;
  /** Executions in the order in which they began, of a suite or of all. */
  listExecutions(filter?: { readonly suite?: string }): Promise<readonly Execution[]>;
  /** Gives an execution the names that are in `add` and takes those that are in `remove`. */
  tagExecution(
    id: string,
    change: { readonly add?: readonly string[]; readonly remove?: readonly string[] },
  ): Promise<void>;
  /**
   * Removes executions with their runs, metrics and artifacts: all of them, or none if somebody holds a run.
   *
   * @returns The ids of the runs that are held; none where all were removed.
   */
  removeExecutions(ids: readonly string[], options: { readonly nowMs: number }): Promise<readonly string[]>;
  getRun(id: string): Promise<Run | null>;
  /** Runs in order of creation. */
  listRuns(filter?: RunFilter): Promise<readonly Run[]>;
  listSuites(): Promise<readonly SuiteSummary[]>;
  /**
   * The store's change counter: grows with every change of a run, its metrics or its artifacts, whichever process made
   * it, and never depends on a clock. 0 for an empty store. One look-up, however large the store.
   */
  revision(): Promise<number>;
  /**
   * Takes the right to train a run: true for one worker only while it is held (see {@link isHeld}). A claim of a run
   * that is `done` is refused. Sets the status to `running`.
   */
  claim(
    id: string,
    lease: { readonly worker: string; readonly leaseMs: number; readonly nowMs: number },
  ): Promise<boolean>;
  /** Extends the lease and stores progress; false if the lease is no longer this worker's. */
  heartbeat(
    id: string,
    beat: {
      readonly worker: string;
      readonly leaseMs: number;
      readonly nowMs: number;
      readonly progress?: RunProgress;
      readonly elapsedMs?: number;
    },
  ): Promise<boolean>;
  /** Ends a lease with a status; `error` says why a run failed or was given up, `discard` names artifacts to delete. */
  finish(
    id: string,
    end: {
      readonly worker: string;
      readonly status: "done" | "failed" | "interrupted";
      readonly error?: string;
      readonly discard?: readonly string[];
      readonly elapsedMs: number;
      readonly nowMs: number;
    },
  ): Promise<boolean>;
  /**
   * Says what a run is made with from a loop on. Stretches that began there or later are forgotten: what they did is
   * done again. One that is made with the same as the stretch before is part of it.
   */
  recordOrigin(id: string, origin: Origin & { readonly worker: string }): Promise<boolean>;
  /**
   * Removes metrics, artifacts and progress of runs and sets them to `pending` (bench --fresh): all of them, or none
   * if somebody holds one. A damaged run is removed instead, for {@link Store.addRuns} to add it again.
   *
   * @returns The ids of those that are held; none where all were reset.
   */
  resetRuns(ids: readonly string[], options: { readonly nowMs: number }): Promise<readonly string[]>;
  /** Records metrics in one transaction. */
  recordMetrics(runId: string, metrics: readonly Metric[], options: { readonly worker: string }): Promise<boolean>;
  queryMetrics(query: MetricQuery): Promise<readonly MetricRow[]>;
  /** Metrics in a stable order, streamed, for export of large suites. */
  streamMetrics(query: MetricQuery): AsyncIterable<MetricRow>;
  putArtifact(
    runId: string,
    artifact: Omit<Artifact, "updatedAtMs"> & { readonly worker: string; readonly nowMs: number },
  ): Promise<boolean>;
  getArtifact(runId: string, name: string): Promise<Artifact | null>;
  listArtifacts(runId: string): Promise<readonly Omit<Artifact, "bytes">[]>;
  close(): Promise<void>;
}

/** The part of a store that reports and pages use. */
export type StoreReader = Pick<
  Store,
  | "getRun"
  | "listRuns"
  | "listExecutions"
  | "listSuites"
  | "revision"
  | "queryMetrics"
  | "streamMetrics"
  | "getArtifact"
  | "listArtifacts"
>;
