import type { Cell, TableBlock } from "./blocks.ts";
import { finalStatistics, statisticsCell } from "./build_leaderboard.ts";
import { compareNatural, compareSplits, metricInfo, splitLabel } from "./metric_info.ts";
import { methodLabel, stylesOf, type SuiteResults } from "./results.ts";
import { resultsIndex } from "./results_index.ts";

/** Which metric families go into one table, with a title. */
interface Family {
  readonly id: string;
  readonly title: string;
  readonly caption: string;
  /** Whole names, or names before the slash, in order. */
  readonly metrics: readonly string[];
  /** Takes only whole names, or only those with something after the slash; both when absent. */
  readonly only?: "whole" | "qualified";
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
    metrics: ["shd", "edge_f1", "context_f1", "edge_auc"],
  },
  {
    id: "codebook",
    title: "Codes, graphs and contexts",
    caption:
      "Perplexity: effective number of codes or of different graphs; dead: codes no sample uses. AMI and what is " +
      "known of the context from code or graph: 0 is chance, 1 or 100 % the best. Kept: the same code or graph as for " +
      "the same state before the shift.",
    metrics: [
      "perplexity",
      "dead_codes",
      "graph_perplexity",
      "ami",
      "code_information",
      "graph_information",
      "code_agreement",
      "graph_agreement",
      "code_consistency",
    ],
  },
  {
    id: "prediction",
    title: "More of prediction",
    collapsed: true,
    caption: "Mean ± standard deviation over finished seeds.",
    only: "whole",
    metrics: ["success", "accuracy_t2", "accuracy_t3", "nll", "nll_t2", "nll_t3", "mse"],
  },
  {
    id: "variables",
    title: "Prediction by variable",
    collapsed: true,
    caption: "One step ahead, scored variables only; mean ± standard deviation over finished seeds.",
    only: "qualified",
    metrics: ["accuracy", "mse", "nll"],
  },
  {
    id: "choice",
    title: "Other choices of the final number",
    collapsed: true,
    caption: "The leaderboard takes the last evaluation; here the best one and the mean of the last three.",
    metrics: ["return/best", "return/last_3", "success/best", "success/last_3"],
  },
  {
    id: "cost",
    title: "Cost",
    collapsed: true,
    caption:
      "Mean ± standard deviation over finished seeds, as measured on the machines of the runs; rates are those " +
      "of the last hundred loops. Known pairs: share of a plan's (state, action) pairs that needed no prediction; known " +
      "variables: share of single variables' predictions that their mask let the model take from an earlier one.",
    metrics: ["cost", "plan_hit_rate", "plan_variable_hit_rate"],
  },
];

/** Tables of graph, codebook, further prediction and cost metrics that an environment's runs have. */
export function buildDetailTables(results: SuiteResults, environment: string): readonly TableBlock[] {
  const { methods, series } = resultsIndex(results, environment);
  const styles = stylesOf(results);
  return families.flatMap((family): TableBlock[] => {
    const wanted = series
      .filter(({ metric }) => rankIn(family, metric) >= 0)
      .sort((a, b) =>
        rankIn(family, a.metric) - rankIn(family, b.metric) ||
        compareNatural(a.metric, b.metric) || compareSplits(a.split, b.split)
      );
    const rows = methods.flatMap((method): (readonly Cell[])[] => {
      const cells = wanted.map((at) =>
        statisticsCell(finalStatistics(results, { environment, method, ...at }), at.metric)
      );
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
        ...wanted.map(({ metric, split }) => ({
          label: splitLabel(split),
          group: columnGroup(metric),
          numeric: true,
        })),
      ],
      rows,
    }];
  });
}

/** Position of a metric in its family, -1 if it belongs to another. */
function rankIn(family: Family, metric: string): number {
  const whole = family.metrics.indexOf(metric);
  const isQualified = metric.includes("/");
  if (family.only !== undefined && isQualified !== (family.only === "qualified")) return -1;
  if (whole >= 0 || isNamed(metric)) return whole;
  return family.metrics.indexOf(metric.split("/")[0]!);
}

/** Whether a qualified metric is a choice of evaluation, not a context or variable. */
function isNamed(metric: string): boolean {
  return /\/(best|last_3)$/.test(metric);
}

function columnGroup(metric: string): string {
  const info = metricInfo(metric);
  return info.scale === 100 ? `${info.label} (%)` : info.label;
}
