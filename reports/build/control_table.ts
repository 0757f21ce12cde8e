import type { MetricId } from "../../lib/records/metric_id.ts";
import type { Cell, TableBlock } from "../blocks.ts";
import { controlsOf } from "../read/controls.ts";
import { leaderboardColumns } from "./leaderboard.ts";
import { seedStatistics } from "./interval_statistics.ts";
import { formatNumber, metricInfo, splitLabel } from "../metric_info.ts";
import { methodLabel, stylesOf, type SuiteResults } from "../read/results.ts";
import { resultsIndex, type Series } from "../read/results_index.ts";

/**
 * Where each method lies between the controls: 0 % is what leaving all learned edges out gets, 100 % what the true local
 * graph of each step gets, in the same seeds. Null where an environment lacks one of the two.
 */
export function buildControlTable(results: SuiteResults, environment: string): TableBlock | null {
  const { runs, methods } = resultsIndex(results, environment);
  const controls = controlsOf(runs);
  const named = (role: string) => methods.find((method) => controls.get(method) === role);
  const [lower, upper] = [named("lower"), named("upper")];
  if (lower === undefined || upper === undefined) return null;
  const valuesOf = valuesBySeed(results, environment);
  const columns = leaderboardColumns(results, environment).map((series) => {
    const range = rangeOf({ lower: valuesOf(lower, series), upper: valuesOf(upper, series) }, series);
    return { ...series, range };
  });
  if (columns.every(({ range }) => range === null)) return null;
  const styles = stylesOf(results);
  const rows = methods.filter((method) => method !== lower && method !== upper).map((method): readonly Cell[] => {
    const color = styles.get(method)?.color;
    return [
      { text: methodLabel(method), ...(color ? { swatch: color } : {}) },
      ...columns.map(({ range, ...series }) => shareCell(valuesOf(method, series), range)),
    ];
  });
  if (rows.length === 0) return null;
  return {
    kind: "table",
    id: `controls-${environment}`,
    title: "Between leaving edges out and the true local graph",
    caption:
      `Share of the way from ${methodLabel(lower)} (0 %) to ${methodLabel(upper)} (100 %), over the seeds that all ` +
      "three have finished. Near 0 %: no more than leaving edges out gives. Beside it: 95 % interval from three seeds on, " +
      "the way itself taken as known. No difference: the two controls do not separate there, so nothing can be said.",
    columns: [
      { label: "Method" },
      ...columns.map((series) => ({
        label: splitLabel(series.split),
        group: `${metricInfo(series).label} (%)`,
        numeric: true,
      })),
    ],
    rows,
  };
}

type BySeed = ReadonlyMap<number, number>;

/** Final values of a method's finished runs by seed. */
function valuesBySeed(
  results: SuiteResults,
  environment: string,
): (method: string, series: Series) => BySeed {
  const runs = new Map(
    results.runs.filter((run) => run.environment === environment && run.status === "done").map((run) => [run.id, run]),
  );
  const all = new Map<string, Map<number, number>>();
  for (const { runId, name, qualifier, split, value } of results.finals) {
    const run = runs.get(runId);
    if (run === undefined || value === null) continue;
    const key = JSON.stringify([run.method, name, qualifier, split]);
    let values = all.get(key);
    if (!values) all.set(key, values = new Map());
    values.set(run.seed, value);
  }
  return (method, { name, qualifier, split }) => all.get(JSON.stringify([method, name, qualifier, split])) ?? new Map();
}

/** The controls' values in the seeds that both have; null without such seeds. */
interface Range {
  readonly lower: BySeed;
  readonly upper: BySeed;
  /** Whether the upper control is better: beyond the interval of the differences from three seeds on. */
  readonly isSeparate: boolean;
}

function rangeOf({ lower, upper }: Pick<Range, "lower" | "upper">, metric: MetricId): Range | null {
  const seeds = [...lower.keys()].filter((seed) => upper.has(seed));
  if (seeds.length === 0) return null;
  const sign = metricInfo(metric).better === "lower" ? -1 : 1;
  const { mean, low, high } = seedStatistics(seeds.map((seed) => upper.get(seed)! - lower.get(seed)!));
  const least = low === null || high === null ? sign * mean! : Math.min(sign * low, sign * high);
  return { lower, upper, isSeparate: least > 0 };
}

function shareCell(own: BySeed, range: Range | null): Cell {
  const empty: Cell = { text: "", value: null };
  if (range === null) return empty;
  const { lower, upper } = range;
  const seeds = [...own.keys()].filter((seed) => lower.has(seed) && upper.has(seed));
  if (seeds.length === 0) return empty;
  if (!range.isSeparate) return { text: "no difference", value: null };
  const way = seeds.reduce((sum, seed) => sum + upper.get(seed)! - lower.get(seed)!, 0) / seeds.length;
  if (way === 0) return { text: "no difference", value: null };
  const { mean, low, high } = seedStatistics(seeds.map((seed) => 100 * (own.get(seed)! - lower.get(seed)!) / way));
  const whole = (value: number) => formatNumber(value, 0);
  const [from, to] = low === null || high === null ? [null, null] : [Math.min(low, high), Math.max(low, high)];
  return {
    text: whole(mean!),
    value: mean,
    ...(from === null ? {} : { sub: `${whole(from)} to ${whole(to!)}` }),
  };
}
