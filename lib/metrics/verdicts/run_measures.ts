/** A number of one split. */
export interface SplitNumber {
  /** As pages call it. */
  readonly split: string;
  readonly value: number;
}

/** What is known of the labels, codes or graphs, that a model gives samples. Missing numbers are null. */
export interface LabelMeasures {
  /** Effective number of labels in distribution. */
  readonly perplexity: number | null;
  /** Share of the uncertainty about the context that the label takes away, see `contextInformation`. */
  readonly information: number | null;
  /** Share of shifted samples that keep their label, by split. */
  readonly agreement: readonly SplitNumber[];
}

/** Learnable edges in distribution, in the counting of `poolEdges`. */
export interface EdgeMeasures {
  /** Learnable entries of a graph. */
  readonly entries: number;
  /** Wrong entries a graph, and shares of entries with an inferred and with a true edge. */
  readonly shd: number;
  readonly density: number;
  readonly trueDensity: number;
}

/** What the records of a run say of what it learned; parts that a method does not have, or that were not measured, null. */
export interface RunMeasures {
  /** Whether the method has causal graphs. */
  readonly hasGraphs: boolean;
  /** Contexts met in distribution; null where not known. */
  readonly contexts: number | null;
  readonly codes:
    | (LabelMeasures & {
      /** Codes without a sample in distribution. */
      readonly deadCodes: number | null;
      readonly ami: number | null;
      /**
       * Share of a context's samples out of distribution in codes used for it in distribution, the lowest of the
       * contexts, by split; see `codeConsistency`.
       */
      readonly consistency: readonly SplitNumber[];
    })
    | null;
  readonly graphs: LabelMeasures | null;
  /** Against the graph of the context, by context. */
  readonly contextEdges: readonly (EdgeMeasures & { readonly context: string })[];
  /** Against each step's own graph, over all contexts. */
  readonly stepEdges: EdgeMeasures | null;
  /** Wrong given entries a graph. */
  readonly givenShd: number | null;
}
