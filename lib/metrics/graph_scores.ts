import { areaUnderRoc } from "./area_under_roc.ts";
import { meanOf } from "./mean.ts";

/** How inferred graphs compare with the true ones; each number is the mean over the graphs for which it is defined. */
export interface GraphScores {
  /** Graphs scored. */
  readonly graphs: number;
  /** Structural Hamming distance: edges to add or remove; null without graphs, like the rest. */
  readonly shd: number | null;
  /** Share of inferred edges that are true; undefined for a graph without inferred edges. */
  readonly precision: number | null;
  /** Share of true edges that are inferred; undefined for a graph without true edges. */
  readonly recall: number | null;
  /** Harmonic mean of precision and recall, 2 TP / (2 TP + FP + FN); undefined without any edge. */
  readonly f1: number | null;
  /** Area under the ROC of edge probabilities; undefined unless the true graph has edges and gaps. */
  readonly auc: number | null;
  /** Share of entries with an inferred edge, and with a true one. */
  readonly density: number | null;
  readonly trueDensity: number | null;
}

/**
 * Scores a batch of graphs. An edge is inferred where its probability is above 0.5.
 *
 * @param probabilities Edge probabilities in [0, 1], row-major [B, E]; E = N * (N + M) entries of a graph.
 * @param truth 1 for an edge, row-major [B, E].
 * @param options.entries E.
 * @param options.counted 1 for the entries that count, [E]; leaves out edges that are given or impossible. All when
 *   absent.
 * @param options.included 1 for the graphs that count, [B], such as those of one context. All when absent.
 * @throws {TypeError} If the lengths do not fit.
 */
export function scoreGraphs(
  probabilities: ArrayLike<number>,
  truth: ArrayLike<number>,
  options: {
    readonly entries: number;
    readonly counted?: ArrayLike<number>;
    readonly included?: ArrayLike<number>;
  },
): GraphScores {
  const { entries, counted, included } = options;
  const batch = truth.length / entries;
  checkLengths({ probabilities, truth, batch, ...options });
  const scored = Array.from({ length: entries }, (_, entry) => entry).filter((entry) => !counted || counted[entry]);
  const each: ReturnType<typeof scoreGraph>[] = [];
  for (let b = 0; b < batch; b++) {
    if (included && !included[b]) continue;
    each.push(scoreGraph(
      scored.map((entry) => probabilities[b * entries + entry]!),
      scored.map((entry) => truth[b * entries + entry]!),
    ));
  }
  return {
    graphs: each.length,
    shd: meanOf(each.map((graph) => graph.shd)),
    precision: meanOf(each.map((graph) => graph.precision)),
    recall: meanOf(each.map((graph) => graph.recall)),
    f1: meanOf(each.map((graph) => graph.f1)),
    auc: meanOf(each.map((graph) => graph.auc)),
    density: meanOf(each.map((graph) => graph.density)),
    trueDensity: meanOf(each.map((graph) => graph.trueDensity)),
  };
}

function scoreGraph(probabilities: readonly number[], truth: readonly number[]) {
  const confusion = { hit: 0, extra: 0, missed: 0 };
  for (let i = 0; i < truth.length; i++) {
    const isInferred = probabilities[i]! > 0.5;
    if (isInferred && truth[i]) confusion.hit++;
    else if (isInferred) confusion.extra++;
    else if (truth[i]) confusion.missed++;
  }
  const { hit, extra, missed } = confusion;
  return {
    shd: extra + missed,
    precision: ratio(hit, hit + extra),
    recall: ratio(hit, hit + missed),
    f1: ratio(2 * hit, 2 * hit + extra + missed),
    auc: areaUnderRoc(probabilities, truth),
    density: ratio(hit + extra, truth.length),
    trueDensity: ratio(hit + missed, truth.length),
  };
}

function ratio(part: number, whole: number): number | null {
  return whole === 0 ? null : part / whole;
}

function checkLengths(options: {
  readonly probabilities: ArrayLike<number>;
  readonly truth: ArrayLike<number>;
  readonly batch: number;
  readonly entries: number;
  readonly counted?: ArrayLike<number>;
  readonly included?: ArrayLike<number>;
}): void {
  const { probabilities, truth, batch, entries, counted, included } = options;
  const lengths = [
    { name: "truth", got: truth.length, expected: Math.floor(batch) * entries },
    { name: "probabilities", got: probabilities.length, expected: truth.length },
    { name: "counted", got: counted?.length ?? entries, expected: entries },
    { name: "included", got: included?.length ?? batch, expected: batch },
  ];
  for (const { name, got, expected } of lengths) {
    if (got !== expected) {
      throw new TypeError(`Cannot score graphs: length of ${name} does not fit, expected ${expected}, got ${got}`);
    }
  }
}
