/**
 * A bipartite causal graph from the (state, action) variables of one step to the state variables of the next.
 * Row j is the next value of state variable j; column i < N is state variable i, column N + m action variable m.
 */
export interface CausalGraph {
  readonly stateCount: number;
  readonly actionCount: number;
  /** Row-major [N, N + M], 1 where the column is a parent of the row. */
  readonly edges: Uint8Array;
}

/** An empty graph over `stateCount` state and `actionCount` action variables. */
export function emptyGraph(stateCount: number, actionCount: number): CausalGraph {
  return { stateCount, actionCount, edges: new Uint8Array(stateCount * (stateCount + actionCount)) };
}

/** Whether `column` is a parent of next-state variable `row`. */
export function hasEdge(graph: CausalGraph, row: number, column: number): boolean {
  return graph.edges[row * (graph.stateCount + graph.actionCount) + column] === 1;
}

/** Share of possible edges that are present, in [0, 1]. */
export function edgeDensity(graph: CausalGraph): number {
  let present = 0;
  for (const edge of graph.edges) present += edge;
  return present / graph.edges.length;
}
