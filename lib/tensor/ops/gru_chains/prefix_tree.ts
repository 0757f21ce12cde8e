/** The nodes of one depth, numbered in the order in which samples come to them. */
export interface PrefixLevel {
  /** n. */
  readonly count: number;
  /** Each node's parent at the depth before, int32 [n]; zeros at the first depth. */
  readonly parents: Int32Array;
  /** The value by which each node differs from its siblings, int32 [n]. */
  readonly values: Int32Array;
  /** Each sample's node, int32 [S]. */
  readonly nodes: Int32Array;
}

/**
 * Samples by what they have in common: two share a node at depth d if their values in columns 0 to d are the same. What
 * depends on these alone need be computed only once a node.
 *
 * @param columns Each column's value for every sample, int32 [S]; at least one column.
 * @returns The levels, one a column.
 */
export function prefixTree(columns: readonly Int32Array[]): readonly PrefixLevel[] {
  const samples = columns[0]!.length;
  let above: { readonly count: number; readonly nodes: Int32Array } = { count: 1, nodes: new Int32Array(samples) };
  return columns.map((values) => {
    const level = above.count === samples
      ? { count: samples, parents: above.nodes, values, nodes: above.nodes }
      : split(above, values);
    above = level;
    return level;
  });
}

/** Splits nodes by their samples' values. */
function split(above: { readonly count: number; readonly nodes: Int32Array }, values: Int32Array): PrefixLevel {
  const samples = values.length;
  const parents = new Int32Array(samples);
  const own = new Int32Array(samples);
  const nodes = new Int32Array(samples);
  // Children of a node: the first, and of each child the next; numbers + 1, 0 for none.
  const first = new Int32Array(above.count);
  const next = new Int32Array(samples);
  let count = 0;
  for (let s = 0; s < samples; s++) {
    const parent = above.nodes[s]!;
    const value = values[s]!;
    let node = first[parent]! - 1;
    while (node >= 0 && own[node] !== value) node = next[node]! - 1;
    if (node < 0) {
      node = count++;
      parents[node] = parent;
      own[node] = value;
      next[node] = first[parent]!;
      first[parent] = count;
    }
    nodes[s] = node;
  }
  return { count, parents: parents.subarray(0, count), values: own.subarray(0, count), nodes };
}
