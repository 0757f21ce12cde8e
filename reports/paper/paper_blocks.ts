import { wholeMetric } from "../../lib/records/metric_id.ts";
import type { ChartBlock, NoteBlock, TableBlock } from "../blocks.ts";
import { finalStatistics, statisticsCell } from "../build/leaderboard.ts";
import { formatMetric, metricInfo, splitLabel } from "../metric_info.ts";
import { paperStyle } from "../build/method_styles.ts";
import {
  paperCodebookStatements,
  paperCodebookStudy,
  paperMethods,
  paperSource,
  paperSplits,
  paperValue,
} from "./results.ts";
import { methodLabel, stylesOf, type SuiteResults } from "../read/results.ts";
import { resultsIndex } from "../read/results_index.ts";

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
