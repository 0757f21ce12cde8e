/** A graph that is not learned, for comparison. */
export type ReferenceGraph = "none" | "all" | "perfect";

/** What a reference graph scores on the entries that have to be learned. */
export interface ReferenceScores {
  /** Against the context's graph: edges to add or remove, F1 (null without any edge), share of entries inferred. */
  readonly shd: number;
  readonly f1: number | null;
  readonly density: number;
  /** Against each step's own graph. */
  readonly stepShd: number;
  readonly stepF1: number | null;
  /** Area under the ROC against the context's graph, one half where all probabilities are equal; null without edges or gaps. */
  readonly auc: number | null;
}

/**
 * What three graphs would score beside a model, in the counting of `poolEdges`: no learnable edge (`none`), each of them
 * (`all`), and exactly the context's graph (`perfect`), the best that one graph a context can be. A step's own graph is
 * part of its context's, so the perfect context graph still has edges that a step does not use.
 *
 * @param options.entries E, learnable entries.
 * @param options.trueDensity Share of them that are edges of the context's graph.
 * @param options.stepDensity Share of them that are edges of a step's own graph.
 */
export function referenceScores(
  { entries, trueDensity, stepDensity }: {
    readonly entries: number;
    readonly trueDensity: number;
    readonly stepDensity: number;
  },
): Readonly<Record<ReferenceGraph, ReferenceScores>> {
  const f1 = (density: number, truth: number) => {
    const sum = density + truth;
    return sum === 0 ? null : 2 * Math.min(density, truth) / sum;
  };
  // Each of these graphs is a part of the true one or has it as a part, so the difference of densities is the error.
  const scores = (density: number, auc: number): ReferenceScores => ({
    shd: entries * Math.abs(density - trueDensity),
    f1: f1(density, trueDensity),
    density,
    stepShd: entries * Math.abs(density - stepDensity),
    stepF1: f1(density, stepDensity),
    auc: trueDensity > 0 && trueDensity < 1 ? auc : null,
  });
  return { none: scores(0, 0.5), all: scores(1, 0.5), perfect: scores(trueDensity, 1) };
}
