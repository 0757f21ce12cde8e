// The package has no types.
import jstat from "jstat";

const { chisquare } = jstat as unknown as {
  readonly chisquare: { cdf(value: number, degrees: number): number };
};

/** Result of a test of independence. */
export interface IndependenceTest {
  /** Pearson's statistic. */
  readonly statistic: number;
  /** Degrees of freedom; 0 where a variable took only one value. */
  readonly degrees: number;
  /** Chance of a statistic this large if the two are independent; 1 without degrees of freedom. */
  readonly pValue: number;
}

/**
 * Pearson's chi-squared test of independence. Values that never occur take no part.
 *
 * @param counts Contingency table, row-major [R, C].
 * @param columns C.
 */
export function chiSquaredTest(counts: ArrayLike<number>, columns: number): IndependenceTest {
  const rows = counts.length / columns;
  const rowTotals = new Float64Array(rows);
  const columnTotals = new Float64Array(columns);
  let total = 0;
  for (let r = 0; r < rows; r++) {
    for (let c = 0; c < columns; c++) {
      const count = counts[r * columns + c]!;
      rowTotals[r]! += count;
      columnTotals[c]! += count;
      total += count;
    }
  }
  let statistic = 0;
  for (let r = 0; r < rows; r++) {
    for (let c = 0; c < columns; c++) {
      const expected = rowTotals[r]! * columnTotals[c]! / total;
      if (expected > 0) statistic += (counts[r * columns + c]! - expected) ** 2 / expected;
    }
  }
  const seen = (totals: Float64Array) => totals.filter((count) => count > 0).length;
  const degrees = Math.max(seen(rowTotals) - 1, 0) * Math.max(seen(columnTotals) - 1, 0);
  return { statistic, degrees, pValue: upperTail(statistic, degrees) };
}

/** P(χ² ≥ statistic), in [0, 1]; good to 1e-9. */
export function upperTail(statistic: number, degrees: number): number {
  if (degrees === 0) return 1;
  return Math.min(Math.max(1 - chisquare.cdf(statistic, degrees), 0), 1);
}
