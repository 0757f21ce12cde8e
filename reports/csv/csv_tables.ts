import { setImmediate } from "node:timers/promises";
import { type MetricId, metricText } from "../../lib/records/metric_id.ts";
import type { MetricQuery, Run, StoreReader } from "../../lib/store/store.ts";
import type { Cell, CsvTable } from "../../lib/core/csv_format.ts";
import { noteIn, readSoundRuns, seenWith } from "../read/damaged_runs.ts";
import { summaryRows } from "./summary.ts";

/** Columns of metrics.csv: one line for each record. */
export const metricsColumns: readonly string[] =
  "suite,env,method,seed,run,env_steps,updates,split,metric,value,elapsed_ms,execution".split(",");

/**
 * Columns of summary.csv: one line for each metric of a method over its seeds. `seeds` counts the seeds with a value,
 * `failed` those without one, for whatever reason: together they are all seeds of the execution.
 */
export const summaryColumns: readonly string[] =
  "suite,env,split,metric,method,seeds,failed,mean,std,iqm,ci_low,ci_high,execution".split(",");

/** Which executions of a suite: those of these ids, in order; and which metrics, all when absent. */
export interface ExecutionsQuery {
  readonly executions: readonly string[];
  readonly metrics?: readonly MetricId[];
}

/** Which records: of executions, or of one run. */
export type CsvQuery = ExecutionsQuery | { readonly runId: string };

/**
 * metrics.csv of executions or of one run, read from the store while it is written; damaged records are left out.
 *
 * @param damage Gets a sentence for each run that has damaged records, complete once all lines are written.
 */
export async function metricsTable(
  store: StoreReader,
  query: CsvQuery,
  damage: Map<string, string> = new Map(),
): Promise<CsvTable> {
  const byId = new Map<string, Run>();
  const asked: MetricQuery[] = [];
  if ("executions" in query) {
    const { metrics } = query;
    for (const execution of query.executions) {
      for (const run of await store.listRuns({ execution })) byId.set(run.id, run);
      asked.push({ execution, ...(metrics ? { metrics } : {}) });
    }
  } else {
    const run = await store.getRun(query.runId);
    if (run) byId.set(run.id, run);
    asked.push({ runIds: [query.runId] });
  }
  async function* records(): AsyncGenerator<Cell[]> {
    for (const each of asked) {
      for await (const row of store.streamMetrics({ ...each, onDamage: noteIn(damage) })) {
        const run = byId.get(row.runId);
        if (!run) continue; // Added since: the next file has it.
        yield [
          ...[run.suite, run.environment, run.method, run.seed, run.id],
          ...[row.envSteps, row.updates, row.split, metricText(row), row.value, row.elapsedMs, run.execution],
        ];
      }
    }
  }
  return { columns: metricsColumns, records: records() };
}

/** Rows of a summary that are computed in one go: some 10 ms. */
const rowsATurn = 100;

/**
 * summary.csv of executions, computed while it is written: each has rows of its own, and nothing is averaged over two. A
 * run with damaged records counts as failed.
 */
// deno-lint-ignore require-await -- What it reads is read while the file is written.
export async function summaryTable(store: StoreReader, { executions, metrics }: ExecutionsQuery): Promise<CsvTable> {
  async function* records(): AsyncGenerator<Cell[]> {
    let count = 0;
    for (const execution of executions) {
      const stored = await store.listRuns({ execution });
      const query = { execution, last: true, ...(metrics ? { metrics } : {}) };
      const { rows: finals, damage } = await readSoundRuns(store, query);
      for (const row of summaryRows(stored.map((run) => seenWith(damage, run)), finals)) {
        // Every other request gets its turn in between: the intervals of a large suite take seconds together.
        if (++count % rowsATurn === 0) await setImmediate();
        yield [
          ...[row.suite, row.environment, row.split, metricText(row), row.method, row.seeds, row.failed + row.missing],
          ...[row.mean, row.std, row.iqm, row.ciLow, row.ciHigh, execution],
        ];
      }
    }
  }
  return { columns: summaryColumns, records: records() };
}
