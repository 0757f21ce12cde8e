import type { MetricEntry, MetricText } from "./metric_entry.ts";

const evaluation = "training/evaluation";
const interval = "experiment/interval_record.ts";

function evaluated(measured: string) {
  return { recorded: "evaluation", measured } as const;
}

function byContext(measured: string) {
  return { recorded: "evaluation", by: "context", measured } as const;
}

function trained(measured: string) {
  return { recorded: "training", measured } as const;
}

/** Other readings of "final" than the last evaluation. */
function choicesOf(
  base: Omit<MetricText, "meaning" | "measured">,
  label: string,
): Readonly<Record<string, MetricText>> {
  const choice = { ...base, measured: "experiment/protocol_scores.ts", table: "choice" } as const;
  return {
    best: {
      ...choice,
      label: `${label}, best evaluation`,
      meaning: "best evaluation so far; the test split itself picks it",
    },
    last_3: { ...choice, label: `${label}, mean of the last three`, meaning: "mean of the last three evaluations" },
  };
}

/** A number from 0 to 1. */
function share(label: string) {
  return { label, unit: "share", axis: `${label.toLowerCase()} (0 to 1)`, digits: 3, min: 0, max: 1 };
}

/** A share shown in percent. */
function percent(label: string, axis: string = label.toLowerCase()) {
  return { label, unit: "share", axis: `${axis} (%)`, scale: 100, digits: 1, min: 0, max: 100 };
}

const returned = {
  label: "Episode return",
  unit: "reward",
  axis: "episode return (sum of rewards)",
  better: "higher",
  min: 0,
} as const;
const succeeded = {
  ...percent("Success rate"),
  axis: "success (% of episodes)",
  better: "higher",
} as const;
const accuracy = {
  ...percent("Prediction accuracy, one step"),
  axis: "accuracy (% of scored variables)",
  better: "higher",
} as const;
const nll = {
  label: "Negative log-likelihood",
  unit: "nats",
  axis: "negative log-likelihood (nats)",
  digits: 3,
  better: "lower",
} as const;
const mse = {
  label: "Squared error",
  unit: "squared units of the variable",
  axis: "mean squared error",
  digits: 3,
  better: "lower",
  min: 0,
  log: true,
} as const;
const edges = { unit: "edges", digits: 1, better: "lower", min: 0 } as const;
const pairs = { unit: "pairs", axis: "pairs", digits: 0, min: 0 } as const;
const known = { better: "higher", table: "cost" } as const;

const episodes = `${evaluation}/test_episodes.ts`;
const prediction = `${evaluation}/prediction_evaluation.ts`;
const graphs = `${evaluation}/graph_evaluation.ts`;
const learnable = `${evaluation}/learnable_evaluation.ts`;
const labels = `${evaluation}/label_evaluation.ts`;
const codebook = `${evaluation}/codebook_evaluation.ts`;

/**
 * Every metric that is recorded, in the order of tables. A new one is a function, its measurement and an entry here: pages,
 * files and docs/metrics.md follow.
 */
export const metricCatalogue = {
  return: {
    ...returned,
    ...evaluated(episodes),
    meaning: "mean return of test episodes",
    isCharted: true,
    named: choicesOf(returned, "Return"),
  },
  accuracy: {
    ...accuracy,
    ...evaluated(prediction),
    by: "variable",
    meaning: "share of right next categories over scored categorical variables, one step",
    isCharted: true,
    qualifiedTable: "variables",
  },
  success: {
    ...succeeded,
    ...evaluated(episodes),
    meaning: "share of test episodes that succeed",
    isCharted: true,
    table: "prediction",
    named: choicesOf(succeeded, "Success rate"),
  },
  accuracy_t: {
    ...accuracy,
    label: "Prediction accuracy",
    ...evaluated(prediction),
    by: "steps",
    isNeverWhole: true,
    meaning: "accuracy after so many steps (the training's `predictionSteps`) of the model's own predictions",
    table: "prediction",
  },
  nll: {
    ...nll,
    ...evaluated(prediction),
    by: "variable",
    meaning: "mean negative log-likelihood a scored variable, one step",
    isCharted: true,
    table: "prediction",
    qualifiedTable: "variables",
  },
  nll_t: {
    ...nll,
    ...evaluated(prediction),
    by: "steps",
    isNeverWhole: true,
    meaning: "negative log-likelihood after so many steps",
    table: "prediction",
  },
  mse: {
    ...mse,
    ...evaluated(prediction),
    by: "variable",
    meaning: "mean squared error over scored continuous variables, one step",
    isCharted: true,
    table: "prediction",
    qualifiedTable: "variables",
  },
  mse_t: {
    ...mse,
    ...evaluated(prediction),
    by: "steps",
    isNeverWhole: true,
    meaning: "mean squared error after so many steps",
  },
  shd: {
    ...edges,
    label: "Structural Hamming distance",
    axis: "SHD (edges)",
    ...byContext(graphs),
    meaning: "edges to add or remove, inferred local graph against the step's own true graph",
    table: "graphs",
  },
  edge_precision: {
    ...share("Edge precision"),
    better: "higher",
    ...byContext(graphs),
    meaning: "share of inferred edges, those above probability 0.5, that are true in the step",
  },
  edge_recall: {
    ...share("Edge recall"),
    better: "higher",
    ...byContext(graphs),
    meaning: "share of the step's true edges that are inferred",
  },
  edge_f1: {
    ...share("Edge F1"),
    axis: "edge F1 (0 to 1)",
    better: "higher",
    ...byContext(graphs),
    meaning: "harmonic mean of precision and recall",
    table: "graphs",
  },
  context_f1: {
    ...share("Edge F1 against the whole context's graph"),
    axis: "edge F1 (0 to 1)",
    better: "higher",
    ...byContext(graphs),
    isNeverWhole: true,
    meaning: "F1 against the union of the context's true graphs, the best that one graph a code can meet",
    table: "graphs",
  },
  edge_auc: {
    ...share("Edge ROC area"),
    axis: "edge ROC area (0 to 1)",
    better: "higher",
    ...byContext(graphs),
    meaning: "area under the ROC curve of edge probabilities",
    table: "graphs",
  },
  edge_density: {
    ...share("Edge density"),
    axis: "share of edges present (0 to 1)",
    ...byContext(graphs),
    meaning: "share of entries with an inferred edge",
  },
  learnable_shd: {
    ...edges,
    label: "Wrong learnable edges",
    axis: "SHD, learnable edges",
    ...byContext(learnable),
    meaning: "wrong learnable edges of a graph, against the graph of the step's whole context",
  },
  learnable_f1: {
    ...share("Learnable-edge F1"),
    better: "higher",
    ...byContext(learnable),
    meaning: "F1 of learnable edges, all transitions counted together",
  },
  learnable_auc: {
    ...share("Learnable-edge ROC area"),
    better: "higher",
    ...byContext(learnable),
    meaning: "area under the ROC curve of learnable edges",
  },
  learnable_density: {
    ...share("Learnable edges inferred (share)"),
    ...byContext(learnable),
    meaning: "share of the learnable entries with an inferred edge",
  },
  learnable_true_density: {
    ...share("Learnable edges true (share)"),
    ...byContext(learnable),
    meaning: "share of the learnable entries with an edge of the context's graph",
  },
  learnable_step_shd: {
    ...edges,
    label: "Wrong learnable edges, each step",
    axis: "SHD, learnable edges of the step",
    ...byContext(learnable),
    meaning: "wrong learnable edges, against the step's own graph",
  },
  learnable_step_f1: {
    ...share("Learnable-edge F1, each step"),
    better: "higher",
    ...byContext(learnable),
    meaning: "F1 of learnable edges against the step's own graph",
  },
  learnable_step_auc: {
    ...share("Learnable-edge ROC area, each step"),
    better: "higher",
    ...byContext(learnable),
    meaning: "area under the ROC curve of learnable edges against the step's own graph",
  },
  learnable_step_true_density: {
    ...share("Learnable edges true in each step (share)"),
    ...byContext(learnable),
    meaning: "share of the learnable entries with an edge of the step's own graph",
  },
  learnable_entries: {
    label: "Learnable edges of a graph",
    unit: "entries",
    axis: "entries",
    digits: 0,
    min: 0,
    ...evaluated(learnable),
    meaning: "how many entries of a graph have to be learned",
  },
  given_shd: {
    ...edges,
    label: "Wrong given edges",
    axis: "SHD, given edges",
    ...evaluated(learnable),
    meaning: "wrong entries among the given ones, self edges apart: 0 for a method that is told them",
  },
  perplexity: {
    label: "Codebook perplexity",
    unit: "codes",
    axis: "perplexity (codes)",
    min: 0,
    ...evaluated(codebook),
    meaning: "exponential of the entropy of code use",
    table: "codebook",
    isCharted: true,
  },
  dead_codes: {
    label: "Dead codes",
    unit: "codes",
    axis: "unused codes",
    digits: 1,
    better: "lower",
    min: 0,
    ...evaluated(codebook),
    meaning: "codes that no sample has",
    table: "codebook",
  },
  graph_perplexity: {
    label: "Different graphs in use",
    unit: "graphs",
    axis: "perplexity (graphs)",
    min: 0,
    ...evaluated(labels),
    meaning: "exponential of the entropy of graphs in use: 1 where all samples have the same edges",
    table: "codebook",
  },
  ami: {
    label: "Code-context agreement (AMI)",
    unit: "share",
    axis: "adjusted mutual information (at most 1)",
    digits: 3,
    better: "higher",
    max: 1,
    ...evaluated(codebook),
    meaning: "adjusted mutual information of code and true context, in distribution; 0 is chance, 1 the same division",
    table: "codebook",
    isCharted: true,
  },
  code_information: {
    ...percent("Context known from the code"),
    better: "higher",
    min: null,
    ...evaluated(labels),
    meaning: "share of the uncertainty about the context that the code takes away; 0 is chance, 1 all",
    table: "codebook",
  },
  graph_information: {
    ...percent("Context known from the graph"),
    better: "higher",
    min: null,
    ...evaluated(labels),
    meaning: "the same for the inferred graph",
    table: "codebook",
  },
  code_agreement: {
    ...percent("Shifted samples that keep their code"),
    better: "higher",
    ...evaluated(labels),
    meaning: "share of shifted samples that keep the code of the same state before the shift",
    table: "codebook",
  },
  graph_agreement: {
    ...percent("Shifted samples that keep their graph"),
    better: "higher",
    ...evaluated(labels),
    meaning: "the same for the inferred graph",
    table: "codebook",
  },
  code_consistency: {
    ...percent("Samples in their context's own codes", "samples in the context's own codes"),
    better: "higher",
    ...byContext(codebook),
    isNeverWhole: true,
    meaning: "share of a context's shifted samples in codes that hold at least 1 % of it in distribution",
    table: "codebook",
  },
  loss: {
    label: "Training loss",
    unit: "nats",
    axis: "loss (nats)",
    digits: 3,
    better: "lower",
    ...trained("experiment/runner.ts"),
    by: "part",
    meaning: "mean loss of updates, and its parts",
    named: {
      gradient_norm: {
        label: "Gradient norm",
        unit: "norm",
        axis: "global norm of the gradient",
        digits: 3,
        min: 0,
        meaning: "global norm of the gradient before clipping",
        measured: "experiment/runner.ts",
        isCharted: true,
      },
    },
  },
  episode_return: {
    ...returned,
    label: "Return while training",
    ...trained("experiment/runner.ts"),
    meaning: "mean return of training episodes, exploration included",
  },
  cost: {
    label: "Cost",
    unit: "",
    axis: "cost",
    digits: 1,
    ...trained(interval),
    isNeverWhole: true,
    meaning: "depends on the machine",
    table: "cost",
    named: {
      act_ms: {
        label: "Acting in all environments (ms)",
        unit: "ms",
        axis: "ms to plan and step",
        digits: 1,
        meaning: "mean time to choose and take actions in all environments",
        measured: interval,
        table: "cost",
      },
      env_steps_per_second: {
        label: "Environment steps a second",
        unit: "1/s",
        axis: "steps a second",
        digits: 0,
        meaning: "environment steps a second of training",
        measured: interval,
        table: "cost",
      },
      peak_memory_bytes: {
        label: "Peak memory (MiB)",
        unit: "bytes",
        axis: "peak memory (MiB)",
        scale: 2 ** -20,
        digits: 0,
        meaning: "largest resident memory so far",
        measured: "experiment/runner.ts",
        table: "cost",
      },
      update_ms: {
        label: "One update (ms)",
        unit: "ms",
        axis: "ms an update",
        digits: 1,
        meaning: "mean time of one update",
        measured: interval,
        table: "cost",
      },
      updates_per_second: {
        label: "Updates a second",
        unit: "1/s",
        axis: "updates a second",
        digits: 1,
        meaning: "updates a second of training",
        measured: interval,
        table: "cost",
      },
      wall_time_ms: {
        label: "Wall time (min)",
        unit: "ms",
        axis: "wall time (min)",
        scale: 1 / 60_000,
        digits: 1,
        meaning: "training time so far, over all resumptions",
        measured: "experiment/runner.ts",
        table: "cost",
      },
    },
  },
  plan_pairs: {
    ...pairs,
    label: "Plan, pairs",
    ...trained(interval),
    meaning: "(state, action) pairs of plans",
  },
  plan_predicted_pairs: {
    ...pairs,
    label: "Plan, pairs predicted",
    ...trained(interval),
    meaning: "how many of them the model was asked",
  },
  plan_hit_rate: {
    ...percent("Plan, known pairs", "pairs that needed no prediction"),
    ...known,
    ...trained(interval),
    meaning: "the rest's share",
  },
  plan_variables: {
    ...pairs,
    label: "Plan, variables",
    unit: "variables",
    axis: "variables",
    ...trained(interval),
    meaning: "single variables' predictions of plans, where a mask allows to keep them",
  },
  plan_predicted_variables: {
    ...pairs,
    label: "Plan, variables predicted",
    unit: "variables",
    axis: "variables",
    ...trained(interval),
    meaning: "how many of them the model was asked",
  },
  plan_variable_hit_rate: {
    ...percent("Plan, known variables", "variables that needed no prediction"),
    ...known,
    ...trained(interval),
    meaning: "the rest's share",
  },
} as const satisfies Readonly<Record<string, MetricEntry>>;

/** A name of the catalogue. */
export type MetricName = keyof typeof metricCatalogue;

const entries: ReadonlyMap<string, MetricEntry> = new Map(Object.entries<MetricEntry>(metricCatalogue));

/** The catalogue's entry of a name; absent for a metric that nobody described. */
export function metricEntry(name: string): MetricEntry | undefined {
  return entries.get(name);
}

/** What the catalogue says of a metric: of one whose qualifier has a meaning of its own that, else of its name. */
export function metricTextOf(
  { name, qualifier }: { readonly name: string; readonly qualifier: string },
): { readonly entry: MetricEntry | undefined; readonly own: MetricText | undefined; readonly isNamed: boolean } {
  const entry = entries.get(name);
  const named = entry?.named?.[qualifier];
  return { entry, own: named ?? entry, isNamed: named !== undefined };
}
