import { areaUnderRoc } from "./area_under_roc.ts";

/** Inferred edges against true ones, all graphs' entries counted together. */
export interface PooledEdges {
  /** Graphs counted. */
  readonly graphs: number;
  /** Entries of a graph that count. */
  readonly entries: number;
  /** Structural Hamming distance a graph: edges to add or remove; null without graphs, like the rest. */
  readonly shd: number | null;
  /** 2 TP / (2 TP + FP + FN); null without any edge, inferred or true. */
  readonly f1: number | null;
  /** Area under the ROC of edge probabilities; null unless there are edges and gaps. */
  readonly auc: number | null;
  /** Share of entries with an inferred edge, and with a true one; null without entries, too. */
  readonly density: number | null;
  readonly trueDensity: number | null;
}

/** Which entries and graphs count. */
export interface CountedEdges {
  /** E, entries of a whole graph. */
  readonly entries: number;
  /** 1 for the entries that count, [E]. */
  readonly counted: ArrayLike<number>;
  /** 1 for the graphs that count, [B]; all when absent. */
  readonly included?: ArrayLike<number>;
}

/**
 * Scores some entries of a batch of graphs, counting hits and errors over all of them together. Where the entries are
 * those that have to be learned, many single graphs have no edge at all (in Chemical a step that reaches nothing), so
 * that a mean of single graphs' F1 would leave out just these.
 *
 * @param probabilities Edge probabilities in [0, 1], row-major [B, E]; an edge is inferred above 0.5.
 * @param truth 1 for an edge, row-major [B, E].
 * @throws {TypeError} If the lengths do not fit.
 */
export function poolEdges(
  probabilities: ArrayLike<number>,
  truth: ArrayLike<number>,
  { entries, counted, included }: CountedEdges,
): PooledEdges {
  const batch = included?.length ?? truth.length / entries;
  if (
    counted.length !== entries || truth.length !== batch * entries || probabilities.length !== batch * entries
  ) {
    throw new TypeError(
      `Cannot pool edges: lengths do not fit, expected ${batch} graphs of ${entries} entries, ` +
        `got ${probabilities.length} probabilities, ${truth.length} true entries and ${counted.length} marks`,
    );
  }
  const places = Array.from({ length: entries }, (_, entry) => entry).filter((entry) => counted[entry]);
  const rows = Array.from({ length: batch }, (_, b) => b).filter((b) => !included || included[b]);
  const scores = new Float32Array(rows.length * places.length);
  const labels = new Uint8Array(scores.length);
  const count = { hit: 0, extra: 0, missed: 0 };
  let k = 0;
  for (const b of rows) {
    for (const entry of places) {
      const probability = probabilities[b * entries + entry]!;
      const isTrue = truth[b * entries + entry]! > 0;
      scores[k] = probability;
      labels[k++] = isTrue ? 1 : 0;
      if (probability > 0.5) count[isTrue ? "hit" : "extra"]++;
      else if (isTrue) count.missed++;
    }
  }
  const { hit, extra, missed } = count;
  return {
    graphs: rows.length,
    entries: places.length,
    shd: ratio(extra + missed, rows.length),
    f1: ratio(2 * hit, 2 * hit + extra + missed),
    auc: areaUnderRoc(scores, labels),
    density: ratio(hit + extra, scores.length),
    trueDensity: ratio(hit + missed, scores.length),
  };
}

function ratio(part: number, whole: number): number | null {
  return whole === 0 ? null : part / whole;
}
