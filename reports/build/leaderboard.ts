import { type MetricId, wholeMetric } from "../../lib/records/metric_id.ts";
import type { Run } from "../../lib/store/store.ts";
import type { Cell, Column, TableBlock } from "../blocks.ts";
import { controlsOf } from "../read/controls.ts";
import { formatMetric, metricInfo, splitLabel } from "../metric_info.ts";
import { paperSource, type PaperValue, paperValue } from "../paper/results.ts";
import { methodLabel, stylesOf, type SuiteResults } from "../read/results.ts";
import { resultsIndex, type Series } from "../read/results_index.ts";
import { type SeedStatistics, seedStatistics } from "./interval_statistics.ts";

/** Metrics in order of importance; a leaderboard shows the first two that have values. */
const leaderboardMetrics = ["return", "accuracy", "success", "nll"] as const;
const shownMetrics = 2;

/** The same where variables are continuous: accuracy is of the few categorical ones only, and they are easy. */
const continuousMetrics = ["return", "success", "mse"] as const;

/**
 * A row a method, a column a split for each of the main metrics: mean ± standard deviation over finished seeds, with
 * the paper's number under ours where it has one.
 */
export function buildLeaderboard(results: SuiteResults, environment: string): TableBlock {
  const index = resultsIndex(results, environment);
  const { runs, methods } = index;
  const styles = stylesOf(results);
  const controls = controlsOf(runs);
  const wanted = leaderboardColumns(results, environment);
  const statistics = wanted.map((column) =>
    methods.map((method) => finalStatistics(results, { environment, method, ...column }))
  );
  // A control is no competitor.
  const competing = methods.flatMap((method, row) => controls.has(method) ? [] : [row]);
  const best = wanted.map((column, place) =>
    competing[bestIndex(competing.map((row) => statistics[place]![row]!), column)] ?? -1
  );
  let hasPaper = false;
  const rows = methods.map((method, row): readonly Cell[] => [
    {
      text: methodLabel(method),
      ...swatch(styles.get(method)?.color),
      ...(controls.has(method) ? { sub: "control" } : {}),
    },
    seedsCell(runs.filter((run) => run.method === method)),
    ...wanted.map((column, place): Cell => {
      const paper = paperValue(method, { environment, split: column.split, metric: column.name });
      hasPaper ||= paper !== null;
      return {
        ...statisticsCell(statistics[place]![row]!, column),
        ...(paper ? { sub: paperText(paper, column) } : {}),
        ...(best[place] === row ? { best: true } : {}),
      };
    }),
  ]);
  const columns: Column[] = [
    { label: "Method" },
    { label: "Seeds", numeric: true },
    ...wanted.map((column) => ({
      label: splitLabel(column.split),
      group: groupLabel(column),
      numeric: true,
    })),
  ];
  return {
    kind: "table",
    id: `leaderboard-${environment}`,
    title: `Methods on ${environment}`,
    caption: "Mean ± standard deviation over the finished seeds, from each run's last evaluation. Bold: best of its " +
      "column, and its 95 % interval overlaps no other method's." +
      (controls.size > 0 ? " Controls learn no graph; they are no competitors." : "") +
      (hasPaper ? ` Small numbers under ours: the paper's (${paperSource.short}), 8 seeds.` : ""),
    columns,
    rows,
  };
}

/** Metrics and splits that a leaderboard shows: the first metrics that have values, in each split that has one. */
export function leaderboardColumns(results: SuiteResults, environment: string): readonly Series[] {
  const index = resultsIndex(results, environment);
  const has = (metric: string) => index.splits(metric).length > 0;
  const metrics = has("mse") ? continuousMetrics.filter(has) : leaderboardMetrics.filter(has).slice(0, shownMetrics);
  return metrics.flatMap((metric) => index.splits(metric).map((split) => ({ ...wholeMetric(metric), split })));
}

function groupLabel(metric: MetricId): string {
  const info = metricInfo(metric);
  return info.scale === 100 ? `${info.label} (%)` : info.label;
}

function swatch(color: Cell["swatch"] | undefined): Pick<Cell, "swatch"> {
  return color ? { swatch: color } : {};
}

/** Finished, failed and open seeds of a method, said in full. */
function seedsCell(runs: readonly Run[]): Cell {
  const count = (status: Run["status"]) => runs.filter((run) => run.status === status).length;
  const done = count("done");
  const failed = count("failed");
  const open = runs.length - done - failed;
  const sub = [failed > 0 ? `${failed} failed` : "", open > 0 ? `${open} open` : ""].filter(Boolean).join(", ");
  return { text: done === runs.length ? `${done}` : `${done} of ${runs.length}`, value: done, ...(sub ? { sub } : {}) };
}

/** Statistics over the finished seeds of a method. */
export function finalStatistics(
  results: SuiteResults,
  at: Series & { readonly environment: string; readonly method: string },
): SeedStatistics {
  return seedStatistics(resultsIndex(results, at.environment).values(at));
}

/** "12.3 ± 0.4"; one seed has no deviation; none is an empty cell. */
export function statisticsCell(statistics: SeedStatistics, metric: MetricId | string): Cell {
  if (statistics.mean === null) return { text: "", value: null };
  const mean = formatMetric(metric, statistics.mean);
  return {
    text: statistics.std === null ? mean : `${mean} ± ${formatMetric(metric, statistics.std)}`,
    value: statistics.mean * metricInfo(metric).scale,
  };
}

function paperText(paper: PaperValue, metric: MetricId): string {
  const mean = formatMetric(metric, paper.mean);
  return paper.std === null ? mean : `${mean} ± ${formatMetric(metric, paper.std)}`;
}

/** The row whose interval lies beyond every other's, or -1: a best is only named where intervals separate. */
export function bestIndex(statistics: readonly SeedStatistics[], metric: MetricId | string): number {
  const { better } = metricInfo(metric);
  if (better === "neither") return -1;
  const sign = better === "higher" ? 1 : -1;
  const known = statistics.flatMap((entry, index) =>
    entry.mean === null ? [] : [{ index, low: entry.low, high: entry.high }]
  );
  if (known.length < 2) return -1;
  for (const candidate of known) {
    const wins = known.every((other) => {
      if (other === candidate) return true;
      if (candidate.low === null || candidate.high === null || other.low === null || other.high === null) return false;
      return sign > 0 ? candidate.low > other.high : candidate.high < other.low;
    });
    if (wins) return candidate.index;
  }
  return -1;
}
