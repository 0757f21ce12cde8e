import { maxOf } from "../lib/core/extremes.ts";
import { Rng } from "../lib/core/rng.ts";
import { presentValues } from "../lib/metrics/mean.ts";
import { performanceProfile } from "../lib/metrics/performance_profile.ts";
import { interquartileMean } from "../lib/metrics/seed_statistics.ts";
import { wholeMetric } from "../lib/records/metric_id.ts";
import type { CategorySeries, ChartBlock, LineSeries, NoteBlock, TableBlock } from "./blocks.ts";
import { finalStatistics, statisticsCell } from "./build_leaderboard.ts";
import { formatMetric, metricInfo, splitLabel } from "./metric_info.ts";
import { paperStyle } from "./method_styles.ts";
import {
  paperCodebookStatements,
  paperCodebookStudy,
  paperMethods,
  paperSource,
  paperSplits,
  paperValue,
} from "./paper_results.ts";
import { methodLabel, stylesOf, type SuiteResults } from "./results.ts";
import { resultsIndex } from "./results_index.ts";

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

/** Ours and the paper's number of each method side by side, a chart a split; none where the paper has no numbers. */
export function buildPaperCharts(
  results: SuiteResults,
  { environment, metric }: { readonly environment: string; readonly metric: string },
): readonly ChartBlock[] {
  const { methods } = resultsIndex(results, environment);
  const info = metricInfo(metric);
  const styles = stylesOf(results);
  return paperSplits(environment, metric).flatMap((split): ChartBlock[] => {
    const rows = methods.flatMap((method) => {
      const paper = paperValue(method, { environment, split, metric });
      const ours = finalStatistics(results, { environment, method, split, ...wholeMetric(metric) });
      return paper && ours.mean !== null ? [{ method, ours, paper }] : [];
    });
    if (rows.length === 0) return [];
    const spread = (value: { readonly mean: number | null; readonly std: number | null }) =>
      value.mean === null ? null : {
        y: value.mean * info.scale,
        low: value.std === null ? null : (value.mean - value.std) * info.scale,
        high: value.std === null ? null : (value.mean + value.std) * info.scale,
      };
    return [{
      kind: "chart",
      id: `paper-${environment}-${metric}-${split}`,
      title: `${info.label}, ${splitLabel(split)}: ours beside the paper`,
      caption: `Filled: this suite; open: ${paperSource.short}. Bars: ± one standard deviation over seeds.`,
      alt: rows.map(({ method, ours, paper }) =>
        `${methodLabel(method)}: ours ${formatMetric(metric, ours.mean)}, paper ${formatMetric(metric, paper.mean)}`
      ).join("; ") + ".",
      half: true,
      chart: {
        kind: "range",
        xTitle: "",
        yTitle: info.axis,
        categories: rows.map(({ method }) =>
          methodLabel(method)
        ),
        series: [
          {
            name: "this suite",
            style: { ...paperStyle, marker: "circle" },
            colors: rows.map(({ method }) => styles.get(method)!.color),
            values: rows.map(({ ours }) => spread(ours)),
          },
          { name: "paper", style: paperStyle, hollow: true, values: rows.map(({ paper }) => spread(paper)) },
        ],
        yMin: info.min,
        yMax: info.max,
        yLog: info.log,
      },
    }];
  });
}

/** The paper's whole table for an environment and metric; null where it has none. */
export function buildPaperTable(
  environment: string,
  metric: string,
): TableBlock | null {
  const splits = paperSplits(environment, metric);
  if (splits.length === 0) return null;
  const info = metricInfo(metric);
  return {
    kind: "table",
    id: `paper-${environment}-${metric}`,
    title: `The paper's table: ${info.label.toLowerCase()}, ${environment}`,
    caption: paperSource.long,
    collapsed: true,
    columns: [
      { label: "Method" },
      ...splits.map((split) => ({ label: splitLabel(split), numeric: true })),
    ],
    rows: [...paperMethods].map(([method, label]) => [
      { text: label },
      ...splits.map((split) => {
        const value = paperValue(method, { environment, split, metric });
        return value
          ? statisticsCell(
            { count: 8, mean: value.mean, std: value.std, low: null, high: null, min: null, max: null },
            metric,
          )
          : { text: "", value: null };
      }),
    ]),
  };
}

/** The paper's study of codebook sizes in an environment; null where it has none. */
export function buildPaperCodebookBlock(environment: string): TableBlock | NoteBlock | null {
  if (environment === paperCodebookStudy.environment) {
    return {
      kind: "table",
      id: `paper-codebook-${environment}`,
      title: `The paper's table: FCDL's return by codebook size, ${environment}`,
      caption: `${paperSource.short}; printed without deviations.`,
      collapsed: true,
      columns: [{ label: "Codes (K)" }, ...["n = 2", "n = 4", "n = 6"].map((label) => ({ label, numeric: true }))],
      rows: paperCodebookStudy.rows.map(({ codes, n2, n4, n6 }) => [
        { text: String(codes), value: codes },
        ...[n2, n4, n6].map((value) => ({ text: formatMetric("return", value), value })),
      ]),
    };
  }
  const statement = paperCodebookStatements.get(environment);
  if (statement === undefined) return null;
  return {
    kind: "note",
    id: `paper-codebook-${environment}`,
    tone: "info",
    title: `Codebook size, as the paper (${paperSource.short}) reports it`,
    lines: [statement],
  };
}
