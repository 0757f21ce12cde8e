import { executionState } from "../lib/records/execution.ts";
import { isHeld, type Run, type RunStatus, type StoreReader, type SuiteSummary } from "../lib/store/store.ts";

/** A store as it looks now, over the store as it was written. */
export interface SeenStore extends StoreReader {
  /** Runs in it stand as recorded: what is kept for longer than a moment is read here, and seen when it is shown. */
  readonly stored: StoreReader;
}

/**
 * A store as it looks now: a run that nobody holds any more, as after a power cut, is interrupted and no longer
 * running. The next bench claims it.
 */
export function seenStore(store: StoreReader, now: () => number): SeenStore {
  const lostRuns = async () =>
    (await store.listRuns({ status: ["running"] })).filter((run) => seen(run, now()).status !== "running");
  return {
    stored: store,
    async getRun(id) {
      const run = await store.getRun(id);
      return run && seen(run, now());
    },
    async listRuns(filter = {}) {
      const { status, ...rest } = filter;
      const runs = (await store.listRuns(rest)).map((run) => seen(run, now()));
      return status ? runs.filter((run) => status.includes(run.status)) : runs;
    },
    async listExecutions(filter) {
      const lost = Map.groupBy(await lostRuns(), (run) => run.execution);
      return (await store.listExecutions(filter)).map((execution) => {
        const moved = lost.get(execution.id)?.length ?? 0;
        if (moved === 0) return execution;
        const byStatus = interrupted(execution.byStatus, moved);
        return { ...execution, byStatus, state: executionState(byStatus) };
      });
    },
    async listSuites() {
      const lost = await lostRuns();
      return (await store.listSuites()).map((suite): SuiteSummary => {
        const moved = lost.filter((run) => run.suite === suite.suite).length;
        return { ...suite, byStatus: interrupted(suite.byStatus, moved) };
      });
    },
    revision: () => store.revision(),
    queryMetrics: (query) => store.queryMetrics(query),
    streamMetrics: (query) => store.streamMetrics(query),
    getArtifact: (runId, name) => store.getArtifact(runId, name),
    listArtifacts: (runId) => store.listArtifacts(runId),
  };
}

/** Counts of runs where some that are recorded as running are not. */
function interrupted(byStatus: SuiteSummary["byStatus"], lost: number): SuiteSummary["byStatus"] {
  return { ...byStatus, running: byStatus.running - lost, interrupted: byStatus.interrupted + lost };
}

/** Runs as they look now; the same array where all stand as recorded. */
export function seenRuns(runs: readonly Run[], nowMs: number): readonly Run[] {
  const now = runs.map((run) => seen(run, nowMs));
  return now.some((run, index) => run !== runs[index]) ? now : runs;
}

/** A run as it looks now; the same object where it stands as recorded. */
export function seen(run: Run, nowMs: number): Run {
  const isLost = run.status === "running" && !isHeld(run, nowMs);
  return isLost ? { ...run, status: "interrupted" satisfies RunStatus } : run;
}
