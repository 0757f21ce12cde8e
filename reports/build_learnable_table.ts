import { type ReferenceGraph, type ReferenceScores, referenceScores } from "../lib/metrics/reference_graphs.ts";
import type { MetricRow } from "../lib/store/store.ts";
import type { Cell, Color, TableBlock } from "./blocks.ts";
import { statisticsCell } from "./build_leaderboard.ts";
import { seedStatistics } from "./interval_statistics.ts";
import { compareNatural, compareSplits, metricInfo, splitLabel } from "./metric_info.ts";

/** One row of the table: the last records of a method's runs, one list a run. */
export interface LearnableRow {
  readonly name: string;
  readonly color?: Color;
  readonly runs: readonly (readonly MetricRow[])[];
}

/** Scores of a reference graph by metric. */
const scores = {
  learnable_shd: ({ shd }) => shd,
  learnable_f1: ({ f1 }) => f1,
  learnable_auc: ({ auc }) => auc,
  learnable_density: ({ density }) => density,
  learnable_step_shd: ({ stepShd }) => stepShd,
  learnable_step_f1: ({ stepF1 }) => stepF1,
} as const satisfies Readonly<Record<string, (reference: ReferenceScores) => number | null>>;

type LearnableMetric = keyof typeof scores;

const references: Readonly<Record<ReferenceGraph, string>> = {
  none: "no learnable edge",
  all: "all learnable edges",
  perfect: "perfect context graph",
};

const tables: readonly {
  readonly id: string;
  readonly title: string;
  readonly caption: string;
  readonly metrics: readonly LearnableMetric[];
  readonly collapsed: boolean;
}[] = [
  {
    id: "learnable",
    title: "Learnable edges against the graph of the context",
    caption:
      "Given edges (self, action, causal order) apart. Wrong: missing plus extra edges of a graph; F1 counts all " +
      "transitions together. Below: what three graphs that are not learned would get on the same samples.",
    metrics: ["learnable_shd", "learnable_f1"],
    collapsed: false,
  },
  {
    id: "learnable-more",
    title: "More of learnable edges",
    caption:
      "ROC area and share of edges inferred, against the context's graph; then against each step's own graph, of " +
      "which even a perfect context graph has edges that the step does not use.",
    metrics: ["learnable_auc", "learnable_density", "learnable_step_shd", "learnable_step_f1"],
    collapsed: true,
  },
];

/**
 * Tables of learnable edges with the scores of reference graphs below: no learnable edge, all, and the context's own
 * graph. Empty where nothing was recorded of them.
 *
 * @param options.suffix Makes the tables' ids unique on a page.
 */
export function buildLearnableTables(
  rows: readonly LearnableRow[],
  { suffix }: { readonly suffix: string },
): readonly TableBlock[] {
  const known = rows.flatMap(({ name, color, runs }) => {
    const learnable = runs.map((run) => run.filter(({ metric }) => metric.startsWith("learnable_")));
    if (learnable.every((run) => run.length === 0)) return [];
    const values = learnable.map((run) => new Map(run.map((row) => [`${row.split} ${row.metric}`, row.value])));
    return [{ name, color, runs: learnable, values }];
  });
  if (known.length === 0) return [];
  const places = placesOf(known.flatMap(({ runs }) => runs));
  const all = known.flatMap(({ values }) => values);
  return tables.map(({ id, title, caption, metrics, collapsed }) => {
    const wanted = metrics.flatMap((metric) => places.map((place) => ({ metric, ...place })));
    return {
      kind: "table",
      id: `${id}${suffix}`,
      title,
      caption,
      collapsed,
      columns: [
        { label: "Graph" },
        ...wanted.map(({ metric, split, qualifier }) => ({
          label: splitLabel(split) + qualifier.replace("/", ", ").replaceAll("_", " "),
          group: metricInfo(metric).label,
          numeric: true,
        })),
      ],
      rows: [
        ...known.map(({ name, color, values }): readonly Cell[] => [
          { text: name, ...(color ? { swatch: color } : {}) },
          ...wanted.map(({ metric, split, qualifier }) =>
            statisticsCell(
              seedStatistics(values.map((run) => run.get(`${split} ${metric}${qualifier}`) ?? null)),
              metric,
            )
          ),
        ]),
        ...(Object.keys(references) as ReferenceGraph[]).map((reference): readonly Cell[] => [
          { text: references[reference] },
          ...wanted.map(({ metric, split, qualifier }) => {
            const { mean } = seedStatistics(
              all.map((run) => referenceValue(run, { metric, split, qualifier, reference })),
            );
            return statisticsCell({ ...seedStatistics([]), mean }, metric);
          }),
        ]),
      ],
    };
  });
}

interface Place {
  readonly split: string;
  /** Empty for all contexts together, or a slash and the context. */
  readonly qualifier: string;
}

function placesOf(runs: readonly (readonly MetricRow[])[]): readonly Place[] {
  const places = new Map<string, Place>();
  for (const { split, metric } of runs.flat()) {
    if (!/^learnable_shd(\/|$)/.test(metric)) continue;
    const qualifier = metric.slice("learnable_shd".length);
    places.set(`${split}${qualifier}`, { split, qualifier });
  }
  return [...places.values()].sort((a, b) =>
    compareSplits(a.split, b.split) || compareNatural(a.qualifier, b.qualifier)
  );
}

/** What a reference graph would score on the samples of one run; null where the run lacks a number. */
function referenceValue(
  run: ReadonlyMap<string, number | null>,
  { metric, split, qualifier, reference }: Place & {
    readonly metric: LearnableMetric;
    readonly reference: ReferenceGraph;
  },
): number | null {
  const entries = run.get(`${split} learnable_entries`) ?? null;
  const trueDensity = run.get(`${split} learnable_true_density${qualifier}`) ?? null;
  const stepDensity = run.get(`${split} learnable_step_true_density${qualifier}`) ?? null;
  if (entries === null || trueDensity === null || stepDensity === null) return null;
  return scores[metric](referenceScores({ entries, trueDensity, stepDensity })[reference]);
}
