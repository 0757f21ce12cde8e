import { setImmediate } from "node:timers/promises";
import { type MetricId, metricText } from "../../lib/records/metric_id.ts";
import type { StoreReader } from "../../lib/store/store.ts";
import type { Cell, CsvTable } from "../../lib/core/csv_format.ts";
import { noteIn, readSoundRuns, seenWith } from "../read/damaged_runs.ts";
import { summaryRows } from "./summary.ts";

/** Columns of metrics.csv: one line for each record. */
export const metricsColumns: readonly string[] =
  "suite,env,method,seed,run,env_steps,updates,split,metric,value,elapsed_ms".split(",");

/**
 * Columns of summary.csv: one line for each metric of a method over its seeds. `seeds` counts the seeds with a value,
 * `failed` those without one, for whatever reason: together they are all seeds of the suite.
 */
export const summaryColumns: readonly string[] =
  "suite,env,split,metric,method,seeds,failed,mean,std,iqm,ci_low,ci_high".split(",");

/** Which records: a suite's, of some metrics or all, or one run's. */
export type CsvQuery = { readonly suite: string; readonly metrics?: readonly MetricId[] } | { readonly runId: string };

/**
 * metrics.csv of a suite or of one run, read from the store while it is written; damaged records are left out.
 *
 * @param damage Gets a sentence for each run that has damaged records, complete once all lines are written.
 */
export async function metricsTable(
  store: StoreReader,
  query: CsvQuery,
  damage: Map<string, string> = new Map(),
): Promise<CsvTable> {
  const found = "suite" in query ? await store.listRuns({ suite: query.suite }) : [await store.getRun(query.runId)];
  const byId = new Map(found.flatMap((run) => run ? [[run.id, run] as const] : []));
  const asked = "suite" in query ? query : { runIds: [query.runId] };
  const rows = store.streamMetrics({ ...asked, onDamage: noteIn(damage) });
  async function* records(): AsyncGenerator<Cell[]> {
    for await (const row of rows) {
      const run = byId.get(row.runId);
      if (!run) continue; // Added since: the next file has it.
      yield [
        ...[run.suite, run.environment, run.method, run.seed, run.id],
        ...[row.envSteps, row.updates, row.split, metricText(row), row.value, row.elapsedMs],
      ];
    }
  }
  return { columns: metricsColumns, records: records() };
}

/** Rows of a summary that are computed in one go: some 10 ms. */
const rowsATurn = 100;

/** summary.csv of a suite, computed while it is written; a run with damaged records counts as failed. */
export async function summaryTable(
  store: StoreReader,
  query: { readonly suite: string; readonly metrics?: readonly MetricId[] },
): Promise<CsvTable> {
  const stored = await store.listRuns({ suite: query.suite });
  const { rows: finals, damage } = await readSoundRuns(store, { ...query, last: true });
  const runs = stored.map((run) => seenWith(damage, run));
  async function* records(): AsyncGenerator<Cell[]> {
    let count = 0;
    for (const row of summaryRows(runs, finals)) {
      // Every other request gets its turn in between: the intervals of a large suite take seconds together.
      if (++count % rowsATurn === 0) await setImmediate();
      yield [
        ...[row.suite, row.environment, row.split, metricText(row), row.method, row.seeds, row.failed + row.missing],
        ...[row.mean, row.std, row.iqm, row.ciLow, row.ciHigh],
      ];
    }
  }
  return { columns: summaryColumns, records: records() };
}
