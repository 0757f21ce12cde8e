/** Smallest and largest number of nodes of a named graph. */
export const namedGraphSize = { smallest: 3, largest: 15 } as const;

/** Parents of node j by the graph's name; j runs from 1, and the number of nodes is given for the collider. */
const parentsOf: Readonly<Record<string, (node: number, count: number) => readonly number[]>> = {
  chain: (node) => [node - 1],
  fork: () => [0],
  collider: (node, count) => node === count - 1 ? range(node) : [],
  tree: (node) => [treeParent(node)],
  jungle: (node) => {
    const parent = treeParent(node);
    return parent === 0 ? [0] : [treeParent(parent), parent];
  },
  bidiag: (node) => node === 1 ? [0] : [node - 2, node - 1],
  full: (node) => range(node),
};

/** Names of {@link namedGraph}. */
export const graphNames: readonly string[] = Object.keys(parentsOf);

/**
 * Edges of a named graph of Ke et al. 2021: chain, fork (the root has all as children), collider (the last node has all
 * as parents), tree (binary), jungle (a tree with edges from grandparents), bidiag (the two nodes before), full.
 *
 * @param name One of {@link graphNames}.
 * @param count N, the number of nodes.
 * @returns Row-major [N, N], 1 where the column is a parent of the row; undefined for an unknown name.
 * @see Ke et al. 2021, their table of graphs (deviation: fork, there for 3 nodes, and tree, from 9, exist for all
 * sizes).
 */
export function namedGraph(name: string, count: number): Uint8Array | undefined {
  const parents = Object.hasOwn(parentsOf, name) ? parentsOf[name] : undefined;
  if (parents === undefined) return undefined;
  const adjacency = new Uint8Array(count * count);
  for (let node = 1; node < count; node++) {
    for (const parent of parents(node, count)) adjacency[node * count + parent] = 1;
  }
  return adjacency;
}

function treeParent(node: number): number {
  return (node - 1) >> 1;
}

function range(count: number): number[] {
  return Array.from({ length: count }, (_, i) => i);
}
