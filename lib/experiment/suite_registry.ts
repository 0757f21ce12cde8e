import { unknownName } from "../core/errors.ts";
import { parseSuite, type Suite } from "./suite.ts";

/** How the registry offers a suite without reading it. */
export interface SuiteEntry {
  readonly id: string;
  /** What it is for, in a few words. */
  readonly summary: string;
  /** The suite's JSON, unchecked. */
  load(): Promise<{ readonly default: unknown }>;
}

/** Every suite that can be named. A new one: one file in `suites/` and one line here. */
export const suites: readonly SuiteEntry[] = [
  {
    id: "smoke",
    summary: "tiny but real, under a minute on two cores",
    load: () => import("./suites/smoke.json", { with: { type: "json" } }),
  },
  {
    id: "quick",
    summary: "FCDL, its sparse-context variant, MLP and controls where edges matter, about 3 minutes on two cores",
    load: () => import("./suites/quick.json", { with: { type: "json" } }),
  },
  {
    id: "chemical-fork",
    summary: "Chemical (fork) with the paper's settings, 8 seeds",
    load: () => import("./suites/chemical-fork.json", { with: { type: "json" } }),
  },
  {
    id: "chemical-chain",
    summary: "Chemical (chain) with the paper's settings, 8 seeds",
    load: () => import("./suites/chemical-chain.json", { with: { type: "json" } }),
  },
  {
    id: "paper-chemical",
    summary: "the paper's nine methods on Chemical, fork and chain, 8 seeds",
    load: () => import("./suites/paper-chemical.json", { with: { type: "json" } }),
  },
  {
    id: "paper-chemical-short",
    summary: "the same sizes, one seed, 300 updates; an estimated 33 minutes on two cores",
    load: () => import("./suites/paper-chemical-short.json", { with: { type: "json" } }),
  },
  {
    id: "ablation-codebook",
    summary: "FCDL with K = 1 to 32 codes, 8 seeds",
    load: () => import("./suites/ablation-codebook.json", { with: { type: "json" } }),
  },
  {
    id: "ablation-codebook-short",
    summary: "the same, small; an estimated 14 minutes on two cores",
    load: () => import("./suites/ablation-codebook-short.json", { with: { type: "json" } }),
  },
  {
    id: "ablation-sparsity",
    summary: "FCDL with lambda = 1e-4 to 5e-2, 8 seeds",
    load: () => import("./suites/ablation-sparsity.json", { with: { type: "json" } }),
  },
  {
    id: "ablation-sparsity-short",
    summary: "the same, small; an estimated 12 minutes on two cores",
    load: () => import("./suites/ablation-sparsity-short.json", { with: { type: "json" } }),
  },
  {
    id: "ablation-context",
    summary: "FCDL, its sparse-context, k-means and Gumbel variants, NCD, 8 seeds",
    load: () => import("./suites/ablation-context.json", { with: { type: "json" } }),
  },
  {
    id: "ablation-context-short",
    summary: "the same, small; an estimated 24 minutes on two cores",
    load: () => import("./suites/ablation-context-short.json", { with: { type: "json" } }),
  },
  {
    id: "partial-observability",
    summary: "hidden and noisy nodes at three levels, 8 seeds",
    load: () => import("./suites/partial-observability.json", { with: { type: "json" } }),
  },
  {
    id: "partial-observability-short",
    summary: "the same, small; an estimated 30 minutes on two cores",
    load: () => import("./suites/partial-observability-short.json", { with: { type: "json" } }),
  },
  {
    id: "indirect",
    summary: "Chemical with goals behind the mechanisms, where edges matter, 8 seeds",
    load: () => import("./suites/indirect.json", { with: { type: "json" } }),
  },
  {
    id: "indirect-short",
    summary: "the same, small; an estimated 10 minutes on two cores",
    load: () => import("./suites/indirect-short.json", { with: { type: "json" } }),
  },
  {
    id: "magnetic",
    summary: "the paper's methods but GRADER on Magnetic, 8 seeds",
    load: () => import("./suites/magnetic.json", { with: { type: "json" } }),
  },
  {
    id: "magnetic-short",
    summary: "FCDL, NCD, MLP and Oracle on Magnetic, small; an estimated 22 minutes on two cores",
    load: () => import("./suites/magnetic-short.json", { with: { type: "json" } }),
  },
];

/**
 * Loads a built-in suite.
 *
 * @throws {RangeError} If no suite has that name; names the choices.
 */
export async function loadSuite(id: string): Promise<Suite> {
  const entry = suites.find((suite) => suite.id === id);
  if (!entry) throw unknownName("suite", { name: id, choices: suites.map((suite) => suite.id) });
  return parseSuite((await entry.load()).default, { what: `suite ${id}` });
}
