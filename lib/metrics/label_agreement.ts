/**
 * Share of samples that have the same label twice, such as the code of a state before and after a shift.
 *
 * @param first Labels [B].
 * @param second Labels of the same samples, under the same names; [B].
 * @param included 1 for the samples that count, [B]; all when absent.
 * @returns In [0, 1]; null without samples.
 * @throws {TypeError} If the lengths differ.
 */
export function labelAgreement(
  first: ArrayLike<number>,
  second: ArrayLike<number>,
  { included }: { readonly included?: ArrayLike<number> } = {},
): number | null {
  if (first.length !== second.length || (included && included.length !== first.length)) {
    throw new TypeError(
      `Cannot compare labels of samples: lengths differ, expected ${first.length}, got ${second.length}` +
        (included ? ` and ${included.length}` : ""),
    );
  }
  let same = 0;
  let count = 0;
  for (let b = 0; b < first.length; b++) {
    if (included && !included[b]) continue;
    count++;
    if (first[b] === second[b]) same++;
  }
  return count === 0 ? null : same / count;
}
