import { Rng } from "../../lib/core/rng.ts";
import type { Cell as CsvCell, CsvTable } from "../../lib/core/csv_format.ts";
import { type ComparedRow, compareResults, LEAST_JUDGED, type SeedResult } from "../../lib/metrics/comparison/mod.ts";
import type { Execution } from "../../lib/records/execution.ts";
import { metricText } from "../../lib/records/metric_id.ts";
import type { Cell, NoteBlock, Section, TableBlock } from "../blocks.ts";
import { formatMetric, formatNumber, metricInfo, splitLabel } from "../metric_info.ts";
import { methodLabel } from "../read/results.ts";
import { engineText, executionProgress } from "./execution_table.ts";

/** An execution with its last numbers. */
export interface ComparedExecution {
  readonly execution: Execution;
  readonly results: readonly SeedResult[];
}

/** Two executions, number by number. */
export interface ExecutionComparison {
  readonly before: Execution;
  readonly after: Execution;
  /** See `compareResults`. */
  readonly rows: readonly ComparedRow[];
  /** Rows that something is said of. */
  readonly judged: readonly ComparedRow[];
  readonly worse: readonly ComparedRow[];
  readonly better: readonly ComparedRow[];
}

/** Compares two executions; the same ones always give the same intervals. */
export function compareExecutions(before: ComparedExecution, after: ComparedExecution): ExecutionComparison {
  const rng = new Rng(0).fork(JSON.stringify([before.execution.id, after.execution.id]));
  const rows = compareResults(before.results, after.results, { rng });
  const of = (verdict: ComparedRow["verdict"]) => rows.filter((row) => row.verdict === verdict);
  return {
    ...{ before: before.execution, after: after.execution, rows },
    judged: rows.filter((row) => row.verdict !== "not judged"),
    ...{ worse: of("worse"), better: of("better") },
  };
}

/** What a comparison says, in sentences. */
export function comparisonNote(comparison: ExecutionComparison): NoteBlock {
  const { judged, worse, better, rows } = comparison;
  const none = `No number is judged: return, success and accuracy need ${LEAST_JUDGED} seeds on either side.`;
  const least = judged.filter((row) => row.verdict === "no difference shown" && row.detectable !== null);
  return {
    kind: "note",
    id: "comparison",
    tone: worse.length > 0 ? "error" : judged.length === 0 ? "warning" : "info",
    title: worse.length > 0
      ? `Worse: ${worse.length} of ${judged.length} judged numbers`
      : judged.length === 0
      ? "Nothing is judged"
      : `No regression shown in ${judged.length} judged ${judged.length === 1 ? "number" : "numbers"}`,
    lines: [
      ...(judged.length === 0 ? [none] : []),
      ...worse.map((row) => `Worse: ${sentenceOf(row)}`),
      ...better.map((row) => `Better: ${sentenceOf(row)}`),
      ...(least.length > 0
        ? [`Of ${least.length} others a worsening would have been called from ${detectableText(least)} on.`]
        : []),
      ...(rows.length === 0 ? ["The two have no number in common."] : []),
    ],
  };
}

function detectableText(rows: readonly ComparedRow[]): string {
  const byMetric = Map.groupBy(rows, ({ metric }) => metricText(metric));
  return [...byMetric].map(([, own]) => {
    const { metric } = own[0]!;
    const sorted = own.map(({ detectable }) => detectable!).sort((a, b) => a - b);
    const [low, high] = [formatMetric(metric, sorted[0]!), formatMetric(metric, sorted.at(-1)!)];
    return `${metricInfo(metric).label.toLowerCase()} ${low === high ? low : `${low} to ${high}`}`;
  }).join(", ");
}

/** What a row says: `FCDL on chemical-fork, n = 2: accuracy from 93.0 to 84.1, by −8.9 (−11.6 to −6.2)`. */
export function sentenceOf(row: ComparedRow): string {
  const { environment, method, split, metric } = row;
  const by = row.difference === null ? "" : `, by ${differenceText(row)}`;
  return `${methodLabel(method)} on ${environment}, ${splitLabel(split)}: ${
    metricInfo(metric).label.toLowerCase()
  } from ` +
    `${formatMetric(metric, row.before.mean)} to ${formatMetric(metric, row.after.mean)}${by}`;
}

function differenceText({ metric, difference }: ComparedRow): string {
  if (difference === null) return "";
  const { scale, digits } = metricInfo(metric);
  const text = (value: number) => signed(formatNumber(value * scale, digits));
  const { difference: mean, low, high } = difference;
  return `${text(mean)}${low === null || high === null ? "" : ` (${text(low)} to ${text(high)})`}`;
}

function signed(text: string): string {
  return /^[\u2212-]|^0(\.0*)?$/.test(text) ? text : `+${text}`;
}

/** Rows of a comparison as a table. */
export function comparisonTable(
  rows: readonly ComparedRow[],
  { id, title, caption, collapsed = false }: {
    readonly id: string;
    readonly title: string;
    readonly caption: string;
    readonly collapsed?: boolean;
  },
): TableBlock {
  return {
    ...{ kind: "table", id, title, caption },
    ...(collapsed ? { collapsed } : {}),
    columns: [
      { label: "Method" },
      { label: "Environment" },
      { label: "Split" },
      { label: "Metric" },
      { label: "Before", numeric: true },
      { label: "After", numeric: true },
      { label: "Difference (95 %)", numeric: true },
      { label: "Improved", numeric: true },
      { label: "Seeds", numeric: true },
      { label: "Verdict" },
    ],
    rows: rows.map((row): readonly Cell[] => [
      { text: methodLabel(row.method) },
      { text: row.environment },
      { text: splitLabel(row.split) },
      { text: metricInfo(row.metric).label },
      { text: formatMetric(row.metric, row.before.mean), value: row.before.mean },
      { text: formatMetric(row.metric, row.after.mean), value: row.after.mean },
      { text: differenceText(row), value: row.difference?.difference ?? null },
      improvementCell(row),
      { text: seedsText(row) },
      { text: row.verdict },
    ]),
  };
}

function improvementCell({ improvement }: ComparedRow): Cell {
  const probability = improvement?.probability ?? null;
  if (probability === null) return { text: "", value: null };
  return { text: `${Math.round(100 * probability)} %`, value: probability };
}

function seedsText({ before, after, difference }: ComparedRow): string {
  if (difference?.isPaired) return `${difference.before} pairs`;
  return before.seeds === after.seeds ? `${before.seeds}` : `${before.seeds}, ${after.seeds}`;
}

/** A comparison as a page shows it. */
export function comparisonSections(
  comparison: ExecutionComparison,
  { href, moment }: { href(execution: Execution): string; moment(atMs: number): string },
): readonly Section[] {
  const { before, after, judged, rows } = comparison;
  const others = rows.filter((row) => row.verdict === "not judged");
  return [
    {
      id: "verdict",
      title: "What changed",
      blocks: [
        comparisonNote(comparison),
        ...(judged.length === 0 ? [] : [comparisonTable(judged, {
          id: "judged",
          title: "Judged numbers",
          caption: "Means over seeds and the difference of the means with its 95 % interval, paired by seed where " +
            "three or more are shared. Worse or better: significant at 5 % after Holm's correction over all rows of " +
            "this table, and by more than the margin (2 percentage points of a share, 5 % of anything else). " +
            "Improved: chance that a seed after is better than a seed before.",
        })]),
      ],
    },
    {
      id: "others",
      title: "All other numbers",
      blocks: others.length === 0 ? [] : [comparisonTable(others, {
        id: "not-judged",
        title: "Not judged",
        caption: "Shown for what else changed; nothing is said of them. Intervals are each row's own.",
        collapsed: true,
      })],
    },
    { id: "executions", title: "The two executions", blocks: [sidesTable([before, after], { href, moment })] },
  ].filter(({ blocks }) => blocks.length > 0) as readonly Section[];
}

function sidesTable(
  sides: readonly [Execution, Execution],
  { href, moment }: { href(execution: Execution): string; moment(atMs: number): string },
): TableBlock {
  const [before, after] = sides;
  const row = (label: string, text: (execution: Execution) => string, link = false): readonly Cell[] => [
    { text: label },
    ...sides.map((side): Cell => ({ text: text(side), ...(link ? { href: href(side) } : {}) })),
    { text: text(before) === text(after) ? "" : "differs" },
  ];
  return {
    ...{
      kind: "table",
      id: "sides",
      title: "Before and after",
      caption: "What the two were begun with. Times are UTC.",
    },
    columns: [{ label: "" }, { label: "Before" }, { label: "After" }, { label: "" }],
    rows: [
      row("Execution", ({ id }) => id, true),
      row("Suite", ({ suite }) => suite),
      row("Begun", ({ startedAtMs }) => moment(startedAtMs)),
      row("State", (side) => `${side.state}, ${executionProgress(side)}`),
      row("Code", ({ code }) => code.version),
      row("Engine", ({ engine }) => engineText(engine)),
      row("Processor", ({ machine }) => `${machine.cpu ?? "unknown"}`),
      row("Settings", ({ settings }) => settings ?? "unknown"),
    ],
  };
}

/** Columns of comparison.csv: one line for each number. */
export const comparisonColumns: readonly string[] = [
  ...[
    "before",
    "after",
    "env",
    "method",
    "split",
    "metric",
    "seeds_before",
    "seeds_after",
    "mean_before",
    "mean_after",
  ],
  ...[
    "difference",
    "low",
    "high",
    "paired",
    "improvement",
    "improvement_low",
    "improvement_high",
    "p_worse",
    "p_better",
  ],
  ...["detectable", "verdict"],
];

/** Comparisons as a file. */
export function comparisonCsv(
  comparisons: readonly ExecutionComparison[],
): CsvTable & { readonly records: readonly (readonly CsvCell[])[] } {
  return {
    columns: comparisonColumns,
    records: comparisons.flatMap(({ before, after, rows }) =>
      rows.map((row): readonly CsvCell[] => [
        ...[before.id, after.id, row.environment, row.method, row.split, metricText(row.metric)],
        ...[row.before.seeds, row.after.seeds, row.before.mean, row.after.mean],
        ...[row.difference?.difference ?? null, row.difference?.low ?? null, row.difference?.high ?? null],
        row.difference === null ? "" : row.difference.isPaired ? "yes" : "no",
        ...[row.improvement?.probability ?? null, row.improvement?.interval?.low ?? null],
        ...[row.improvement?.interval?.high ?? null, row.worseChance, row.betterChance, row.detectable, row.verdict],
      ])
    ),
  };
}
