import type { PlannedRun } from "../experiment/expand_suite.ts";
import { pause } from "./pause.ts";
import { nowOf, type PoolOptions } from "./pool_options.ts";
import { trainInProcess } from "./run_attempt.ts";
import { storePatience, withPatience } from "./store_patience.ts";
import type { WorkerReport } from "./worker_messages.ts";

/** How often a run whose worker died is tried again without getting further. */
export const RETRIES = 2;

/** Rest before the first of them, ms; twice as long before each other. */
const RETRY_AFTER_MS = 500;

/** Looks at a run that another process trains this often, ms. */
const LOOK_AGAIN_MS = 1_000;

interface Job {
  readonly run: PlannedRun;
  /** Where its last attempt started, and the workers that died since an attempt started further on. */
  fromLoop: number;
  deaths: number;
  /** On the clock of `performance.now`: not to be tried before then. */
  notBeforeMs: number;
  isElsewhere: boolean;
}

/**
 * Trains runs in worker processes until each is done, failed or left, here or in another process on the same store, or
 * until it is told to stop. A worker that dies or hangs is noticed; its run goes on from its checkpoint.
 *
 * @throws {StoreUnavailable} If the store could not be used for as long as the patience lasts.
 */
export async function runPool(options: PoolOptions): Promise<void> {
  const fresh = { fromLoop: 0, deaths: 0, notBeforeMs: 0, isElsewhere: false };
  const queue: Job[] = options.runs.map((run) => ({ run, ...fresh }));
  // A store that no longer answers stops all workers: what they did since their last checkpoint cannot be kept.
  const failure = new AbortController();
  const stop = AbortSignal.any([options.stop, failure.signal]);
  let busy = 0;
  async function lane(): Promise<void> {
    while (!stop.aborted && (queue.length > 0 || busy > 0)) {
      const next = queue.findIndex((job) => job.notBeforeMs <= performance.now());
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
  const lease = { worker, leaseMs: options.leaseMs };
  if (!await patiently(job, options, () => store.claim(run.id, { ...lease, nowMs: nowOf(options) }))) {
    return await lookElsewhere(job, options);
  }
  const outcome = await trainInProcess(run, { worker, options, onReport: (report) => hear(job, { report, onEvent }) });
  switch (outcome.kind) {
    case "done":
    case "failed":
      onEvent({ ...outcome, run });
      return true;
    case "interrupted":
      // Asked by somebody else, as with a signal of its own.
      if (!options.stop.aborted) return await handleDeath(job, { worker, options, error: "it was asked to stop" });
      onEvent({ ...outcome, run });
      return true;
    case "refused":
      await giveBack(job, { worker, options });
      onEvent({ ...outcome, run });
      return true;
    case "left":
      // The worker has tried for as long as is reasonable; where the store is out of reach the lease ends by itself.
      await endLease(run.id, { options, worker, error: outcome.error }).catch(() => {});
      onEvent({ ...outcome, run });
      return true;
    case "lost":
      return false;
    case "died":
      return await handleDeath(job, { worker, options, error: outcome.error });
  }
}

function hear(
  job: Job,
  { report, onEvent }: { readonly report: WorkerReport; readonly onEvent: PoolOptions["onEvent"] },
): void {
  if (report.kind === "alive") return;
  if (report.kind === "started") {
    if (report.fromLoop > job.fromLoop) job.deaths = 0;
    job.fromLoop = report.fromLoop;
    job.isElsewhere = false;
  }
  onEvent({ ...report, run: job.run });
}

/** A worker's process ended, but not its run. */
async function handleDeath(
  job: Job,
  { worker, options, error }: { readonly worker: string; readonly options: PoolOptions; readonly error: string },
): Promise<boolean> {
  const { store, onEvent, stop } = options;
  const { run } = job;
  // It may have died after its last word to the store.
  const stored = await patiently(job, options, () => store.getRun(run.id));
  if (stored?.status === "done") {
    onEvent({ kind: "done", run, elapsedMs: stored.elapsedMs });
    return true;
  }
  if (stored?.status === "failed") {
    onEvent({ kind: "failed", run, error: stored.error ?? "unknown" });
    return true;
  }
  if (stop.aborted) {
    await giveBack(job, { worker, options });
    onEvent({ kind: "interrupted", run });
    return true;
  }
  job.deaths++;
  if (job.deaths <= RETRIES) {
    await giveBack(job, { worker, options });
    job.notBeforeMs = performance.now() + RETRY_AFTER_MS * 2 ** (job.deaths - 1);
    onEvent({ kind: "retried", run, error });
    return false;
  }
  const sentence = `Cannot go on with the run: its worker process died ${job.deaths} times without getting further, ` +
    `the last time with ${error}`;
  await giveBack(job, { worker, options, error: sentence });
  onEvent({ kind: "left", run, error: sentence });
  return true;
}

/** A run that cannot be claimed is done, or another process trains it. */
async function lookElsewhere(job: Job, options: PoolOptions): Promise<boolean> {
  const { store, onEvent } = options;
  const stored = await patiently(job, options, () => store.getRun(job.run.id));
  if (stored?.status === "done") {
    onEvent({ kind: "done", run: job.run, elapsedMs: stored.elapsedMs });
    return true;
  }
  if (!job.isElsewhere) onEvent({ kind: "elsewhere", run: job.run });
  job.isElsewhere = true;
  job.notBeforeMs = performance.now() + LOOK_AGAIN_MS;
  return false;
}

/** Whether the process that trained a run recorded it as failed; once is enough for one issue of the suite. */
async function hasFailed(job: Job, options: PoolOptions): Promise<boolean> {
  const stored = await patiently(job, options, () => options.store.getRun(job.run.id));
  if (stored?.status !== "failed") return false;
  options.onEvent({ kind: "failed", run: job.run, error: stored.error ?? "unknown" });
  return true;
}

/** Ends a worker's lease for it, where it still holds it; the run keeps its checkpoint. */
async function giveBack(
  job: Job,
  { worker, options, error }: { readonly worker: string; readonly options: PoolOptions; readonly error?: string },
): Promise<void> {
  await patiently(job, options, () => endLease(job.run.id, { options, worker, error: error ?? null }));
}

async function endLease(
  id: string,
  { options, worker, error }: { readonly options: PoolOptions; readonly worker: string; readonly error: string | null },
): Promise<void> {
  const { store } = options;
  const elapsedMs = (await store.getRun(id))?.elapsedMs ?? 0;
  const end = { worker, status: "interrupted", elapsedMs, nowMs: nowOf(options) } as const;
  await store.finish(id, { ...end, ...(error === null ? {} : { error }) });
}

function patiently<Value>(job: Job, options: PoolOptions, work: () => Promise<Value>): Promise<Value> {
  return withPatience(work, {
    patience: options.patience ?? storePatience,
    signal: options.stop,
    onWait: ({ obstacle }) => options.onEvent({ kind: "waiting", run: job.run, obstacle }),
  });
}
