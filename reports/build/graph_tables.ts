import { metricCatalogue, metricTextOf } from "../../lib/metrics/catalogue.ts";
import type { MetricTable } from "../../lib/metrics/metric_entry.ts";
import type { MetricId } from "../../lib/records/metric_id.ts";
import type { Cell, TableBlock } from "../blocks.ts";
import { finalStatistics, statisticsCell } from "./leaderboard.ts";
import { compareNatural, compareSplits, metricInfo, splitLabel } from "../metric_info.ts";
import { methodLabel, stylesOf, type SuiteResults } from "../read/results.ts";
import { resultsIndex } from "../read/results_index.ts";

/** A table of the metrics that the catalogue puts there. */
interface Family {
  readonly id: MetricTable;
  readonly title: string;
  readonly caption: string;
  /** Starts closed on a page. */
  readonly collapsed?: boolean;
}

const families: readonly Family[] = [
  {
    id: "graphs",
    title: "Whole graphs against the truth",
    collapsed: true,
    caption:
      "Given edges included. Edges at probability above 0.5, by context; mean ± standard deviation over finished seeds. " +
      "SHD: missing plus extra edges, lower is better; F1 and ROC area: higher is better. A step's true graph depends " +
      "on its action; the whole context's has each edge that acts in any of its steps.",
  },
  {
    id: "codebook",
    title: "Codes, graphs and contexts",
    caption:
      "Perplexity: effective number of codes or of different graphs; dead: codes no sample uses. AMI and what is " +
      "known of the context from code or graph: 0 is chance, 1 or 100 % the best. Kept: the same code or graph as for " +
      "the same state before the shift.",
  },
  {
    id: "prediction",
    title: "More of prediction",
    collapsed: true,
    caption: "Mean ± standard deviation over finished seeds.",
  },
  {
    id: "variables",
    title: "Prediction by variable",
    collapsed: true,
    caption: "One step ahead, scored variables only; mean ± standard deviation over finished seeds.",
  },
  {
    id: "choice",
    title: "Other choices of the final number",
    collapsed: true,
    caption: "The leaderboard takes the last evaluation; here the best one and the mean of the last three.",
  },
  {
    id: "cost",
    title: "Cost",
    collapsed: true,
    caption:
      "Mean ± standard deviation over finished seeds, as measured on the machines of the runs; rates are those " +
      "of the last hundred loops. Known pairs: share of a plan's (state, action) pairs that needed no prediction; known " +
      "variables: share of single variables' predictions that their mask let the model take from an earlier one.",
  },
];

/** Tables of graph, codebook, further prediction and cost metrics that an environment's runs have. */
export function buildDetailTables(results: SuiteResults, environment: string): readonly TableBlock[] {
  const { methods, series } = resultsIndex(results, environment);
  const styles = stylesOf(results);
  return families.flatMap((family): TableBlock[] => {
    const wanted = series
      .filter((metric) => tableOf(metric) === family.id)
      .sort((a, b) =>
        placeOf(a) - placeOf(b) || compareNatural(a.qualifier, b.qualifier) || compareSplits(a.split, b.split)
      );
    const rows = methods.flatMap((method): (readonly Cell[])[] => {
      const cells = wanted.map((at) => statisticsCell(finalStatistics(results, { environment, method, ...at }), at));
      if (cells.every((cell) => cell.text === "")) return [];
      const color = styles.get(method)?.color;
      return [[{ text: methodLabel(method), ...(color ? { swatch: color } : {}) }, ...cells]];
    });
    if (rows.length === 0) return [];
    return [{
      kind: "table",
      id: `${family.id}-${environment}`,
      title: family.title,
      caption: family.caption,
      collapsed: family.collapsed ?? false,
      columns: [
        { label: "Method" },
        ...wanted.map((at) => ({
          label: splitLabel(at.split),
          group: columnGroup(at),
          numeric: true,
        })),
      ],
      rows,
    }];
  });
}

const order = Object.keys(metricCatalogue);

function placeOf({ name }: MetricId): number {
  return order.indexOf(name);
}

/** The table that the catalogue puts a metric in; absent for none. */
function tableOf(metric: MetricId): MetricTable | undefined {
  const { entry, own, isNamed } = metricTextOf(metric);
  return metric.qualifier === "" || isNamed ? own?.table : entry?.qualifiedTable ?? entry?.table;
}

function columnGroup(metric: MetricId): string {
  const info = metricInfo(metric);
  return info.scale === 100 ? `${info.label} (%)` : info.label;
}
