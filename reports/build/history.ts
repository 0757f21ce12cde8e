import type { Cell as CsvCell, CsvTable } from "../../lib/core/csv_format.ts";
import type { Step } from "../../lib/metrics/comparison/mod.ts";
import type { Execution } from "../../lib/records/execution.ts";
import { metricText } from "../../lib/records/metric_id.ts";
import type { Block, Cell, ChartBlock, LineSeries, NoteBlock, Section, Style, TableBlock } from "../blocks.ts";
import { compareNatural, compareSplits, formatMetric, metricInfo, splitLabel } from "../metric_info.ts";
import { methodLabel } from "../read/results.ts";
import { headlineMetrics, type HistorySeries, type SuiteHistory } from "../read/suite_history.ts";
import { engineText, executionProgress } from "./execution_table.ts";
import { seedStatistics } from "./interval_statistics.ts";
import { methodStyles } from "./method_styles.ts";

/** Where the parts of a history are found. */
export interface HistoryLinks {
  execution(execution: Execution): string;
  compare(before: Execution, after: Execution): string;
  moment(atMs: number): string;
}

/** No line between marks. */
const marks = (color: Style["color"], marker: Style["marker"]): Style => ({ color, marker, dash: [0, 100_000] });
const stepStyles = {
  worse: marks({ light: "#b42318", dark: "#ff8a80" }, "rectRot"),
  better: marks({ light: "#1a7f37", dark: "#7ee787" }, "star"),
} as const;

/** A suite's history as its page shows it. */
export function buildHistory(history: SuiteHistory, links: HistoryLinks): readonly Section[] {
  const environments = [...new Set(history.series.map(({ environment }) => environment))].sort(compareNatural);
  return [
    { id: "steps", title: "Steps", blocks: stepBlocks(history, links) },
    ...environments.map((environment): Section => ({
      id: `history-${environment}`,
      title: environments.length === 1 ? "Over executions" : environment,
      blocks: chartsOf(history, environment),
    })),
    { id: "executions", title: "Executions", blocks: [executionTable(history, links)] },
  ].filter(({ blocks }) => blocks.length > 0);
}

function stepBlocks(history: SuiteHistory, links: HistoryLinks): readonly Block[] {
  const found = stepsOf(history);
  const worse = found.filter(({ step }) => step.isWorse === true).length;
  const count = history.executions.length;
  const note: NoteBlock = {
    kind: "note",
    id: "history-note",
    tone: worse > 0 ? "error" : "info",
    title: count < 2
      ? "A history begins with the second execution"
      : found.length === 0
      ? `No step in ${count} executions`
      : `${found.length} ${found.length === 1 ? "step" : "steps"} in ${count} executions, ${worse} for the worse`,
    lines: [
      "A step is a place before and after which the means over seeds differ: by a two-sided t-test, paired by seed where " +
      "seeds are shared, at 1 % after correction for the number of places, and by more than the margin (2 percentage " +
      "points of a share, 5 % of anything else). Five seeds or more are needed on either side.",
      ...history.failed.length > 0
        ? [`${history.failed.length} ${history.failed.length === 1 ? "run" : "runs"} failed in these executions.`]
        : [],
    ],
  };
  return found.length === 0 ? [note] : [note, stepTable(found, { history, links })];
}

interface FoundStep {
  readonly series: HistorySeries;
  readonly step: Step;
}

/** The steps of a history, the latest first. */
export function stepsOf({ series }: SuiteHistory): readonly FoundStep[] {
  return series.flatMap((own) => own.steps.map((step) => ({ series: own, step }))).sort((a, b) =>
    b.step.at - a.step.at
  );
}

function stepTable(
  found: readonly FoundStep[],
  { history, links }: { readonly history: SuiteHistory; readonly links: HistoryLinks },
): TableBlock {
  const { executions } = history;
  return {
    kind: "table",
    id: "step-list",
    title: "Steps, the latest first",
    caption:
      "Means over seeds since the step before and up to the next one. The number compares an execution with the " +
      "one before it; times are UTC.",
    columns: [
      { label: "Execution", numeric: true },
      { label: "Begun" },
      { label: "Code" },
      { label: "Method" },
      { label: "Environment" },
      { label: "Split" },
      { label: "Metric" },
      { label: "Before", numeric: true },
      { label: "After", numeric: true },
      { label: "" },
    ],
    rows: found.map(({ series: { environment, method, split, metric }, step }): readonly Cell[] => {
      const execution = executions[step.at]!;
      const previous = executions[step.at - 1];
      return [
        { text: `${step.at + 1}`, ...(previous ? { href: links.compare(previous, execution) } : {}) },
        { text: links.moment(execution.startedAtMs), href: links.execution(execution) },
        { text: execution.code.version },
        { text: methodLabel(method) },
        { text: environment },
        { text: splitLabel(split) },
        { text: metricInfo(metric).label },
        { text: formatMetric(metric, step.before), value: step.before },
        { text: formatMetric(metric, step.after), value: step.after },
        { text: step.isWorse === null ? "changed" : step.isWorse ? "worse" : "better" },
      ];
    }),
  };
}

function chartsOf(history: SuiteHistory, environment: string): readonly ChartBlock[] {
  const own = history.series.filter((series) => series.environment === environment);
  const methods = [...new Set(own.map(({ method }) => method))].sort(compareNatural);
  const styles = methodStyles(methods);
  return headlineMetrics.flatMap((name) => {
    const splits = [...new Set(own.filter(({ metric }) => metric.name === name).map(({ split }) => split))];
    return splits.sort(compareSplits).map((split) =>
      chartOf(own.filter((series) => series.metric.name === name && series.split === split), { styles, environment })
    );
  });
}

function chartOf(
  series: readonly HistorySeries[],
  { styles, environment }: { readonly styles: ReadonlyMap<string, Style>; readonly environment: string },
): ChartBlock {
  const { metric, split } = series[0]!;
  const info = metricInfo(metric);
  const lines = series.map((own): LineSeries => ({
    name: methodLabel(own.method),
    style: styles.get(own.method)!,
    seeds: [],
    points: pointsOf(own),
  }));
  const stepLines = (["worse", "better"] as const).flatMap((kind): LineSeries[] => {
    const points = series.flatMap((own) =>
      own.steps.filter(({ isWorse }) => isWorse === (kind === "worse")).map(({ at }) => {
        const { mean } = seedStatistics([...own.values[at]!.values()]);
        return { x: at + 1, y: mean! * info.scale, low: null, high: null };
      })
    );
    return points.length === 0 ? [] : [{ name: `step: ${kind}`, style: stepStyles[kind], seeds: [], points }];
  });
  return {
    kind: "chart",
    id: `history-${environment}-${metric.name}-${split}`.replaceAll("/", "-"),
    title: `${info.label}, ${splitLabel(split)}`,
    caption: "Mean over seeds of each execution; band: 95 % interval of the mean (Student's t, from three seeds on).",
    alt: `${info.label} over ${series[0]!.values.length} executions, ${environment}, ${splitLabel(split)}. Steps: ${
      series.reduce((sum, { steps }) => sum + steps.length, 0)
    }.`,
    half: true,
    chart: {
      kind: "line",
      xTitle: "execution",
      yTitle: info.axis,
      // The first are drawn on top.
      series: [...stepLines, ...lines],
      ...{ yMin: info.min, yMax: info.max, yLog: info.log, legendAbove: true, wholeX: true },
    },
  };
}

function pointsOf({ values, metric }: HistorySeries): LineSeries["points"] {
  const { scale } = metricInfo(metric);
  return values.flatMap((bySeed, at) => {
    const { mean, low, high } = seedStatistics([...bySeed.values()]);
    if (mean === null) return [];
    const scaled = (value: number | null) => value === null ? null : value * scale;
    return [{ x: at + 1, y: mean * scale, low: scaled(low), high: scaled(high) }];
  });
}

function executionTable({ executions, failed }: SuiteHistory, links: HistoryLinks): TableBlock {
  const failures = Map.groupBy(failed, (run) => run.execution);
  return {
    kind: "table",
    id: "history-executions",
    title: "Executions, the last one first",
    caption: "Those of which all runs are over; the number is that of the charts and compares with the one before.",
    columns: [
      { label: "Number", numeric: true },
      { label: "Execution" },
      { label: "Begun, UTC" },
      { label: "Done" },
      { label: "Code" },
      { label: "Engine" },
    ],
    rows: executions.map((execution, at): readonly Cell[] => {
      const previous = executions[at - 1];
      const error = failures.get(execution.id)?.[0]?.error;
      return [
        { text: `${at + 1}`, ...(previous ? { href: links.compare(previous, execution) } : {}) },
        { text: execution.id, href: links.execution(execution) },
        { text: links.moment(execution.startedAtMs) },
        { text: executionProgress(execution), ...(error ? { sub: error } : {}) },
        {
          text: execution.code.version,
          ...(previous && previous.settings !== execution.settings ? { sub: "settings changed" } : {}),
        },
        { text: engineText(execution.engine) },
      ];
    }).toReversed(),
  };
}

/** Columns of history.csv: one line for each number of each execution. */
export const historyColumns: readonly string[] = [
  ...["suite", "execution", "begun", "code", "env", "method", "split", "metric", "seeds", "mean", "low", "high"],
  ...["step", "step_before", "step_after", "step_chance"],
];

/** A history as a file. */
export function historyCsv(
  { suite, executions, series }: SuiteHistory,
): CsvTable & { readonly records: readonly (readonly CsvCell[])[] } {
  return {
    columns: historyColumns,
    records: series.flatMap(({ environment, method, split, metric, values, steps }) =>
      values.flatMap((bySeed, at): (readonly CsvCell[])[] => {
        const { count, mean, low, high } = seedStatistics([...bySeed.values()]);
        if (mean === null) return [];
        const { id, startedAtMs, code } = executions[at]!;
        const step = steps.find((each) => each.at === at);
        const kind = !step ? "" : step.isWorse === null ? "changed" : step.isWorse ? "worse" : "better";
        return [[
          ...[suite, id, new Date(startedAtMs).toISOString(), code.version, environment, method, split],
          ...[metricText(metric), count, mean, low, high, kind],
          ...[step?.before ?? null, step?.after ?? null, step?.chance ?? null],
        ]];
      })
    ),
  };
}
