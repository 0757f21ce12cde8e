/**
 * The true graph of a context as a whole: the edges that act in any of its transitions. A step's own true graph depends
 * on what was done in it (in Chemical only the set and the resampled nodes have causes), so a graph that is to hold for
 * a whole context, such as a code's, cannot equal all of them at once; the union is what it should be.
 *
 * @param truth True graphs of transitions, 1 for an edge, row-major [B, E].
 * @param options.entries E.
 * @param options.contexts Index of each transition's context, [B].
 * @returns For each transition the union of its context's graphs, row-major [B, E].
 * @throws {TypeError} If the lengths do not fit.
 */
export function contextUnions(
  truth: Uint8Array,
  { entries, contexts }: { readonly entries: number; readonly contexts: ArrayLike<number> },
): Uint8Array {
  if (truth.length !== contexts.length * entries) {
    throw new TypeError(
      `Cannot unite graphs: length of truth does not fit, expected ${contexts.length * entries}, got ${truth.length}`,
    );
  }
  const unions = new Map<number, Uint8Array>();
  for (let b = 0; b < contexts.length; b++) {
    const union = unions.get(contexts[b]!) ?? new Uint8Array(entries);
    for (let k = 0; k < entries; k++) union[k]! |= truth[b * entries + k]!;
    unions.set(contexts[b]!, union);
  }
  const repeated = new Uint8Array(truth.length);
  for (let b = 0; b < contexts.length; b++) repeated.set(unions.get(contexts[b]!)!, b * entries);
  return repeated;
}
