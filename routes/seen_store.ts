import { isHeld, type Run, type RunStatus, type StoreReader, type SuiteSummary } from "../lib/store/store.ts";

/**
 * A store as it looks now: a run that nobody holds any more, as after a power cut, is interrupted and no longer
 * running. The next bench claims it.
 */
export function seenStore(store: StoreReader, now: () => number): StoreReader {
  return {
    async getRun(id) {
      const run = await store.getRun(id);
      return run && seen(run, now());
    },
    async listRuns(filter = {}) {
      const { status, ...rest } = filter;
      const runs = (await store.listRuns(rest)).map((run) => seen(run, now()));
      return status ? runs.filter((run) => status.includes(run.status)) : runs;
    },
    async listSuites() {
      const running = await store.listRuns({ status: ["running"] });
      const lost = running.filter((run) => seen(run, now()).status !== "running");
      return (await store.listSuites()).map((suite): SuiteSummary => {
        const moved = lost.filter((run) => run.suite === suite.suite).length;
        const { running, interrupted } = suite.byStatus;
        const byStatus = { ...suite.byStatus, running: running - moved, interrupted: interrupted + moved };
        return { ...suite, byStatus };
      });
    },
    revision: () => store.revision(),
    queryMetrics: (query) => store.queryMetrics(query),
    streamMetrics: (query) => store.streamMetrics(query),
    getArtifact: (runId, name) => store.getArtifact(runId, name),
    listArtifacts: (runId) => store.listArtifacts(runId),
  };
}

function seen(run: Run, nowMs: number): Run {
  const isLost = run.status === "running" && !isHeld(run, nowMs);
  return isLost ? { ...run, status: "interrupted" satisfies RunStatus } : run;
}
