import { Rng } from "../../lib/core/rng.ts";
import { iqmInterval } from "../../lib/metrics/iqm_interval.ts";
import { meanOf, presentValues } from "../../lib/metrics/mean.ts";
import { interquartileMean, sampleStd } from "../../lib/metrics/seed_statistics.ts";
import { type MetricId, metricText } from "../../lib/records/metric_id.ts";
import type { MetricRow, Run, RunStatus } from "../../lib/store/store.ts";

/** What a summary needs to know of a run. */
export type SummarisedRun = Pick<Run, "id" | "suite" | "environment" | "method" | "seed" | "status">;

/** One metric of one method over its seeds. */
export interface SummaryRow {
  readonly suite: string;
  readonly environment: string;
  readonly split: string;
  readonly name: string;
  readonly qualifier: string;
  readonly method: string;
  /** Seeds whose value is in the numbers below. */
  readonly seeds: number;
  /** Seeds whose run failed. */
  readonly failed: number;
  /** Other seeds without a value: not run or not finished, or without this metric. */
  readonly missing: number;
  /** The values themselves, in the order of the runs. */
  readonly values: readonly number[];
  /** null without a value, like the other numbers. */
  readonly mean: number | null;
  /** Sample standard deviation (ddof 1); null for fewer than two seeds. */
  readonly std: number | null;
  /** Interquartile mean, and its 95 % bootstrap interval; the interval is null for fewer than two seeds. */
  readonly iqm: number | null;
  readonly ciLow: number | null;
  readonly ciHigh: number | null;
}

/** How {@link summarise} counts. */
export interface SummaryOptions {
  /** Runs whose values count. Only finished ones when absent: the last record of another is not its final result. */
  readonly statuses?: readonly RunStatus[];
  /** Seed of the bootstrap; each row draws from its own stream, so rows do not depend on which others are there. */
  readonly seed?: number;
  /** Redrawn data sets of an interval. */
  readonly resamples?: number;
}

/**
 * Summarises each metric over seeds, from each run's last record of it.
 *
 * A row is made for every (split, metric) that any run of the method recorded, so that seeds that failed before they
 * recorded it still show. A method of which no run recorded anything gets the rows that all others of its environment
 * have.
 *
 * @param metricRows Of these runs; earlier records of a series may be among them.
 * @returns Sorted by suite and environment and, inside a metric, by method, each in the order of the runs; by split
 *   and metric by name.
 */
export function summarise(
  runs: readonly SummarisedRun[],
  metricRows: readonly MetricRow[],
  options: SummaryOptions = {},
): SummaryRow[] {
  return [...summaryRows(runs, metricRows, options)];
}

/** The rows of {@link summarise} one by one, each computed when it is asked for: a large suite has thousands. */
export function* summaryRows(
  runs: readonly SummarisedRun[],
  metricRows: readonly MetricRow[],
  options: SummaryOptions = {},
): Generator<SummaryRow> {
  const byRun = lastRecords(metricRows);
  for (const taskRuns of Map.groupBy(runs, (run) => JSON.stringify([run.suite, run.environment])).values()) {
    yield* summariseTask(taskRuns, { byRun, options });
  }
}

/** The last record of each series, by run and then by series. */
type LastRecords = ReadonlyMap<string, ReadonlyMap<string, MetricRow>>;

function lastRecords(metricRows: readonly MetricRow[]): LastRecords {
  const byRun = new Map<string, Map<string, MetricRow>>();
  const keys = new SeriesKeys();
  for (const row of metricRows) {
    let series = byRun.get(row.runId);
    if (!series) byRun.set(row.runId, series = new Map());
    const key = keys.of(row);
    const known = series.get(key);
    const isLater = !known || row.updates > known.updates ||
      (row.updates === known.updates && row.envSteps >= known.envSteps);
    if (isLater) series.set(key, row);
  }
  return byRun;
}

/** One string for each series, made once: rows by the hundred thousand share a few. */
class SeriesKeys {
  readonly #bySplit = new Map<string, Map<string, string>>();

  of({ split, ...row }: MetricRow): string {
    const metric = metricText(row);
    let byMetric = this.#bySplit.get(split);
    if (!byMetric) this.#bySplit.set(split, byMetric = new Map());
    let key = byMetric.get(metric);
    // A split's length tells where it ends.
    if (key === undefined) byMetric.set(metric, key = `${split.length} ${split} ${metric}`);
    return key;
  }
}

interface SummarySeries extends MetricId {
  readonly key: string;
  readonly split: string;
}

/** The runs of a method, with what counts of them. */
interface MethodRuns {
  readonly runs: readonly SummarisedRun[];
  /** Of each run its last records by series; undefined where its values do not count. */
  readonly records: readonly (ReadonlyMap<string, MetricRow> | undefined)[];
  readonly failed: number;
}

function* summariseTask(
  runs: readonly SummarisedRun[],
  { byRun, options }: { readonly byRun: LastRecords; readonly options: SummaryOptions },
): Generator<SummaryRow> {
  const statuses = options.statuses ?? ["done"];
  const found = new Map<string, SummarySeries>();
  const methods = [...Map.groupBy(runs, (run) => run.method)].map(([, methodRuns]) => {
    const series = new Set<string>();
    for (const run of methodRuns) {
      for (const [key, { split, name, qualifier }] of byRun.get(run.id) ?? []) {
        series.add(key);
        if (!found.has(key)) found.set(key, { key, split, name, qualifier });
      }
    }
    const records = methodRuns.map((run) => statuses.includes(run.status) ? byRun.get(run.id) : undefined);
    const failed = statuses.includes("failed") ? 0 : methodRuns.filter((run) => run.status === "failed").length;
    return { runs: methodRuns, records, failed, series };
  });
  const recorded = methods.filter((entry) => entry.series.size > 0).map((entry) => entry.series);
  const shared = recorded.length === 0 ? new Set<string>() : recorded.reduce((a, b) => a.intersection(b));
  const allSeries = [...found.values()].sort((a, b) =>
    compare(a.split, b.split) || compare(metricText(a), metricText(b))
  );
  for (const series of allSeries) {
    for (const entry of methods) {
      if (!(entry.series.size > 0 ? entry.series : shared).has(series.key)) continue;
      yield summariseSeries(entry, { series, options });
    }
  }
}

function summariseSeries(
  { runs, records, failed }: MethodRuns,
  { series, options }: {
    readonly series: SummarySeries;
    readonly options: SummaryOptions;
  },
): SummaryRow {
  const values = presentValues(records.map((record) => record?.get(series.key)?.value ?? null));
  const { suite, environment, method } = runs[0]!;
  const { split, name, qualifier } = series;
  const identity = { suite, environment, split, metric: metricText(series), method };
  const interval = iqmInterval(values, {
    rng: new Rng(options.seed ?? 0).fork(JSON.stringify(identity)),
    ...(options.resamples === undefined ? {} : { resamples: options.resamples }),
  });
  return {
    ...{ suite, environment, split, name, qualifier, method },
    seeds: values.length,
    failed,
    missing: runs.length - failed - values.length,
    values,
    mean: meanOf(values),
    std: sampleStd(values),
    iqm: interquartileMean(values),
    ciLow: interval?.low ?? null,
    ciHigh: interval?.high ?? null,
  };
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
