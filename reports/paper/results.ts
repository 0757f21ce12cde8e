/** A number as the paper prints it. */
export interface PaperValue {
  readonly mean: number;
  readonly std: number | null;
}

/** Where the numbers come from; shown wherever they are. */
export const paperSource = {
  short: "Hwang et al. 2024",
  long: "Hwang, Kwak, Choi, Zhang, Lee: Fine-Grained Causal Dynamics Learning with Quantization for Improving " +
    "Robustness in Reinforcement Learning, ICML 2024, PMLR 235:20842-20870 (arXiv 2406.03234). Mean ± standard " +
    "deviation over 8 seeds. Read from the openly posted earlier version; the final version's quoted numbers agree.",
} as const;

/** Display names of the paper's methods, by our method id. */
export const paperMethods: ReadonlyMap<string, string> = new Map(Object.entries({
  mlp: "MLP",
  modular: "Modular",
  gnn: "GNN",
  nps: "NPS",
  cdl: "CDL",
  grader: "GRADER",
  oracle: "Oracle",
  ncd: "NCD",
  fcdl: "FCDL",
}));

// Columns: fork train, n2, n4, n6; chain train, n2, n4, n6; magnetic train, ood.
const returns: Readonly<Record<string, string>> = {
  mlp: "19.00±0.83 6.49±0.48 5.93±0.71 6.84±1.17 17.91±0.87 7.39±0.65 6.63±0.58 6.78±0.93 8.37±0.74 0.86±0.45",
  modular: "18.55±1.00 6.05±0.70 5.65±0.50 6.43±1.00 17.37±1.63 6.61±0.63 7.01±0.55 7.04±1.07 8.45±0.80 0.88±0.52",
  gnn: "18.60±1.19 6.61±0.92 6.15±0.74 6.95±0.78 16.97±1.85 6.89±0.28 6.38±0.28 6.56±0.53 8.53±0.83 0.92±0.51",
  nps: "7.71±1.22 5.82±0.83 5.75±0.57 5.54±0.80 8.20±0.54 6.92±1.03 6.88±0.79 6.80±0.39 3.13±1.00 0.91±0.69",
  cdl: "18.95±1.40 9.37±1.33 8.23±0.40 9.50±1.18 17.95±0.83 8.71±0.55 8.65±0.38 10.23±0.50 8.75±0.69 1.10±0.67",
  grader: "18.65±0.98 9.27±1.31 8.79±0.65 10.61±1.31 17.71±0.54 8.69±0.56 8.75±0.80 10.14±0.33 - -",
  oracle: "19.64±1.18 7.83±0.87 8.04±0.62 9.66±0.21 17.79±0.76 8.47±0.69 8.85±0.78 10.29±0.37 8.42±0.86 0.95±0.55",
  ncd: "19.30±0.95 10.95±1.63 9.11±0.63 10.32±0.93 18.27±0.27 9.60±1.52 8.86±0.23 10.32±0.37 8.48±0.70 1.31±0.77",
  fcdl: "19.28±0.87 15.27±2.53 14.73±1.68 13.62±2.56 17.22±0.61 13.36±3.60 12.35±3.23 12.00±1.21 8.52±0.74 4.81±3.01",
};

const returnColumns = [
  ["chemical-fork", "train"],
  ["chemical-fork", "n2"],
  ["chemical-fork", "n4"],
  ["chemical-fork", "n6"],
  ["chemical-chain", "train"],
  ["chemical-chain", "n2"],
  ["chemical-chain", "n4"],
  ["chemical-chain", "n6"],
  ["magnetic", "train"],
  ["magnetic", "ood"],
] as const;

// Prediction accuracy in %, columns mlp, modular, gnn, nps, cdl, grader, oracle, ncd, fcdl; n = 0 is our `train`.
const accuracyMethods = ["mlp", "modular", "gnn", "nps", "cdl", "grader", "oracle", "ncd", "fcdl"] as const;
const accuracies: readonly (readonly [string, string, string])[] = [
  [
    "chemical-fork",
    "train",
    "88.31±1.58 89.24±1.52 88.81±1.44 58.34±2.08 89.22±1.67 87.75±1.64 89.63±1.62 90.07±1.22 89.46±1.40",
  ],
  [
    "chemical-fork",
    "n2",
    "31.11±1.69 26.53±3.45 36.29±3.45 40.56±4.61 35.59±1.85 37.93±1.06 33.87±1.34 41.60±5.08 66.44±12.22",
  ],
  [
    "chemical-fork",
    "n4",
    "30.44±2.28 24.73±5.61 25.80±3.48 26.81±4.37 35.82±1.40 38.94±1.63 36.48±1.80 37.47±2.13 58.49±10.20",
  ],
  [
    "chemical-fork",
    "n6",
    "32.39±1.76 26.73±8.31 21.58±3.44 23.02±4.27 42.22±1.39 45.74±2.25 42.47±0.75 42.27±1.82 49.09±4.77",
  ],
  [
    "chemical-chain",
    "train",
    "84.38±1.31 85.92±1.15 85.41±1.84 58.48±2.81 86.85±1.47 84.24±1.22 85.76±1.56 85.63±1.01 86.07±1.62",
  ],
  [
    "chemical-chain",
    "n2",
    "28.66±3.65 25.24±4.68 29.22±3.39 38.73±2.63 34.90±1.59 36.82±3.12 34.63±1.78 40.04±6.21 60.34±12.10",
  ],
  [
    "chemical-chain",
    "n4",
    "26.52±4.26 24.94±4.81 23.28±4.98 27.69±4.28 36.52±1.72 37.41±2.84 38.31±2.48 37.47±2.98 56.64±9.40",
  ],
  [
    "chemical-chain",
    "n6",
    "24.15±4.17 25.09±5.91 20.53±6.96 24.45±3.84 42.06±1.29 43.48±4.14 42.87±2.08 41.19±1.66 53.29±6.63",
  ],
];

/** FCDL's return by codebook size, as printed (no deviations), for n = 2, 4, 6. */
export const paperCodebookStudy = {
  environment: "chemical-fork",
  rows: [
    { codes: 2, n2: 13.44, n4: 12.86, n6: 12.99 },
    { codes: 4, n2: 15.73, n4: 16.50, n6: 12.40 },
    { codes: 8, n2: 14.95, n4: 15.03, n6: 13.42 },
    { codes: 16, n2: 15.27, n4: 14.73, n6: 13.62 },
    { codes: 32, n2: 16.12, n4: 14.35, n6: 14.79 },
  ],
} as const;

/** What the paper says of codebook size in words, by environment. */
export const paperCodebookStatements: ReadonlyMap<string, string> = new Map(Object.entries({
  magnetic: "FCDL has a lower SHD than NCD for every codebook size but 1; with one code it recovers the global graph " +
    "(SHD 6 on samples that are not magnetic).",
}));

/** The paper's number as metrics are stored here (accuracy in [0, 1]), by [environment, split, method, metric]. */
const byKey = index();

/**
 * The paper's number for a method, or null where the paper has none.
 *
 * @param method Our method id.
 * @param at Environment display id, split and metric (`return` or `accuracy`); accuracy is a share in [0, 1].
 */
export function paperValue(
  method: string,
  at: { readonly environment: string; readonly split: string; readonly metric: string },
): PaperValue | null {
  return byKey.get(key(at.environment, at.split, method, at.metric)) ?? null;
}

/** Splits the paper reports for an environment and metric, in its order; empty when it has none. */
export function paperSplits(environment: string, metric: string): readonly string[] {
  const rows: readonly (readonly [string, string, ...string[]])[] = metric === "return"
    ? returnColumns
    : metric === "accuracy"
    ? accuracies
    : [];
  return rows.filter(([of]) => of === environment).map(([, split]) => split);
}

function index(): ReadonlyMap<string, PaperValue> {
  const values = new Map<string, PaperValue>();
  for (const [method, row] of Object.entries(returns)) {
    for (const [column, text] of row.split(" ").entries()) {
      const [environment, split] = returnColumns[column]!;
      const value = parse(text, 1);
      if (value) values.set(key(environment, split, method, "return"), value);
    }
  }
  for (const [environment, split, row] of accuracies) {
    for (const [column, text] of row.split(" ").entries()) {
      const value = parse(text, 100);
      if (value) values.set(key(environment, split, accuracyMethods[column]!, "accuracy"), value);
    }
  }
  return values;
}

function parse(text: string, divisor: number): PaperValue | null {
  const [mean, std] = text.split("±");
  if (!mean || !std) return null;
  return { mean: Number(mean) / divisor, std: Number(std) / divisor };
}

function key(environment: string, split: string, method: string, metric: string): string {
  return `${environment} ${split} ${method} ${metric}`;
}
