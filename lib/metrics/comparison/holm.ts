/**
 * Adjusts p-values of several tests for their number (Holm 1979): to call those below `alpha` keeps the chance that
 * even one of them is called by mistake below `alpha`, however the tests depend on each other. Here they do: splits and
 * metrics of one run rise and fall together. It calls all that Bonferroni's correction calls, and often more; methods that
 * bound the share of mistakes instead (Benjamini and Hochberg) allow some in every night of many tests.
 *
 * @param values In [0, 1], in any order; null for a test that was not made, which does not count.
 * @returns The adjusted values, in [0, 1], in the same order.
 */
export function holmAdjusted(values: readonly (number | null)[]): (number | null)[] {
  const order = values.flatMap((value, index) => value === null ? [] : [{ value, index }])
    .sort((a, b) => a.value - b.value);
  const adjusted: (number | null)[] = values.map(() => null);
  let largest = 0;
  for (const [rank, { value, index }] of order.entries()) {
    largest = Math.max(largest, Math.min(1, value * (order.length - rank)));
    adjusted[index] = largest;
  }
  return adjusted;
}
