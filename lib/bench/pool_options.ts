import type { PlannedRun } from "../experiment/expand_suite.ts";
import type { RunProgress } from "../records/run_records.ts";
import type { Store } from "../store/store.ts";
import type { StoreObstacle } from "../store/store_unavailable.ts";
import type { BlasChoice } from "../tensor/mod.ts";
import type { Patience } from "./store_patience.ts";
import type { WatchLimits } from "./watchdog.ts";
import type { StartWorker } from "./worker_process.ts";

/** What the pool tells while it works. */
export type PoolEvent =
  & { readonly run: PlannedRun }
  & (
    /** At a loop that is not 0: from a checkpoint; `change` says what is not as it was when that was written. */
    | { readonly kind: "started"; readonly fromLoop: number; readonly change: string | null }
    | { readonly kind: "progress"; readonly progress: RunProgress; readonly elapsedMs: number }
    /** The store cannot be used now. */
    | { readonly kind: "waiting"; readonly obstacle: StoreObstacle }
    | { readonly kind: "done"; readonly elapsedMs: number }
    | { readonly kind: "failed"; readonly error: string }
    | { readonly kind: "refused"; readonly error: string }
    /** Stopped on request. */
    | { readonly kind: "interrupted" }
    /** Given up for now, for a reason that is not the run's own. */
    | { readonly kind: "left"; readonly error: string }
    /** Its worker ended without an end of the run; it is tried again. */
    | { readonly kind: "retried"; readonly error: string }
    | { readonly kind: "elsewhere" }
  );

/** What `runPool` needs. */
export interface PoolOptions {
  readonly store: Store;
  /** Where the store is, for the workers, and the folder they may write. */
  readonly location: string;
  readonly writableFolder: string;
  readonly runs: readonly PlannedRun[];
  /** Most worker processes at a time. */
  readonly workers: number;
  readonly backend: string;
  /** Engines by run id, chosen by measurement, in place of `backend`; a run that goes on keeps the one it began with. */
  readonly engines?: ReadonlyMap<string, string>;
  /** Absent: no system BLAS. */
  readonly blas?: BlasChoice;
  /** What a worker that starts now runs. */
  readonly codeVersion: () => string;
  readonly leaseMs: number;
  readonly checkpointEveryMs: number;
  readonly heapMiB: number;
  /** Absent: those of `bench`. */
  readonly patience?: Patience;
  readonly limits?: WatchLimits;
  /** Aborted: workers write a checkpoint and stop. */
  readonly stop: AbortSignal;
  /** Aborted: workers are ended at once. */
  readonly kill: AbortSignal;
  readonly startWorker: StartWorker;
  /** Unix time that leases count by, ms; absent: this machine's. */
  now?(): number;
  onEvent(event: PoolEvent): void;
}

/** Unix time as the pool's caller tells it, ms. */
export function nowOf({ now = Date.now }: Pick<PoolOptions, "now">): number {
  return now();
}
