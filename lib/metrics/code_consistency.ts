/** A code counts as used for a context when it holds at least this share of the context's in-distribution samples. */
export const usedCodeShare = 0.01;

/** Codes and contexts of the same samples, [B] each. */
export interface CodedSamples {
  readonly codes: ArrayLike<number>;
  readonly contexts: ArrayLike<number>;
}

/**
 * Share of a context's samples out of distribution whose code is one used for that context in distribution. Low means
 * that inference is inconsistent: the same local graph is looked up under other codes once states look unfamiliar.
 *
 * @param options.contextCount Contexts are numbered 0..contextCount-1.
 * @returns For each context in [0, 1]; null where either side has no sample of it.
 */
export function codeConsistency(
  inDistribution: CodedSamples,
  outOfDistribution: CodedSamples,
  options: { readonly contextCount: number },
): (number | null)[] {
  return Array.from({ length: options.contextCount }, (_, context) => {
    const known = countCodes(inDistribution, context);
    const met = countCodes(outOfDistribution, context);
    if (known.total === 0 || met.total === 0) return null;
    let inKnown = 0;
    for (const [code, count] of met.byCode) {
      if ((known.byCode.get(code) ?? 0) / known.total >= usedCodeShare) inKnown += count;
    }
    return inKnown / met.total;
  });
}

function countCodes(samples: CodedSamples, context: number) {
  const byCode = new Map<number, number>();
  let total = 0;
  for (let b = 0; b < samples.codes.length; b++) {
    if (samples.contexts[b] !== context) continue;
    const code = samples.codes[b]!;
    byCode.set(code, (byCode.get(code) ?? 0) + 1);
    total++;
  }
  return { byCode, total };
}
