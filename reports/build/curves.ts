import { wholeMetric } from "../../lib/records/metric_id.ts";
import type { MetricRow } from "../../lib/store/store.ts";
import type { ChartBlock, LineSeries } from "../blocks.ts";
import { formatMetric, metricInfo, splitLabel } from "../metric_info.ts";
import { methodLabel, stylesOf, type SuiteResults } from "../read/results.ts";
import { resultsIndex } from "../read/results_index.ts";
import { seedStatistics } from "./interval_statistics.ts";

/** Up to this many seeds, each is drawn as a thin line. */
const fewSeeds = 5;

/** A learning curve a split for one metric of an environment. */
export function buildLearningCurves(
  results: SuiteResults,
  { environment, metric }: { readonly environment: string; readonly metric: string },
): readonly ChartBlock[] {
  const index = resultsIndex(results, environment);
  const runsOf = Map.groupBy(index.runs, (run) => run.method);
  const styles = stylesOf(results);
  return index.curveSplits(metric).map((split) => {
    const series = index.methods.flatMap((method): LineSeries[] => {
      const style = styles.get(method);
      const line = curveOf(
        (runsOf.get(method) ?? []).map((run) => index.curve({ ...wholeMetric(metric), split, runId: run.id })),
        metric,
      );
      return style && line.points.length > 0 ? [{ name: methodLabel(method), style, ...line }] : [];
    });
    const info = metricInfo(metric);
    const few = series.every((line) => line.seeds.length > 0);
    return {
      kind: "chart",
      id: `curve-${environment}-${metric}-${split}`.replaceAll("/", "-"),
      title: `${info.label}, ${splitLabel(split)}`,
      caption: few
        ? "Line: mean over seeds; band: smallest to largest; thin lines: single seeds."
        : "Line: mean over seeds; band: 95 % interval of the mean.",
      alt: curveAlt(series, { metric, split, environment }),
      half: true,
      chart: {
        kind: "line",
        xTitle: "environment steps",
        yTitle: info.axis,
        series,
        yMin: info.min,
        yMax: info.max,
        yLog: info.log,
      },
    };
  });
}

/** The curve of a method from the records of each of its runs. */
function curveOf(records: readonly (readonly MetricRow[])[], metric: string): Pick<LineSeries, "points" | "seeds"> {
  const { scale } = metricInfo(metric);
  const bySteps = new Map<number, number[]>();
  const seeds: { x: number; y: number }[][] = [];
  for (const rows of records) {
    const seed = rows
      .filter((row) => row.value !== null)
      .map((row) => ({ x: row.envSteps, y: row.value! * scale }))
      .sort((a, b) => a.x - b.x);
    if (seed.length > 0) seeds.push(seed);
    for (const { x, y } of seed) {
      const values = bySteps.get(x);
      if (values) values.push(y);
      else bySteps.set(x, [y]);
    }
  }
  const isFew = seeds.length <= fewSeeds;
  // Where fewer than half of the seeds have arrived, a mean would jump when the others do.
  const points = [...bySteps].filter(([, values]) => values.length * 2 >= seeds.length).sort(([a], [b]) => a - b)
    .map(([x, values]) => {
      const statistics = seedStatistics(values);
      return isFew
        ? { x, y: statistics.mean!, low: statistics.min, high: statistics.max }
        : { x, y: statistics.mean!, low: statistics.low, high: statistics.high };
    });
  return { points, seeds: isFew && seeds.length > 1 ? seeds : [] };
}

function curveAlt(
  series: readonly LineSeries[],
  at: { readonly metric: string; readonly split: string; readonly environment: string },
): string {
  const { label, scale } = metricInfo(at.metric);
  const ends = series.flatMap((line) => {
    const last = line.points.at(-1);
    return last ? [`${line.name} ${formatMetric(at.metric, last.y / scale)}`] : [];
  });
  return `${label} over environment steps, ${at.environment}, ${splitLabel(at.split)}. Last values: ${
    ends.join(", ") || "none"
  }.`;
}
