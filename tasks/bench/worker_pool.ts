import type { PlannedRun } from "../../lib/experiment/expand_suite.ts";
import type { RunProgress } from "../../lib/experiment/records.ts";
import type { Store } from "../../lib/store/store.ts";
import type { BlasChoice } from "./blas_choice.ts";
import type { StartWorker, WorkerProcess } from "./worker_process.ts";
import type { WorkerOutcome } from "./worker_messages.ts";

/** How often a run whose worker died is tried again. */
export const RETRIES = 2;

/** Looks at a run that another process trains this often, ms. */
const LOOK_AGAIN_MS = 1_000;

/** What the pool tells while it works. */
export type PoolEvent =
  | { readonly kind: "started"; readonly run: PlannedRun; readonly resumed: boolean }
  | {
    readonly kind: "progress";
    readonly run: PlannedRun;
    readonly progress: RunProgress;
    readonly elapsedMs: number;
  }
  | { readonly kind: "done"; readonly run: PlannedRun; readonly elapsedMs: number }
  | { readonly kind: "failed"; readonly run: PlannedRun; readonly error: string }
  | { readonly kind: "refused"; readonly run: PlannedRun; readonly error: string }
  | { readonly kind: "interrupted"; readonly run: PlannedRun }
  | { readonly kind: "retried"; readonly run: PlannedRun; readonly error: string }
  | { readonly kind: "elsewhere"; readonly run: PlannedRun };

/** What {@link runPool} needs. */
export interface PoolOptions {
  readonly store: Store;
  /** Where the store is, for the workers, and the folder they may write. */
  readonly location: string;
  readonly writableFolder: string;
  readonly runs: readonly PlannedRun[];
  /** Most worker processes at a time. */
  readonly workers: number;
  readonly backend: string;
  /** Absent: no system BLAS. */
  readonly blas?: BlasChoice;
  readonly leaseMs: number;
  readonly checkpointEveryMs: number;
  readonly heapMiB: number;
  /** Aborted: workers write a checkpoint and stop. */
  readonly stop: AbortSignal;
  /** Aborted: workers are ended at once. */
  readonly kill: AbortSignal;
  readonly startWorker: StartWorker;
  onEvent(event: PoolEvent): void;
}

interface Job {
  readonly run: PlannedRun;
  deaths: number;
  /** Another process trains it: look again then. */
  notBeforeMs: number;
  isElsewhere: boolean;
}

/**
 * Trains runs in worker processes until each is done or failed, here or in another process on the same store, or until
 * it is told to stop. A worker that dies is noticed; its run goes on from its checkpoint, {@link RETRIES} times.
 */
export async function runPool(options: PoolOptions): Promise<void> {
  const queue: Job[] = options.runs.map((run) => ({ run, deaths: 0, notBeforeMs: 0, isElsewhere: false }));
  // A store that no longer answers stops all workers: what they did since their last checkpoint cannot be kept.
  const failure = new AbortController();
  const stop = AbortSignal.any([options.stop, failure.signal]);
  let busy = 0;
  async function lane(): Promise<void> {
    while (!stop.aborted && (queue.length > 0 || busy > 0)) {
      const next = queue.findIndex((job) => job.notBeforeMs <= Date.now());
      if (next < 0) {
        // Another lane's run may come back to the queue.
        await pause(LOOK_AGAIN_MS / 4, stop);
        continue;
      }
      const [job] = queue.splice(next, 1);
      busy++;
      try {
        if (!await attempt(job!, { ...options, stop })) queue.unshift(job!);
      } catch (error) {
        failure.abort();
        throw error;
      } finally {
        busy--;
      }
    }
  }
  const lanes = await Promise.allSettled(Array.from({ length: Math.min(options.workers, queue.length) }, lane));
  const failed = lanes.find((settled) => settled.status === "rejected");
  if (failed) throw failed.reason;
}

/** @returns Whether the run needs no further attempt. */
async function attempt(job: Job, options: PoolOptions): Promise<boolean> {
  const { store, onEvent } = options;
  const { run } = job;
  const worker = `bench-${crypto.randomUUID()}`;
  if (job.isElsewhere && await hasFailed(job, options)) return true;
  if (!await store.claim(run.id, { worker, leaseMs: options.leaseMs, nowMs: Date.now() })) {
    return await lookElsewhere(job, options);
  }
  const outcome = await train(run, { worker, options });
  switch (outcome.kind) {
    case "done":
    case "failed":
    case "interrupted":
      onEvent({ ...outcome, run });
      return true;
    case "refused":
      await giveBack(run, { worker, store, status: "interrupted" });
      onEvent({ kind: "refused", run, error: outcome.error });
      return true;
    case "lost":
      return false;
    case "died":
      return await handleDeath(job, { worker, options, error: outcome.error });
  }
}

async function train(
  run: PlannedRun,
  { worker, options }: { readonly worker: string; readonly options: PoolOptions },
): Promise<WorkerOutcome> {
  const { store, stop, kill, leaseMs } = options;
  const process = options.startWorker({
    runId: run.id,
    worker,
    location: options.location,
    writableFolder: options.writableFolder,
    backend: options.backend,
    ...(options.blas ? { blas: options.blas } : {}),
    leaseMs,
    checkpointEveryMs: options.checkpointEveryMs,
    heapMiB: options.heapMiB,
    onMessage: (message) => options.onEvent({ ...message, run }),
  });
  // The worker beats too, but cannot while an evaluation keeps its only thread.
  const beat = setInterval(() => {
    store.heartbeat(run.id, { worker, leaseMs, nowMs: Date.now() }).catch(() => {});
  }, leaseMs / 4);
  try {
    return await untilEnded(process, { stop, kill });
  } finally {
    clearInterval(beat);
  }
}

async function untilEnded(
  process: WorkerProcess,
  { stop, kill }: { readonly stop: AbortSignal; readonly kill: AbortSignal },
): Promise<WorkerOutcome> {
  const onStop = () => process.stop();
  const onKill = () => process.kill();
  stop.addEventListener("abort", onStop);
  kill.addEventListener("abort", onKill);
  if (stop.aborted) onStop();
  if (kill.aborted) onKill();
  try {
    return await process.outcome;
  } finally {
    process.stop();
    stop.removeEventListener("abort", onStop);
    kill.removeEventListener("abort", onKill);
  }
}

async function handleDeath(
  job: Job,
  { worker, options, error }: { readonly worker: string; readonly options: PoolOptions; readonly error: string },
): Promise<boolean> {
  const { store, onEvent, stop } = options;
  const { run } = job;
  // It may have died after its last word to the store.
  const stored = await store.getRun(run.id);
  if (stored?.status === "done") {
    onEvent({ kind: "done", run, elapsedMs: stored.elapsedMs });
    return true;
  }
  if (stop.aborted) {
    await giveBack(run, { worker, store, status: "interrupted" });
    onEvent({ kind: "interrupted", run });
    return true;
  }
  job.deaths++;
  if (job.deaths <= RETRIES) {
    await giveBack(run, { worker, store, status: "interrupted" });
    onEvent({ kind: "retried", run, error });
    return false;
  }
  const sentence = `Cannot train the run: its worker process died ${job.deaths} times, the last time with ${error}`;
  await giveBack(run, { worker, store, status: "failed", error: sentence });
  onEvent({ kind: "failed", run, error: sentence });
  return true;
}

/** A run that cannot be claimed is done, or another process trains it. */
async function lookElsewhere(job: Job, { store, onEvent }: PoolOptions): Promise<boolean> {
  const stored = await store.getRun(job.run.id);
  if (stored?.status === "done") {
    onEvent({ kind: "done", run: job.run, elapsedMs: stored.elapsedMs });
    return true;
  }
  if (!job.isElsewhere) onEvent({ kind: "elsewhere", run: job.run });
  job.isElsewhere = true;
  job.notBeforeMs = Date.now() + LOOK_AGAIN_MS;
  return false;
}

/** Whether the process that trained a run recorded it as failed; once is enough for one issue of the suite. */
async function hasFailed({ run }: Job, { store, onEvent }: PoolOptions): Promise<boolean> {
  const stored = await store.getRun(run.id);
  if (stored?.status !== "failed") return false;
  onEvent({ kind: "failed", run, error: stored.error ?? "unknown" });
  return true;
}

/** Ends a worker's lease for it, where it still holds it. */
async function giveBack(
  run: PlannedRun,
  end: {
    readonly worker: string;
    readonly store: Store;
    readonly status: "interrupted" | "failed";
    readonly error?: string;
  },
): Promise<void> {
  const { worker, store, status } = end;
  const stored = await store.getRun(run.id);
  if (!stored) return;
  await store.finish(run.id, {
    worker,
    status,
    ...(end.error === undefined ? {} : { error: end.error }),
    elapsedMs: stored.elapsedMs,
    nowMs: Date.now(),
  });
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const finish = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", finish);
      resolve();
    };
    const timer = setTimeout(finish, ms);
    signal.addEventListener("abort", finish);
  });
}
