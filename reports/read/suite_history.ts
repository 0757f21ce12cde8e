import { findSteps, measureOf, type SeedValues, type Step } from "../../lib/metrics/comparison/mod.ts";
import type { Execution } from "../../lib/records/execution.ts";
import { type MetricId, metricText, wholeMetric } from "../../lib/records/metric_id.ts";
import type { MetricRow, Run, StoreReader } from "../../lib/store/store.ts";
import { readSoundRuns, seenWith } from "./damaged_runs.ts";

/** Metrics whose history is shown. */
export const headlineMetrics: readonly string[] = ["return", "success", "accuracy", "mse"];

/** One number over the executions of a suite. */
export interface HistorySeries {
  readonly environment: string;
  readonly method: string;
  readonly split: string;
  readonly metric: MetricId;
  /** For each execution its values by seed, of runs that are done. */
  readonly values: readonly SeedValues[];
  /** See `findSteps`; `at` is an index of the executions. */
  readonly steps: readonly Step[];
}

/** Headline metrics of a suite over its executions. */
export interface SuiteHistory {
  readonly suite: string;
  /** Those of which all runs are over, in the order of their start. */
  readonly executions: readonly Execution[];
  readonly series: readonly HistorySeries[];
  /** Runs of theirs that failed, or are damaged. */
  readonly failed: readonly Run[];
}

/** Reads the history of a suite; null when the store does not know it. */
export async function readHistory(store: StoreReader, suite: string): Promise<SuiteHistory | null> {
  const known = await store.listExecutions({ suite });
  if (known.length === 0) return null;
  const executions = known.filter(({ endedAtMs }) => endedAtMs !== null);
  const series = new Map<string, Omit<HistorySeries, "steps"> & { readonly values: Map<number, number>[] }>();
  const failed: Run[] = [];
  for (const [at, { id }] of executions.entries()) {
    const stored = await store.listRuns({ execution: id });
    const query = { execution: id, last: true, metrics: headlineMetrics.map(wholeMetric) };
    const { rows, damage } = await readSoundRuns(store, query);
    const runs = new Map(stored.map((run) => [run.id, seenWith(damage, run)]));
    for (const run of runs.values()) if (run.status === "failed") failed.push(run);
    for (const row of rows) {
      const run = runs.get(row.runId);
      if (run?.status !== "done" || row.value === null) continue;
      const key = JSON.stringify([run.environment, run.method, row.split, metricText(row)]);
      let own = series.get(key);
      if (!own) series.set(key, own = emptySeries(run, { row, count: executions.length }));
      own.values[at]!.set(run.seed, row.value);
    }
  }
  return {
    ...{ suite, executions, failed },
    series: [...series.values()].map((own) => ({ ...own, steps: findSteps(own.values, measureOf(own.metric)) })),
  };
}

function emptySeries(
  { environment, method }: Run,
  { row: { split, name, qualifier }, count }: { readonly row: MetricRow; readonly count: number },
) {
  const values = Array.from({ length: count }, () => new Map<number, number>());
  return { environment, method, split, metric: { name, qualifier }, values };
}
