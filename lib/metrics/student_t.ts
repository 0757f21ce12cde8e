// The package has no types.
import jstat from "jstat";

const { studentt } = jstat as unknown as {
  readonly studentt: { inv(probability: number, degrees: number): number };
};

/** Found by iteration, and asked for the same few again and again: one for each point of a curve. */
const quantiles = new Map<string, number>();

/**
 * Quantile of Student's t distribution.
 *
 * @param probability In (0, 1): 0.975 for two-sided intervals of 95 %.
 * @param degrees Degrees of freedom, at least 1.
 */
export function studentTQuantile(probability: number, degrees: number): number {
  const key = `${probability} ${degrees}`;
  const known = quantiles.get(key) ?? studentt.inv(probability, degrees);
  quantiles.set(key, known);
  return known;
}
