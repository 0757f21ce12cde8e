import type { PlannedRun } from "../experiment/expand_suite.ts";
import { pause } from "./pause.ts";
import { nowOf, type PoolOptions } from "./pool_options.ts";
import { Watchdog, watchLimits } from "./watchdog.ts";
import type { WorkerOutcome, WorkerReport } from "./worker_messages.ts";

/** How long a process that was killed may take to end, ms; one that the system cannot end is given up. */
const END_MS = 10_000;

/**
 * Trains a claimed run in a worker process, and watches it: one that hangs is killed.
 *
 * @param worker Who holds the lease.
 * @param onReport Is told what the worker says meanwhile.
 */
export async function trainInProcess(
  run: PlannedRun,
  { worker, options, onReport }: {
    readonly worker: string;
    readonly options: PoolOptions;
    readonly onReport: (report: WorkerReport) => void;
  },
): Promise<WorkerOutcome> {
  const { store, stop, kill, leaseMs } = options;
  const hung = Promise.withResolvers<string>();
  const watchdog = new Watchdog({ limits: options.limits ?? watchLimits, onHung: hung.resolve });
  const over = new AbortController();
  const process = options.startWorker({
    ...{ runId: run.id, worker, leaseMs },
    location: options.location,
    writableFolder: options.writableFolder,
    backend: options.engines?.get(run.id) ?? options.backend,
    keepsBackend: options.engines !== undefined,
    ...(options.blas ? { blas: options.blas } : {}),
    codeVersion: options.codeVersion(),
    checkpointEveryMs: options.checkpointEveryMs,
    heapMiB: options.heapMiB,
    onReport(report) {
      if (report.kind === "alive") watchdog.sawLife();
      else watchdog.sawProgress();
      onReport(report);
    },
  });
  // A worker's progress extends its lease. While one long step keeps its only thread this process does, until the
  // watchdog ends it.
  const beat = setInterval(() => {
    if (watchdog.idleMs < leaseMs / 4) return;
    store.heartbeat(run.id, { worker, leaseMs, nowMs: nowOf(options) }).catch(() => {});
  }, leaseMs / 4);
  const onStop = () => {
    watchdog.stopping();
    process.stop();
  };
  const onKill = () => process.kill();
  stop.addEventListener("abort", onStop);
  kill.addEventListener("abort", onKill);
  if (stop.aborted) onStop();
  if (kill.aborted) onKill();
  try {
    const hangs = await Promise.race([process.outcome.then(() => null), hung.promise]);
    if (hangs === null) return await process.outcome;
    process.kill();
    const outcome = await Promise.race([process.outcome, untilOverdue(over.signal)]);
    if (outcome === null) return { kind: "died", error: `${hangs}, and it cannot be ended` };
    // It may have said its last word meanwhile.
    return outcome.kind === "died" ? { kind: "died", error: hangs } : outcome;
  } finally {
    over.abort();
    clearInterval(beat);
    watchdog.close();
    process.stop();
    stop.removeEventListener("abort", onStop);
    kill.removeEventListener("abort", onKill);
  }
}

/** Resolves when a process that was killed should long have ended. */
async function untilOverdue(signal: AbortSignal): Promise<null> {
  await pause(END_MS, signal);
  return null;
}
