import { maxOf } from "../../lib/core/extremes.ts";
import { Rng } from "../../lib/core/rng.ts";
import { presentValues } from "../../lib/metrics/mean.ts";
import { performanceProfile } from "../../lib/metrics/performance_profile.ts";
import { interquartileMean } from "../../lib/metrics/seed_statistics.ts";
import { wholeMetric } from "../../lib/records/metric_id.ts";
import type { CategorySeries, ChartBlock, LineSeries } from "../blocks.ts";
import { finalStatistics } from "./leaderboard.ts";
import { formatMetric, metricInfo, splitLabel } from "../metric_info.ts";
import { methodLabel, stylesOf, type SuiteResults } from "../read/results.ts";
import { resultsIndex } from "../read/results_index.ts";

/** Points with 95 % intervals: every method in every split. */
export function buildFinalChart(
  results: SuiteResults,
  { environment, metric }: { readonly environment: string; readonly metric: string },
): ChartBlock | null {
  const index = resultsIndex(results, environment);
  const splits = index.splits(metric, { finished: true });
  if (splits.length === 0) return null;
  const info = metricInfo(metric);
  const styles = stylesOf(results);
  const series = index.methods.map((method): CategorySeries => ({
    name: methodLabel(method),
    style: styles.get(method)!,
    values: splits.map((split) => {
      const { mean, low, high } = finalStatistics(results, { environment, method, split, ...wholeMetric(metric) });
      if (mean === null) return null;
      return {
        y: mean * info.scale,
        low: low === null ? null : low * info.scale,
        high: high === null ? null : high * info.scale,
      };
    }),
  })).filter((line) => line.values.some((value) => value !== null));
  return {
    kind: "chart",
    id: `final-${environment}-${metric}`,
    title: `Final ${info.label.toLowerCase()} by split`,
    caption: "Mean over finished seeds at the last evaluation; bars: 95 % interval of the mean (Student's t, from " +
      "three seeds on).",
    alt: `${info.label} of each method in each split, ${environment}. ${
      series.map((line) =>
        `${line.name}: ${
          splits.map((split, place) => {
            const value = line.values[place];
            return `${splitLabel(split)} ${value ? formatMetric(metric, value.y / info.scale) : "missing"}`;
          }).join(", ")
        }`
      ).join(". ")
    }.`,
    chart: {
      kind: "range",
      xTitle: "",
      yTitle: info.axis,
      categories: splits.map(splitLabel),
      series,
      yMin: info.min,
      yMax: info.max,
      yLog: info.log,
    },
  };
}

/** Share of finished runs in shifted splits whose return is above each level. */
export function buildPerformanceProfile(results: SuiteResults, environment: string): ChartBlock | null {
  const index = resultsIndex(results, environment);
  const splits = index.splits("return").filter((split) => split !== "train");
  const styles = stylesOf(results);
  const scores = index.methods.map((method) => {
    const strata = splits.map((split) => presentValues(index.values({ ...wholeMetric("return"), split, method })));
    return { method, strata: strata.filter((stratum) => stratum.length > 0) };
  }).filter(({ strata }) => strata.length > 0);
  if (scores.length < 2) return null;
  const top = Math.ceil(maxOf(scores.flatMap(({ strata }) => strata.flat())));
  const thresholds = Array.from({ length: 61 }, (_, index) => top * index / 60);
  const series = scores.map(({ method, strata }): LineSeries => ({
    name: methodLabel(method),
    style: styles.get(method)!,
    points: performanceProfile(strata, { rng: new Rng(1), thresholds, resamples: 200 }).flatMap((point) =>
      point.share === null ? [] : [{
        x: point.threshold,
        y: 100 * point.share,
        low: point.interval ? 100 * point.interval.low : null,
        high: point.interval ? 100 * point.interval.high : null,
      }]
    ),
    seeds: [],
  }));
  return {
    kind: "chart",
    id: `profile-${environment}`,
    title: "Performance profile, shifted splits",
    caption: "Share of seeds with a return above each level, averaged over the shifted splits; further right is " +
      "better. Band: pointwise 95 % stratified bootstrap interval.",
    alt: `Performance profile over the shifted splits, ${environment}. Interquartile mean return: ${
      scores.map(({ method, strata }) =>
        `${methodLabel(method)} ${formatMetric("return", interquartileMean(strata.flat()))}`
      ).join(", ")
    }.`,
    chart: {
      kind: "line",
      xTitle: "episode return (sum of rewards)",
      yTitle: "seeds above (%)",
      series,
      yMin: 0,
      yMax: 100,
      legendAbove: true,
    },
  };
}
