/** Edges above this probability are inferred. */
const edgeProbability = 0.5;

/**
 * Numbers the different graphs of a batch, so that a sample's graph can be treated as a label: samples with the same
 * inferred edges have the same number.
 *
 * @param probabilities Edge probabilities, row-major [B, E]; an edge is inferred above 0.5.
 * @param entries E.
 * @returns [B]; numbers count from 0 in the order of first appearance.
 * @throws {TypeError} If the length is no multiple of E.
 */
export function graphLabels(probabilities: ArrayLike<number>, entries: number): Uint32Array {
  if (probabilities.length % entries !== 0) {
    throw new TypeError(
      `Cannot number graphs: length does not fit, expected a multiple of ${entries}, got ${probabilities.length}`,
    );
  }
  const known = new Map<string, number>();
  return Uint32Array.from({ length: probabilities.length / entries }, (_, b) => {
    let edges = "";
    for (let e = 0; e < entries; e++) edges += probabilities[b * entries + e]! > edgeProbability ? "1" : "0";
    const label = known.get(edges) ?? known.size;
    known.set(edges, label);
    return label;
  });
}
