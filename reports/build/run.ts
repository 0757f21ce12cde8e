import { metricCatalogue, metricTextOf } from "../../lib/metrics/catalogue.ts";
import type { MetricEntry } from "../../lib/metrics/metric_entry.ts";
import { type MetricId, metricText, wholeMetric } from "../../lib/records/metric_id.ts";
import type { MetricRow } from "../../lib/store/store.ts";
import { type CodebookArtifact, type GraphsArtifact, parseGraphs } from "../../lib/records/artifacts.ts";
import type { Block, ChartBlock, GraphBlock, GraphPicture, LineSeries, Section, TableBlock } from "../blocks.ts";
import { buildLearnableTables } from "./learnable_table.ts";
import { runVerdicts } from "./verdicts.ts";
import { wrongEdges } from "../render/graph_svg.ts";
import { compareNatural, compareSplits, formatMetric, formatNumber, metricInfo, splitLabel } from "../metric_info.ts";
import { plainStyle } from "./method_styles.ts";
import { buildReplay } from "./replay.ts";
import { type RunResults, splitsOf } from "../read/results.ts";

/** Metrics with a chart of their own on a run's page, if the run has them, in the catalogue's order. */
const chartedMetrics: readonly MetricId[] = Object.entries<MetricEntry>(metricCatalogue).flatMap(([name, entry]) => [
  ...(entry.isCharted ? [wholeMetric(name)] : []),
  ...Object.entries(entry.named ?? {}).flatMap(([qualifier, own]) => own.isCharted ? [{ name, qualifier }] : []),
]);

/** A run's report: what was learned, curves, causal graphs, codebook, all final numbers. */
export function buildRun(results: RunResults): readonly Section[] {
  const graphs = parseGraphs(results.graphs);
  const learnable = buildLearnableTables([{ name: "this run", runs: [results.finals] }], { suffix: "" });
  return [
    { id: "learned", title: "What was learned", blocks: runVerdicts(results) },
    { id: "curves", title: "Curves", blocks: curves(results) },
    { id: "replay", title: "Replay", blocks: results.replay ? buildReplay(results.replay) : [] },
    { id: "graphs", title: "Local causal graphs", blocks: [...learnable, ...(graphs ? graphBlocks(graphs) : [])] },
    { id: "codebook", title: "Codebook", blocks: codebookBlocks(results) },
    { id: "numbers", title: "Final numbers", blocks: finalTable(results.finals) },
  ].filter((section) => section.blocks.length > 0);
}

function curves({ curves: rows, run, styles }: RunResults): readonly Block[] {
  const ownStyle = styles.get(run.method) ?? plainStyle(0);
  const charts = chartedMetrics.flatMap((metric): ChartBlock[] => {
    const splits = splitsOf(rows, metric);
    return splits.length === 0 ? [] : [curveChart(rows, {
      of: metric,
      lines: splits.map((split, index) => ({
        metric,
        split,
        label: splitLabel(split),
        style: splits.length === 1 ? ownStyle : plainStyle(index),
      })),
    })];
  });
  const parts = new Set(
    rows.filter((row) => row.name === "loss" && !metricTextOf(row).isNamed).map((row) => row.qualifier),
  );
  if (parts.size > 0) {
    charts.push(curveChart(rows, {
      of: wholeMetric("loss"),
      lines: [...parts].sort(compareNatural).map((qualifier, index) => ({
        metric: { name: "loss", qualifier },
        split: null,
        label: qualifier === "" ? "sum" : qualifier.replaceAll("_", " "),
        style: plainStyle(index),
      })),
    }));
  }
  return charts;
}

interface CurveLine {
  readonly metric: MetricId;
  /** Null takes every split. */
  readonly split: string | null;
  readonly label: string;
  readonly style: LineSeries["style"];
}

function curveChart(
  rows: readonly MetricRow[],
  { of, lines }: { readonly of: MetricId; readonly lines: readonly CurveLine[] },
): ChartBlock {
  const info = metricInfo(of);
  const series = lines.map(({ metric, split, label, style }): LineSeries => ({
    name: label,
    style,
    points: rows
      .filter((row) => isOf(row, metric) && (split === null || row.split === split) && row.value !== null)
      .map((row) => ({ x: row.envSteps, y: row.value! * info.scale, low: null, high: null }))
      .sort((a, b) => a.x - b.x),
    seeds: [],
  })).filter((line) => line.points.length > 0);
  return {
    kind: "chart",
    id: `run-${of.name}${of.qualifier === "" ? "" : `-${of.qualifier}`}`,
    title: info.label,
    caption: "",
    alt: `${info.label} over environment steps. Last values: ${
      series.map((line) => `${line.name} ${formatMetric(of, line.points.at(-1)!.y / info.scale)}`).join(", ")
    }.`,
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
}

function isOf(row: MetricRow, { name, qualifier }: MetricId): boolean {
  return row.name === name && row.qualifier === qualifier;
}

function graphBlocks(graphs: GraphsArtifact): readonly Block[] {
  const { rows, columns } = labels(graphs.variables);
  return Object.keys(graphs.inferred).sort(compareSplits).map((split): GraphBlock => ({
    kind: "graphs",
    id: `graphs-${split}`,
    title: `Inferred beside the truth, ${splitLabel(split)}`,
    caption: "Mean edge probability over the samples of a context: row = next value of a variable, column = state or " +
      "action variable; stronger shade = more probable; ring = edge of the context's true graph, which is the union of its " +
      "steps' graphs. The truth is shaded by how often an edge acts.",
    rows,
    columns,
    pictures: Object.keys(graphs.inferred[split]!).sort(compareNatural).flatMap((context): GraphPicture[] => {
      const truth = graphs.truth[split]?.[context] ?? null;
      const inferred: GraphPicture = {
        caption: `${contextLabel(context)}: inferred`,
        probabilities: graphs.inferred[split]![context]!,
        truth: contextGraph(truth),
      };
      return truth
        ? [inferred, { caption: `${contextLabel(context)}: truth`, probabilities: truth, truth: null }]
        : [inferred];
    }),
  }));
}

function codebookBlocks({ codebook }: RunResults): readonly Block[] {
  if (!codebook) return [];
  const { rows, columns } = labels(codebook.variables);
  const splits = Object.keys(codebook.usage).sort(compareSplits);
  const totals = Array.from({ length: codebook.codes }, (_, code) => usageOf(codebook.usage, code));
  const used = totals.map((total, code) => ({ total, code })).filter(({ total }) => total > 0)
    .sort((a, b) => b.total - a.total);
  const all = totals.reduce((sum, total) => sum + total, 0);
  const contexts = Object.keys(codebook.truth).sort(compareNatural);
  const blocks: Block[] = codebook.gates ? [gatesTable(codebook, codebook.gates)] : [];
  blocks.push({
    kind: "graphs",
    id: "codebook-truth",
    title: "The truth, by context",
    caption: "How often an edge acts in the steps of a context.",
    rows,
    columns,
    pictures: contexts.map((context) => ({
      caption: contextLabel(context),
      probabilities: codebook.truth[context]!,
      truth: null,
    })),
  });
  blocks.push({
    kind: "graphs",
    id: "codebook-graphs",
    title: `Graph of each code in use (${used.length} of ${codebook.codes})`,
    caption: "Most used first; rings: the graph of the context the code serves most, the union of its steps' graphs. " +
      "Edges missing and too many are counted against it.",
    rows,
    columns,
    pictures: used.map(({ total, code }): GraphPicture => {
      const context = mainContext(codebook.usage, { code, contexts });
      const share = Math.round(100 * total / all);
      const picture: GraphPicture = {
        caption: "",
        probabilities: codebook.graphs[code] ?? [],
        truth: context === null ? null : contextGraph(codebook.truth[context] ?? null),
      };
      const wrong = wrongEdges(picture);
      return {
        ...picture,
        caption: `Code ${code}: ${share < 1 ? "under 1" : share} % of samples` +
          (context === null
            ? ""
            : `, mostly ${contextLabel(context)}; ${wrong.missing} missing, ${wrong.extra} too many`),
      };
    }),
  });
  for (const split of splits) blocks.push(usageChart(codebook.usage[split]!, { split, codes: codebook.codes }));
  return blocks;
}

/** What the codes are read from, the variables with the largest effect first. */
function gatesTable({ variables }: CodebookArtifact, gates: NonNullable<CodebookArtifact["gates"]>): TableBlock {
  const rows = [...variables.state, ...variables.action]
    .map((name, i) => ({ name, isOpen: gates.open[i] ?? true, effect: gates.effects[i] ?? 0 }))
    .sort((a, b) => Number(b.isOpen) - Number(a.isOpen) || b.effect - a.effect);
  return {
    kind: "table",
    id: "codebook-gates",
    title: `What codes are read from: ${rows.filter(({ isOpen }) => isOpen).length} of ${rows.length} variables`,
    caption:
      "An open gate lets the encoder read a variable. The effect is what another sample's value of it costs the " +
      "prediction through the code alone, in thousandths of a nat a variable, a moving average over tests; that of a " +
      "closed gate falls towards 0, since it is no longer read.",
    columns: [{ label: "variable" }, { label: "gate" }, { label: "effect (10⁻³ nats)", numeric: true }],
    rows: rows.map(({ name, isOpen, effect }) => [
      { text: name },
      { text: isOpen ? "open" : "closed" },
      { text: formatNumber(1000 * effect, 2), value: 1000 * effect },
    ]),
  };
}

function usageChart(
  usage: Readonly<Record<string, readonly number[]>>,
  { split, codes }: { readonly split: string; readonly codes: number },
): ChartBlock {
  const contexts = Object.keys(usage).sort(compareNatural);
  const series = contexts.map((context, index) => {
    const counts = usage[context]!;
    const total = counts.reduce((sum, count) => sum + count, 0);
    return {
      name: contextLabel(context),
      style: plainStyle(index),
      values: Array.from(
        { length: codes },
        (_, code) => total === 0 ? null : { y: 100 * (counts[code] ?? 0) / total, low: null, high: null },
      ),
    };
  });
  return {
    kind: "chart",
    id: `usage-${split}`,
    title: `Code usage by context, ${splitLabel(split)}`,
    caption: "Share of a context's samples that each code takes.",
    alt: series.map((line) => {
      const top = line.values.map((value, code) => ({ code, y: value?.y ?? 0 })).sort((a, b) => b.y - a.y)[0]!;
      return `${line.name}: most in code ${top.code}, ${top.y.toFixed(0)} %`;
    }).join("; ") + ".",
    half: true,
    chart: {
      kind: "bar",
      xTitle: "code",
      yTitle: "samples of the context (%)",
      categories: Array.from({ length: codes }, (_, code) => String(code)),
      series,
      yMin: 0,
      yMax: 100,
    },
  };
}

function finalTable(finals: readonly MetricRow[]): readonly TableBlock[] {
  const splits = [...new Set(finals.map((row) => row.split))].sort(compareSplits);
  const metrics = [...new Set(finals.map(metricText))].sort(compareNatural);
  if (metrics.length === 0) return [];
  const values = new Map(finals.map((row) => [`${metricText(row)} ${row.split}`, row.value]));
  return [{
    kind: "table",
    id: "final",
    title: "Last value of every metric",
    caption: "Numbers as stored, accuracy and success as shares in [0, 1].",
    collapsed: metrics.length > 24,
    columns: [{ label: "Metric" }, ...splits.map((split) => ({ label: splitLabel(split), numeric: true }))],
    rows: metrics.map((metric) => [
      { text: metric },
      ...splits.map((split) => {
        const value = values.get(`${metric} ${split}`) ?? null;
        return { text: value === null ? "" : String(Number(value.toPrecision(5))), value };
      }),
    ]),
  }];
}

function labels(variables: { readonly state: readonly string[]; readonly action: readonly string[] }) {
  return { rows: variables.state, columns: [...variables.state, ...variables.action] };
}

function usageOf(usage: Readonly<Record<string, Readonly<Record<string, readonly number[]>>>>, code: number): number {
  let total = 0;
  for (const contexts of Object.values(usage)) {
    for (const counts of Object.values(contexts)) total += counts[code] ?? 0;
  }
  return total;
}

/**
 * The context with the largest share of a code's samples in distribution, or over all splits if it has none there; null
 * when it has none at all. Shifted splits may have one context alone, which says nothing of what a code was learned for.
 */
function mainContext(
  usage: Readonly<Record<string, Readonly<Record<string, readonly number[]>>>>,
  { code, contexts }: { readonly code: number; readonly contexts: readonly string[] },
): string | null {
  const trained = usage["train"];
  const splits = trained && contexts.some((context) => (trained[context]?.[code] ?? 0) > 0)
    ? [trained]
    : Object.values(usage);
  let best: string | null = null;
  let most = 0;
  for (const context of contexts) {
    const count = splits.reduce((sum, by) => sum + (by[context]?.[code] ?? 0), 0);
    if (count > most) {
      best = context;
      most = count;
    }
  }
  return best;
}

/** The graph of a context as a whole, from how often each edge acts in its steps. */
function contextGraph(frequencies: readonly (readonly number[])[] | null): number[][] | null {
  return frequencies?.map((row) => row.map((frequency) => frequency > 0 ? 1 : 0)) ?? null;
}

function contextLabel(context: string): string {
  return context.replaceAll("_", " ");
}
