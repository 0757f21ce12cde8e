/** How often each code of a codebook is used. */
export interface CodeUsage {
  /** Samples of each code, [K]. */
  readonly histogram: readonly number[];
  /** exp of the entropy of code use: the number of codes that, used equally, would be as varied; null without samples. */
  readonly perplexity: number | null;
  /** Codes without a sample. */
  readonly deadCodes: number;
}

/**
 * Counts the use of each code.
 *
 * @param codes Code of each sample, [B], in 0..K-1.
 * @param codeCount K.
 * @throws {RangeError} If a code is not one of the K.
 */
export function codeUsage(codes: ArrayLike<number>, codeCount: number): CodeUsage {
  const histogram = new Array<number>(codeCount).fill(0);
  for (let b = 0; b < codes.length; b++) {
    const code = codes[b]!;
    if (histogram[code] === undefined) {
      throw new RangeError(`Cannot count codes: unknown code, expected 0 to ${codeCount - 1}, got ${code}`);
    }
    histogram[code]++;
  }
  let entropy = 0;
  for (const count of histogram) {
    if (count > 0) entropy -= count / codes.length * Math.log(count / codes.length);
  }
  return {
    histogram,
    perplexity: codes.length === 0 ? null : Math.exp(entropy),
    deadCodes: histogram.filter((count) => count === 0).length,
  };
}
