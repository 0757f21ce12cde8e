/** Below this perplexity the codebook has collapsed: fewer than about one and a half codes carry all samples. */
export const collapsedPerplexity = 1.5;
/** Below this share of OOD samples in a context's own codes, inference is inconsistent. */
export const consistentShare = 0.5;
/** Inferred density over true density: above the first too dense, below the second too sparse. */
export const tooDenseRatio = 1.5;
export const tooSparseRatio = 0.5;

/** A known way to fail, seen in a model. */
export interface Finding {
  readonly signature: "few-codes" | "one-graph" | "inconsistent-inference" | "too-dense" | "too-sparse";
  /** For a person, with the numbers behind it. */
  readonly sentence: string;
}

/** What is known of a trained model; absent parts are not judged. */
export interface ModelDiagnosis {
  /** From `codeUsage`, with the graphs of the codes: edge probabilities or edges, row-major [K, E]. */
  readonly codebook?: {
    readonly histogram: readonly number[];
    readonly perplexity: number | null;
    readonly graphs: ArrayLike<number>;
  };
  /** From `codeConsistency`, with the contexts' names. */
  readonly consistency?: { readonly contextNames: readonly string[]; readonly shares: readonly (number | null)[] };
  /** From `scoreGraphs`. */
  readonly density?: { readonly density: number | null; readonly trueDensity: number | null };
}

/** The failure signatures a model shows, worst first; none for a sound one. */
export function findFailures(diagnosis: ModelDiagnosis): Finding[] {
  return [...codebookFindings(diagnosis), ...consistencyFindings(diagnosis), ...densityFindings(diagnosis)];
}

function codebookFindings({ codebook }: ModelDiagnosis): Finding[] {
  // A single code is a choice (one graph for all), not a collapse.
  if (!codebook || codebook.perplexity === null || codebook.histogram.length < 2) return [];
  const { histogram, perplexity, graphs } = codebook;
  const codes = histogram.length;
  const used = histogram.flatMap((count, code) => count > 0 ? [code] : []);
  if (perplexity < collapsedPerplexity) {
    return [{
      signature: "few-codes",
      sentence: `The codebook has collapsed: its ${codes} codes are used as if there were ${fixed(perplexity)} ` +
        `(perplexity, below ${collapsedPerplexity}).`,
    }];
  }
  const entries = graphs.length / codes;
  const edgesOf = (code: number) => Array.from({ length: entries }, (_, e) => graphs[code * entries + e]! > 0.5).join();
  if (used.length > 1 && new Set(used.map(edgesOf)).size === 1) {
    return [{
      signature: "one-graph",
      sentence: `All ${used.length} codes in use decode to one and the same graph: contexts are not told apart.`,
    }];
  }
  return [];
}

function consistencyFindings({ consistency }: ModelDiagnosis): Finding[] {
  if (!consistency) return [];
  return consistency.shares.flatMap((share, context): Finding[] => {
    if (share === null || share >= consistentShare) return [];
    const name = consistency.contextNames[context] ?? String(context);
    return [{
      signature: "inconsistent-inference",
      sentence: `Inference is inconsistent: out of distribution only ${percent(share)} of the samples of context ` +
        `"${name}" get a code used for it in distribution (below ${percent(consistentShare)}).`,
    }];
  });
}

function densityFindings({ density: densities }: ModelDiagnosis): Finding[] {
  if (!densities || densities.density === null || densities.trueDensity === null) return [];
  const { density, trueDensity } = densities;
  const against = `${percent(density)} of the possible edges are inferred, ${percent(trueDensity)} are true`;
  if (density > tooDenseRatio * trueDensity) {
    return [{
      signature: "too-dense",
      sentence: `The graphs are too dense: ${against} (above ${tooDenseRatio} times the truth).`,
    }];
  }
  if (density < tooSparseRatio * trueDensity) {
    return [{
      signature: "too-sparse",
      sentence: `The graphs are too sparse: ${against} (below ${tooSparseRatio} times the truth).`,
    }];
  }
  return [];
}

function percent(share: number): string {
  return `${fixed(100 * share)} %`;
}

function fixed(value: number): string {
  return String(Number(value.toFixed(1)));
}
