// The package has no types.
import jstat from "jstat";

const { studentt, ibeta } = jstat as unknown as {
  readonly studentt: { inv(probability: number, degrees: number): number };
  ibeta(x: number, a: number, b: number): number;
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

/**
 * The chance that a number of Student's t distribution is larger. Small ones keep their digits.
 *
 * @param t Any number, also an infinite one.
 * @param degrees Degrees of freedom, above 0; a fraction too.
 */
export function studentTTail(t: number, degrees: number): number {
  if (!Number.isFinite(t)) return t > 0 ? 0 : 1;
  // Both tails as one incomplete beta function, instead of 1 less the rest.
  const tail = ibeta(degrees / (degrees + t * t), degrees / 2, 0.5) / 2;
  return t > 0 ? tail : 1 - tail;
}
