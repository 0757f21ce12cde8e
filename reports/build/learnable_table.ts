import type { MetricName } from "../../lib/metrics/catalogue.ts";
import { type ReferenceGraph, type ReferenceScores, referenceScores } from "../../lib/metrics/reference_graphs.ts";
import { meanOf } from "../../lib/metrics/mean.ts";
import type { MetricRow } from "../../lib/store/store.ts";
import type { Cell, Color, TableBlock } from "../blocks.ts";
import { statisticsCell } from "./leaderboard.ts";
import { seedStatistics } from "./interval_statistics.ts";
import { compareNatural, compareSplits, metricInfo, splitLabel } from "../metric_info.ts";

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
    const measured = runs.map(learnableOf);
    return measured.some((run) => run.size > 0) ? [{ name, color, runs: measured }] : [];
  });
  if (known.length === 0) return [];
  const all = known.flatMap(({ runs }) => runs);
  const places = placesOf(all).map((place) => ({ ...place, references: referencesAt(place, all) }));
  return tables.map(({ id, title, caption, metrics, collapsed }) => {
    const wanted = metrics.flatMap((metric) => places.map((place) => ({ metric, place })));
    return {
      kind: "table",
      id: `${id}${suffix}`,
      title,
      caption,
      collapsed,
      columns: [
        { label: "Graph" },
        ...wanted.map(({ metric, place: { split, qualifier } }) => ({
          label: [splitLabel(split), ...(qualifier === "" ? [] : [qualifier.replaceAll("_", " ")])].join(", "),
          group: metricInfo(metric).label,
          numeric: true,
        })),
      ],
      rows: [
        ...known.map(({ name, color, runs }): readonly Cell[] => [
          { text: name, ...(color ? { swatch: color } : {}) },
          ...wanted.map(({ metric, place: { split, qualifier } }) => {
            const values = runs.map((run) => run.get(split)?.get(metric)?.get(qualifier) ?? null);
            return statisticsCell(seedStatistics(values), metric);
          }),
        ]),
        ...(Object.keys(references) as ReferenceGraph[]).map((reference): readonly Cell[] => [
          { text: references[reference] },
          ...wanted.map(({ metric, place }) => {
            const mean = meanOf(place.references.map((each) => scores[metric](each[reference])));
            return statisticsCell({ ...seedStatistics([]), mean }, metric);
          }),
        ]),
      ],
    };
  });
}

/** Learnable-edge numbers of one run by split, metric and context. */
type LearnableValues = ReadonlyMap<string, ReadonlyMap<string, ReadonlyMap<string, number | null>>>;

/** What of a run is looked at. */
const wantedNames: ReadonlySet<string> = new Set(
  [
    ...Object.keys(scores) as LearnableMetric[],
    ...["learnable_entries", "learnable_true_density", "learnable_step_true_density"] as const,
  ] satisfies MetricName[],
);

function learnableOf(run: readonly MetricRow[]): LearnableValues {
  const bySplit = new Map<string, Map<string, Map<string, number | null>>>();
  for (const { split, name, qualifier, value } of run) {
    if (!wantedNames.has(name)) continue;
    let byName = bySplit.get(split);
    if (!byName) bySplit.set(split, byName = new Map());
    let values = byName.get(name);
    if (!values) byName.set(name, values = new Map());
    values.set(qualifier, value);
  }
  return bySplit;
}

interface Place {
  readonly split: string;
  /** Empty for all contexts together. */
  readonly qualifier: string;
}

function placesOf(runs: readonly LearnableValues[]): readonly Place[] {
  const bySplit = new Map<string, Set<string>>();
  for (const run of runs) {
    for (const [split, byName] of run) {
      const qualifiers = bySplit.get(split) ?? new Set();
      bySplit.set(split, qualifiers);
      for (const qualifier of byName.get("learnable_shd")?.keys() ?? []) qualifiers.add(qualifier);
    }
  }
  return [...bySplit].flatMap(([split, qualifiers]) => [...qualifiers].map((qualifier) => ({ split, qualifier })))
    .sort((a, b) => compareSplits(a.split, b.split) || compareNatural(a.qualifier, b.qualifier));
}

/** What reference graphs would score on the samples of each run that has the numbers. */
function referencesAt(
  { split, qualifier }: Place,
  runs: readonly LearnableValues[],
): readonly Readonly<Record<ReferenceGraph, ReferenceScores>>[] {
  return runs.flatMap((run) => {
    const values = run.get(split);
    const entries = values?.get("learnable_entries")?.get("") ?? null;
    const trueDensity = values?.get("learnable_true_density")?.get(qualifier) ?? null;
    const stepDensity = values?.get("learnable_step_true_density")?.get(qualifier) ?? null;
    if (entries === null || trueDensity === null || stepDensity === null) return [];
    return [referenceScores({ entries, trueDensity, stepDensity })];
  });
}
