import type { Run } from "../../lib/store/store.ts";
import type { Cell, TableBlock } from "../blocks.ts";
import { compareNatural } from "../metric_info.ts";
import { methodLabel } from "../read/results.ts";

/** A setting of the paper and where a run spec holds it. */
interface Setting {
  readonly label: string;
  /** Path in the run spec. */
  readonly path: readonly string[];
  readonly paper: unknown;
  /** Only for runs of this method id. */
  readonly method?: string;
}

/** Environments of the paper, the longest-named first, and their settings (appendix of Hwang et al. 2024). */
const protocols: ReadonlyMap<string, { readonly seeds: number; readonly settings: readonly Setting[] }> = new Map(
  Object.entries({
    "chemical-fork": { seeds: 8, settings: chemicalSettings() },
    "chemical-chain": { seeds: 8, settings: chemicalSettings() },
    magnetic: { seeds: 8, settings: magneticSettings() },
  }),
);

function chemicalSettings(): readonly Setting[] {
  return [
    { label: "Nodes", path: ["environment", "variables"], paper: 10 },
    { label: "Colours of a node", path: ["environment", "colors"], paper: 5 },
    { label: "Global graph", path: ["environment", "graph"], paper: "full" },
    { label: "Noisy nodes of the test splits", path: ["environment", "noisyNodes"], paper: [2, 4, 6] },
    { label: "Steps of an episode", path: ["environment", "episodeLength"], paper: 25 },
    { label: "Planner: horizon", path: ["planner", "horizon"], paper: 3 },
    ...plannerSettings(),
    { label: "Environments in parallel", path: ["training", "environments"], paper: 10 },
    { label: "Random loops before training", path: ["training", "randomLoops"], paper: 1000 },
    { label: "Training loops", path: ["training", "loops"], paper: 15100 },
    { label: "Updates a loop", path: ["training", "updatesPerLoop"], paper: 1 },
    { label: "Steps predicted (T)", path: ["training", "predictionSteps"], paper: 3 },
    { label: "Exploration (chance of a random action)", path: ["training", "explorationEpsilon"], paper: 0.05 },
    ...sharedSettings(),
    ...methodSettings({ predictorWidths: [128, 128, 128], mlpHidden: [1024, 1024, 1024], rules: 20, graphDecay: 0.9 }),
    { label: "width of embeddings and recurrent units", path: ["method", "width"], paper: 128, method: "grader" },
    { label: "significance of a test", path: ["method", "significance"], paper: 0.01, method: "grader" },
    { label: "episodes between discoveries", path: ["method", "discoveryEpisodes"], paper: 10, method: "grader" },
  ];
}

function magneticSettings(): readonly Setting[] {
  return [
    { label: "Steps of an episode", path: ["environment", "episodeLength"], paper: 25 },
    { label: "Planner: horizon", path: ["planner", "horizon"], paper: 1 },
    ...plannerSettings(),
    // 2,000 random steps, 200,000 in all.
    { label: "Environments in parallel", path: ["training", "environments"], paper: 10 },
    { label: "Random loops before training", path: ["training", "randomLoops"], paper: 200 },
    { label: "Training loops", path: ["training", "loops"], paper: 19800 },
    { label: "Updates a loop", path: ["training", "updatesPerLoop"], paper: 1 },
    { label: "Steps predicted (T)", path: ["training", "predictionSteps"], paper: 1 },
    { label: "Exploration (noise on actions)", path: ["training", "explorationNoise"], paper: 1e-4 },
    ...sharedSettings(),
    ...methodSettings({
      predictorWidths: [128, 128, 128, 128],
      mlpHidden: [512, 512, 512, 512],
      rules: 15,
      graphDecay: 0.99,
    }),
  ];
}

function plannerSettings(): readonly Setting[] {
  return [
    { label: "Planner: candidates", path: ["planner", "candidates"], paper: 64 },
    { label: "Planner: elites", path: ["planner", "elites"], paper: 32 },
    { label: "Planner: iterations", path: ["planner", "iterations"], paper: 5 },
  ];
}

function sharedSettings(): readonly Setting[] {
  return [
    { label: "Batch size", path: ["training", "batchSize"], paper: 256 },
    { label: "Learning rate", path: ["training", "learningRate"], paper: 1e-4 },
    { label: "Test episodes an evaluation", path: ["evaluation", "episodes"], paper: 10 },
    { label: "Share of hidden variables", path: ["observation", "hiddenShare"], paper: 0 },
    { label: "Share of noisy variables", path: ["observation", "noisyShare"], paper: 0 },
    { label: "encoder widths", path: ["method", "encoderWidths"], paper: [128, 64], method: "fcdl" },
    { label: "decoder widths", path: ["method", "decoderWidths"], paper: [32], method: "fcdl" },
    { label: "codes (K)", path: ["method", "codes"], paper: 16, method: "fcdl" },
    { label: "code width (C)", path: ["method", "codeWidth"], paper: 16, method: "fcdl" },
    { label: "sparsity factor (\u03bb)", path: ["method", "sparsity"], paper: 0.001, method: "fcdl" },
    { label: "commitment factor (\u03b2)", path: ["method", "commitment"], paper: 0.25, method: "fcdl" },
  ];
}

/** Sizes of the methods, which all but GRADER have on both environments; some differ between the two. */
function methodSettings(sizes: {
  readonly predictorWidths: readonly number[];
  readonly mlpHidden: readonly number[];
  readonly rules: number;
  readonly graphDecay: number;
}): readonly Setting[] {
  const masked = ["fcdl", "ncd", "oracle"].flatMap((method): readonly Setting[] => [
    { label: "feature width (H)", path: ["method", "featureWidth"], paper: 128, method },
    { label: "predictor widths", path: ["method", "predictorWidths"], paper: sizes.predictorWidths, method },
  ]);
  const of = (method: string, values: Readonly<Record<string, readonly [label: string, paper: unknown]>>) =>
    Object.entries(values).map(([name, [label, paper]]) => ({ label, path: ["method", name], paper, method }));
  return [
    ...masked,
    ...of("ncd", {
      auxiliaryWidths: ["auxiliary widths", [128, 128]],
      sparsity: ["sparsity factor (\u03bb)", 0.001],
    }),
    ...of("mlp", { hidden: ["hidden widths", sizes.mlpHidden] }),
    ...of("modular", { hidden: ["hidden widths", [128, 128, 128, 128]] }),
    ...of("gnn", {
      nodeWidth: ["node embedding width", 256],
      edgeHidden: ["edge network's hidden widths", [512, 512, 512]],
      edgeWidth: ["message width", 256],
      nodeHidden: ["node network's hidden widths", [512, 512, 512]],
    }),
    ...of("nps", {
      rules: ["rules", sizes.rules],
      ruleWidth: ["rule embedding width", 128],
      ruleSelectorWidth: ["rule selector width", 128],
      contextSelectorWidth: ["context selector width", 128],
      encoderWidths: ["encoder widths", [128, 128]],
      ruleHidden: ["rules' hidden widths", [128, 128, 128]],
    }),
    ...of("cdl", {
      featureWidths: ["feature widths", [128, 128]],
      predictorWidths: ["predictor widths", [128, 128]],
      threshold: ["threshold of the mutual information", 0.001],
      graphDecay: ["decay of its average", sizes.graphDecay],
      graphEvery: ["updates between graph estimates", 10],
    }),
  ];
}

/**
 * The paper's environment that a task is or is a variant of: `chemical-fork-5x3` is a reduced `chemical-fork`. Null
 * for environments the paper does not have.
 */
export function paperEnvironment(environment: string): string | null {
  return [...protocols.keys()].find((known) => environment === known || environment.startsWith(`${known}-`)) ?? null;
}

/** What to keep in mind beside the paper's numbers, by its environment. */
export const paperRemarks: ReadonlyMap<string, string> = new Map(Object.entries({
  magnetic:
    "The paper's environment is not public; this is Magnetic as rebuilt in this benchmark, where larger returns " +
    "are possible. Compare methods, and the share of the training return that is left on the test, not returns.",
}));

/** Settings of an environment's runs that differ from the paper's. */
export interface ProtocolDifferences {
  readonly environment: string;
  readonly rows: readonly { readonly setting: string; readonly ours: string; readonly paper: string }[];
}

/** Compares run specs with the paper's settings; null where the paper has no such environment. */
export function protocolDifferences(runs: readonly Run[], environment: string): ProtocolDifferences | null {
  const reference = paperEnvironment(environment);
  if (reference === null) return null;
  const { seeds, settings } = protocols.get(reference)!;
  const own = runs.filter((run) => run.environment === environment);
  const rows = settings.flatMap(({ label, path, paper, method }) => {
    const texts = new Set<string>();
    const names = new Set<string>();
    for (const run of own) {
      if (method !== undefined && fieldOf(run.spec, ["method", "id"]) !== method) continue;
      const value = fieldOf(run.spec, path);
      // A spec from before the option existed leaves the paper's default.
      if (value === undefined || settingText(value) === settingText(paper)) continue;
      texts.add(settingText(value));
      names.add(methodLabel(run.method));
    }
    if (texts.size === 0) return [];
    return [{
      setting: method === undefined ? label : `${[...names].join(", ")}: ${label}`,
      ours: [...texts].sort(compareNatural).join(" or "),
      paper: settingText(paper),
    }];
  });
  const ownSeeds = new Set(own.map((run) => run.seed)).size;
  if (ownSeeds !== seeds) rows.push({ setting: "Seeds", ours: String(ownSeeds), paper: String(seeds) });
  return { environment, rows };
}

/** The differences as a table. */
export function protocolTable({ environment, rows }: ProtocolDifferences): TableBlock {
  return {
    kind: "table",
    id: `protocol-${environment}`,
    title: "Where this suite differs from the paper",
    caption: "Settings of the run specs against the paper's appendix; those that agree are not listed.",
    columns: [{ label: "Setting" }, { label: "This suite", numeric: true }, { label: "Paper", numeric: true }],
    rows: rows.map(({ setting, ours, paper }): readonly Cell[] => [{ text: setting }, { text: ours }, { text: paper }]),
  };
}

function fieldOf(value: unknown, path: readonly string[]): unknown {
  let current = value;
  for (const name of path) {
    if (typeof current !== "object" || current === null || !Object.hasOwn(current, name)) return undefined;
    current = (current as Readonly<Record<string, unknown>>)[name];
  }
  return current;
}

/** Made once: making it takes far longer than using it. */
const grouped = new Intl.NumberFormat("en-US");

function settingText(value: unknown): string {
  if (Array.isArray(value)) return value.length === 0 ? "none" : value.map(settingText).join(", ");
  if (typeof value === "number" && value >= 1000) return grouped.format(value);
  return String(value);
}
