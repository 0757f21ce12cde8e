import type { Metric, Provenance, RunProgress } from "../experiment/records.ts";

/** Where a run stands. `interrupted` can be resumed; `failed` keeps its error. */
export type RunStatus = "pending" | "running" | "interrupted" | "done" | "failed";

/** One run: a spec, its identity, and where it stands. */
export interface Run {
  /** Hash of the spec: the run's identity. */
  readonly id: string;
  readonly suite: string;
  /** Display ids: environment id with its task (`chemical-fork`), method id with its variant. */
  readonly environment: string;
  readonly method: string;
  readonly seed: number;
  /** The validated RunSpec, as plain data. */
  readonly spec: unknown;
  readonly status: RunStatus;
  /** The sentence a failed run ended with. */
  readonly error: string | null;
  readonly progress: RunProgress | null;
  readonly provenance: Provenance | null;
  /** When a running worker's lease ends, Unix time, ms; null where nobody has one. */
  readonly leaseUntilMs: number | null;
  /** Unix time, ms. */
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
  /** Training time so far, over all resumptions, ms. */
  readonly elapsedMs: number;
  /** Greater after every change of the run, its metrics or its artifacts; see {@link Store.revision}. */
  readonly revision: number;
}

/** What is needed to create a run. */
export type NewRun = Pick<Run, "id" | "suite" | "environment" | "method" | "seed" | "spec">;

/** Which runs to list; absent fields match everything. */
export interface RunFilter {
  readonly suite?: string;
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
  readonly runIds?: readonly string[];
  readonly metrics?: readonly string[];
  readonly splits?: readonly string[];
  /** Only the rows of each run's last recorded (updates, envSteps) per metric and split. */
  readonly last?: boolean;
}

/** A suite as the store knows it. */
export interface SuiteSummary {
  readonly suite: string;
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
 * Runs, metrics and artifacts. Every driver passes the same contract tests. An acknowledged write survives the death
 * of the process. All methods reject with one clear sentence.
 */
export interface Store {
  /** Adds runs that are not there yet; leaves those that are. Returns the ids added. */
  addRuns(runs: readonly NewRun[]): Promise<readonly string[]>;
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
   * Takes the right to train a run: true for one worker only until its lease ends. A claim of a run that is `done`
   * is refused. Sets the status to `running`.
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
  /** Ends a lease with a status; `error` goes with `failed`. */
  finish(
    id: string,
    end: {
      readonly worker: string;
      readonly status: "done" | "failed" | "interrupted";
      readonly error?: string;
      readonly elapsedMs: number;
      readonly nowMs: number;
    },
  ): Promise<void>;
  setProvenance(id: string, provenance: Provenance): Promise<void>;
  /** Removes a run's metrics, artifacts and progress, and sets it to `pending` (bench --fresh). */
  resetRun(id: string, nowMs: number): Promise<void>;
  /** Records metrics in one transaction. */
  recordMetrics(runId: string, metrics: readonly Metric[]): Promise<void>;
  queryMetrics(query: MetricQuery): Promise<readonly MetricRow[]>;
  /** Metrics in a stable order, streamed, for export of large suites. */
  streamMetrics(query: MetricQuery): AsyncIterable<MetricRow>;
  putArtifact(runId: string, artifact: Omit<Artifact, "updatedAtMs"> & { readonly nowMs: number }): Promise<void>;
  getArtifact(runId: string, name: string): Promise<Artifact | null>;
  listArtifacts(runId: string): Promise<readonly Omit<Artifact, "bytes">[]>;
  deleteArtifact(runId: string, name: string): Promise<void>;
  close(): Promise<void>;
}

/** The part of a store that reports and pages use. */
export type StoreReader = Pick<
  Store,
  | "getRun"
  | "listRuns"
  | "listSuites"
  | "revision"
  | "queryMetrics"
  | "streamMetrics"
  | "getArtifact"
  | "listArtifacts"
>;
