// The package has no types.
import jstat from "jstat";

const { chisquare, gammaln } = jstat as unknown as {
  readonly chisquare: { cdf(value: number, degrees: number): number };
  gammaln(value: number): number;
};

/** `1 - cdf` has the seven digits that a float32 keeps down to here. */
const TAIL = 1e-8;

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

/** P(χ² ≥ statistic), in [0, 1]: to about 1e-9 of itself, down to the smallest number. */
export function upperTail(statistic: number, degrees: number): number {
  if (degrees === 0) return 1;
  const rest = 1 - chisquare.cdf(statistic, degrees);
  return rest > TAIL ? Math.min(rest, 1) : Math.exp(logUpperTail(statistic, degrees));
}

/**
 * log P(χ² ≥ statistic), to about 1e-9, however far out; 0 without degrees of freedom.
 *
 * @see Press et al. 2007, Numerical Recipes, equation 6.2.7: the continued fraction of the upper incomplete gamma
 * function, by Lentz's method.
 */
export function logUpperTail(statistic: number, degrees: number): number {
  const a = degrees / 2;
  const x = statistic / 2;
  if (degrees === 0) return 0;
  if (x < a + 1) return Math.log1p(-chisquare.cdf(statistic, degrees));
  let b = x + 1 - a;
  let c = Infinity;
  let d = 1 / b;
  let fraction = d;
  for (let k = 1, factor = 0; Math.abs(factor - 1) > 1e-15; k++) {
    const term = k * (a - k);
    b += 2;
    c = b + term / c;
    d = 1 / (b + term * d);
    factor = c * d;
    fraction *= factor;
  }
  return a * Math.log(x) - x - gammaln(a) + Math.log(fraction);
}
