/** How a metric is shown. */
export interface MetricInfo {
  readonly label: string;
  /** Axis title with its unit. */
  readonly axis: string;
  /** Shown number = stored number × scale. */
  readonly scale: number;
  readonly digits: number;
  readonly better: "higher" | "lower" | "neither";
  /** Bounds of an axis, in shown numbers. */
  readonly min: number | null;
  readonly max: number | null;
  /** Charts have a logarithmic axis: values differ by powers of ten. */
  readonly log: boolean;
}

const base: MetricInfo = {
  label: "",
  axis: "",
  scale: 1,
  digits: 2,
  better: "neither",
  min: null,
  max: null,
  log: false,
};

/** A number from 0 to 1. */
function unit(label: string) {
  return { label, axis: `${label.toLowerCase()} (0 to 1)`, digits: 3, min: 0, max: 1 };
}

/** A share shown in percent. */
function percent(label: string) {
  return { label, axis: `${label.toLowerCase()} (%)`, scale: 100, digits: 1, min: 0, max: 100 };
}

type DescribedMetric = Partial<MetricInfo> & Pick<MetricInfo, "label" | "axis">;

/** Metrics by the part of their name before the slash. */
const infos: ReadonlyMap<string, DescribedMetric> = new Map(Object.entries<DescribedMetric>({
  return: { label: "Episode return", axis: "episode return (sum of rewards)", better: "higher", min: 0 },
  success: {
    label: "Success rate",
    axis: "success (% of episodes)",
    scale: 100,
    digits: 1,
    better: "higher",
    min: 0,
    max: 100,
  },
  accuracy: {
    label: "Prediction accuracy, one step",
    axis: "accuracy (% of scored variables)",
    scale: 100,
    digits: 1,
    better: "higher",
    min: 0,
    max: 100,
  },
  nll: { label: "Negative log-likelihood", axis: "negative log-likelihood (nats)", digits: 3, better: "lower" },
  mse: { label: "Squared error", axis: "mean squared error", digits: 3, better: "lower", min: 0, log: true },
  shd: { label: "Structural Hamming distance", axis: "SHD (edges)", digits: 1, better: "lower", min: 0 },
  edge_precision: {
    label: "Edge precision",
    axis: "edge precision (0 to 1)",
    digits: 3,
    better: "higher",
    min: 0,
    max: 1,
  },
  edge_recall: { label: "Edge recall", axis: "edge recall (0 to 1)", digits: 3, better: "higher", min: 0, max: 1 },
  edge_f1: { label: "Edge F1", axis: "edge F1 (0 to 1)", digits: 3, better: "higher", min: 0, max: 1 },
  context_f1: {
    label: "Edge F1 against the whole context's graph",
    axis: "edge F1 (0 to 1)",
    digits: 3,
    better: "higher",
    min: 0,
    max: 1,
  },
  edge_auc: { label: "Edge ROC area", axis: "edge ROC area (0 to 1)", digits: 3, better: "higher", min: 0, max: 1 },
  edge_density: { label: "Edge density", axis: "share of edges present (0 to 1)", digits: 3, min: 0, max: 1 },
  learnable_shd: { label: "Wrong learnable edges", axis: "SHD, learnable edges", digits: 1, better: "lower", min: 0 },
  learnable_f1: { ...unit("Learnable-edge F1"), better: "higher" },
  learnable_auc: { ...unit("Learnable-edge ROC area"), better: "higher" },
  learnable_density: unit("Learnable edges inferred (share)"),
  learnable_true_density: unit("Learnable edges true (share)"),
  learnable_step_shd: {
    label: "Wrong learnable edges, each step",
    axis: "SHD, learnable edges of the step",
    digits: 1,
    better: "lower",
    min: 0,
  },
  learnable_step_f1: { ...unit("Learnable-edge F1, each step"), better: "higher" },
  learnable_step_auc: { ...unit("Learnable-edge ROC area, each step"), better: "higher" },
  learnable_step_true_density: unit("Learnable edges true in each step (share)"),
  learnable_entries: { label: "Learnable edges of a graph", axis: "entries", digits: 0, min: 0 },
  given_shd: { label: "Wrong given edges", axis: "SHD, given edges", digits: 1, better: "lower", min: 0 },
  graph_perplexity: { label: "Different graphs in use", axis: "perplexity (graphs)", digits: 2, min: 0 },
  graph_information: { ...percent("Context known from the graph"), better: "higher", min: null },
  code_information: { ...percent("Context known from the code"), better: "higher", min: null },
  graph_agreement: { ...percent("Shifted samples that keep their graph"), better: "higher" },
  code_agreement: { ...percent("Shifted samples that keep their code"), better: "higher" },
  perplexity: { label: "Codebook perplexity", axis: "perplexity (codes)", digits: 2, min: 0 },
  dead_codes: { label: "Dead codes", axis: "unused codes", digits: 1, better: "lower", min: 0 },
  ami: {
    label: "Code-context agreement (AMI)",
    axis: "adjusted mutual information (at most 1)",
    digits: 3,
    better: "higher",
    max: 1,
  },
  loss: { label: "Training loss", axis: "loss (nats)", digits: 3, better: "lower" },
  episode_return: { label: "Return while training", axis: "episode return (sum of rewards)", better: "higher", min: 0 },
  code_consistency: {
    label: "Samples in their context's own codes",
    axis: "samples in the context's own codes (%)",
    scale: 100,
    digits: 1,
    better: "higher",
    min: 0,
    max: 100,
  },
  cost: { label: "Cost", axis: "cost", digits: 1 },
  plan_hit_rate: {
    label: "Plan, known pairs",
    axis: "pairs that needed no prediction (%)",
    scale: 100,
    digits: 1,
    better: "higher",
    min: 0,
    max: 100,
  },
  plan_variable_hit_rate: {
    label: "Plan, known variables",
    axis: "variables that needed no prediction (%)",
    scale: 100,
    digits: 1,
    better: "higher",
    min: 0,
    max: 100,
  },
}));

/** Metrics whose whole name has a meaning of its own. */
const named: ReadonlyMap<string, DescribedMetric> = new Map(Object.entries<DescribedMetric>({
  "loss/gradient_norm": { label: "Gradient norm", axis: "global norm of the gradient", digits: 3, min: 0 },
  "return/best": { ...infos.get("return")!, label: "Return, best evaluation" },
  "return/last_3": { ...infos.get("return")!, label: "Return, mean of the last three" },
  "success/best": { ...infos.get("success")!, label: "Success rate, best evaluation" },
  "success/last_3": { ...infos.get("success")!, label: "Success rate, mean of the last three" },
  "cost/updates_per_second": { label: "Updates a second", axis: "updates a second", digits: 1 },
  "cost/update_ms": { label: "One update (ms)", axis: "ms an update", digits: 1 },
  "cost/act_ms": { label: "Acting in all environments (ms)", axis: "ms to plan and step", digits: 1 },
  "cost/env_steps_per_second": { label: "Environment steps a second", axis: "steps a second", digits: 0 },
  "cost/peak_memory_bytes": { label: "Peak memory (MiB)", axis: "peak memory (MiB)", scale: 2 ** -20, digits: 0 },
  "cost/wall_time_ms": { label: "Wall time (min)", axis: "wall time (min)", scale: 1 / 60_000, digits: 1 },
}));

/** Each name is looked into once: tables ask for every cell. */
const known = new Map<string, MetricInfo>();

/** How `metric` is shown; a metric nobody described keeps its own name. */
export function metricInfo(metric: string): MetricInfo {
  let info = known.get(metric);
  if (!info) known.set(metric, info = describe(metric));
  return info;
}

function describe(metric: string): MetricInfo {
  const slash = metric.indexOf("/");
  const name = slash < 0 ? metric : metric.slice(0, slash);
  const whole = named.get(metric);
  if (whole) return { ...base, ...whole };
  // accuracy_t3 is accuracy after three predicted steps.
  const [, stem = name, steps] = /^(.+)_t(\d+)$/.exec(name) ?? [];
  const info = infos.get(stem);
  if (!info) return { ...base, label: metric, axis: metric };
  if (steps) return { ...base, ...info, label: `${info.label.replace(", one step", "")}, ${steps} steps` };
  const qualifier = slash < 0 ? "" : metric.slice(slash + 1).replaceAll("_", " ");
  return { ...base, ...info, label: qualifier ? `${info.label}, ${qualifier}` : info.label };
}

/**
 * A stored number as shown: scaled, with the metric's decimals, or with as many digits that count where values differ by
 * powers of ten; empty when missing.
 */
export function formatMetric(metric: string, value: number | null | undefined): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return "";
  const info = metricInfo(metric);
  const shown = value * info.scale;
  const size = Math.abs(shown);
  const isWide = info.log && size >= 1e-4;
  const decimals = isWide ? Math.max(0, info.digits - 1 - Math.floor(Math.log10(size))) : info.digits;
  return formatNumber(shown, decimals);
}

/** A number with `digits` decimals and a true minus sign; very large and small ones in scientific form. */
export function formatNumber(value: number, digits: number): string {
  const size = Math.abs(value);
  const text = size >= 1e6 || (size > 0 && size < 0.5 * 10 ** -digits && size < 1e-4)
    ? value.toExponential(2)
    : value.toFixed(digits);
  return /^-0(\.0*)?$/.test(text) ? text.slice(1) : text.replace("-", "\u2212");
}

/** A split's name on pages: `n2` is "n = 2". */
export function splitLabel(split: string): string {
  return split.replace(/^n(\d+)$/, "n = $1");
}

/** Orders splits: `train` first, then by name with numbers as numbers. */
export function compareSplits(a: string, b: string): number {
  if (a === b) return 0;
  if (a === "train") return -1;
  if (b === "train") return 1;
  return compareNatural(a, b);
}

/** Made once: making it takes far longer than using it. */
const natural = new Intl.Collator("en", { numeric: true });

/** Orders names with the numbers in them as numbers, so that k16 follows k8. */
export function compareNatural(a: string, b: string): number {
  return natural.compare(a, b);
}
