import type { SeedResult } from "../../lib/metrics/comparison/mod.ts";
import { type MetricId, metricText } from "../../lib/records/metric_id.ts";
import type { MetricRow, Run, StoreReader } from "../../lib/store/store.ts";
import { readSoundRuns, seenWith } from "./damaged_runs.ts";

/**
 * The last numbers of an execution's runs, as comparisons take them: of a run that is not done, or is damaged, those that
 * others of its method and environment have are missing.
 *
 * @param options.metrics Only these metrics; all when absent.
 */
export async function readSeedResults(
  store: StoreReader,
  execution: string,
  options: { readonly metrics?: readonly MetricId[] } = {},
): Promise<readonly SeedResult[]> {
  const stored = await store.listRuns({ execution });
  const { rows, damage } = await readSoundRuns(store, { execution, last: true, ...options });
  return seedResults(stored.map((run) => seenWith(damage, run)), rows);
}

/** {@link readSeedResults} of runs and last records that were read. */
export function seedResults(runs: readonly Run[], rows: readonly MetricRow[]): readonly SeedResult[] {
  const byRun = Map.groupBy(rows, (row) => row.runId);
  const results: SeedResult[] = [];
  for (const own of Map.groupBy(runs, (run) => JSON.stringify([run.environment, run.method])).values()) {
    const series = new Map<string, Pick<MetricRow, "split" | "name" | "qualifier">>();
    for (const { id } of own) for (const row of byRun.get(id) ?? []) series.set(keyOf(row), row);
    for (const { id, environment, method, seed, status } of own) {
      const values = new Map((byRun.get(id) ?? []).map((row) => [keyOf(row), row.value]));
      for (const [key, { split, name, qualifier }] of series) {
        const value = status === "done" ? values.get(key) ?? null : null;
        results.push({ environment, method, split, metric: { name, qualifier }, seed, value });
      }
    }
  }
  return results;
}

function keyOf(row: Pick<MetricRow, "split" | "name" | "qualifier">): string {
  return `${row.split.length} ${row.split} ${metricText(row)}`;
}
