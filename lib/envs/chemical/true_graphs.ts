import type { ChemicalDynamics, ContextIndex } from "./dynamics.ts";

/**
 * The true local causal graph of every kind of step. What causes a node's next colour:
 * - the node that was set: the action;
 * - a resampled node: its parents in the graph in force, and the action;
 * - any other node: itself;
 * - and in the local context also the root, where its colour makes a difference (see {@link rootMatters}).
 *
 * @returns By context and node set, row-major [N, N + 1]; the last column is the action.
 * @see The published program's graphs, for the full graph to the bit (deviation: with other graphs the root's edge is
 * left out where the root can make no difference, so that a node outside its influence gets no false cause).
 */
export function trueGraphs(dynamics: ChemicalDynamics): readonly [readonly Uint8Array[], readonly Uint8Array[]] {
  const count = dynamics.bank.sizes.variables;
  const nodes = Array.from({ length: count }, (_, node) => node);
  const isRootCause = rootMatters(dynamics);
  const inContext = (context: ContextIndex) =>
    nodes.map((set) => {
      const graph = new Uint8Array(count * (count + 1));
      const resampled = new Set(dynamics.resampled[context][set]);
      for (const row of nodes) {
        const start = row * (count + 1);
        if (row === set || resampled.has(row)) graph[start + count] = 1;
        else graph[start + row] = 1;
        if (resampled.has(row)) { for (const parent of dynamics.parents[context][row]!) graph[start + parent] = 1; }
        if (context === 1 && isRootCause[row]) graph[start] = 1;
      }
      return graph;
    });
  return [inContext(0), inContext(1)];
}

/**
 * Whether the root's colour counts as a cause of each node in the local context: of the root itself, of its children in
 * the global graph, of each node that loses a parent to the rule, and of each node whose resampling hangs on one of
 * those that lose a parent.
 *
 * @returns One claim for each node; all true for the full graph.
 */
export function rootMatters(dynamics: ChemicalDynamics): boolean[] {
  const count = dynamics.bank.sizes.variables;
  const [globalParents, localParents] = dynamics.parents;
  const isRuled: boolean[] = [];
  return Array.from({ length: count }, (_, node) => {
    const parents = globalParents[node]!;
    isRuled.push(parents.length !== localParents[node]!.length || parents.some((parent) => isRuled[parent]!));
    return node === 0 || parents.includes(0) || isRuled[node]!;
  });
}

/**
 * The global graph: the union of all graphs that {@link trueGraphs} has for the contexts that can occur, and each
 * node's own edge. The last node of the full graph has that edge in no step of the chain rule, for every action reaches
 * it; the published program's Oracle counts it all the same, and so does this.
 *
 * @returns Row-major [N, N + 1].
 */
export function globalGraphOf(dynamics: ChemicalDynamics): Uint8Array {
  const count = dynamics.bank.sizes.variables;
  const [global, local] = trueGraphs(dynamics);
  const union = new Uint8Array(count * (count + 1));
  for (const graph of dynamics.rule === "none" ? global : [...global, ...local]) {
    for (let i = 0; i < union.length; i++) union[i]! |= graph[i]!;
  }
  for (let node = 0; node < count; node++) union[node * (count + 1) + node] = 1;
  return union;
}
