import type { Run } from "../lib/store/store.ts";

/** Share of a run's loops that are done, in [0, 1]. */
export function shareOf(run: Run): number {
  if (run.status === "done") return 1;
  if (!run.progress || run.progress.loops <= 0) return 0;
  return Math.min(1, Math.max(0, run.progress.loop / run.progress.loops));
}

/** Share of all work of `runs` that will be done and is, in [0, 1]; a failed run is over. */
export function progressOf(runs: readonly Run[]): number {
  if (runs.length === 0) return 0;
  return runs.reduce((sum, run) => sum + (run.status === "failed" ? 1 : shareOf(run)), 0) / runs.length;
}
