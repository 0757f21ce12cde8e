import type { Rng } from "../../core/rng.ts";
import type { MechanismBank } from "./mechanisms.ts";

/** What replaces the global graph while the root has colour 0; `none` keeps the global graph always. */
export type LocalRule = "fork" | "chain" | "none";

/** The graph in force in a step: 0 the global one, 1 the local one. */
export type ContextIndex = 0 | 1;

/** Names of the contexts that a rule tells apart, by {@link ContextIndex}. */
export function contextNamesOf(rule: LocalRule): readonly string[] {
  return rule === "none" ? ["global"] : ["global", "local"];
}

/**
 * The context of a step by the root's colour *after* the action: local for colour 0, unless the rule is `none`. An
 * action that sets the root to colour 0 so already acts through the local graph, one that takes it away through the
 * global one. The root has no parents, so its colour after the action is that of the next state.
 */
export function contextOf(rule: LocalRule, rootColor: number): ContextIndex {
  return rule !== "none" && rootColor === 0 ? 1 : 0;
}

/**
 * The graph of the local context: the global one less the parents that the rule masks. Fork leaves the root only, chain
 * the node before only; a parent that the global graph lacks is not added.
 *
 * @param adjacency The global graph, row-major [N, N].
 * @returns Row-major [N, N], a new array.
 */
export function localAdjacency(adjacency: Uint8Array, rule: LocalRule): Uint8Array {
  const count = Math.sqrt(adjacency.length);
  return adjacency.map((edge, index) => {
    const node = Math.floor(index / count);
    const parent = index % count;
    if (rule === "fork") return parent === 0 ? edge : 0;
    if (rule === "chain") return parent >= node - 1 ? edge : 0;
    return edge;
  });
}

/** What a step does, but for chance: the graphs, what they let an action reach, and the mechanisms. */
export interface ChemicalDynamics {
  readonly rule: LocalRule;
  readonly bank: MechanismBank;
  /** The graph of each context, row-major [N, N]. */
  readonly adjacency: readonly [Uint8Array, Uint8Array];
  /** Parents of each node, by context and node. */
  readonly parents: readonly [readonly Int32Array[], readonly Int32Array[]];
  /** Nodes that are resampled after setting a node, in causal order, by context and the node set. */
  readonly resampled: readonly [readonly Int32Array[], readonly Int32Array[]];
}

/**
 * Works out the tables of {@link ChemicalDynamics}.
 *
 * @param bank Mechanisms of N nodes.
 * @param options.adjacency The global graph, row-major [N, N], edges from lower to higher nodes.
 */
export function chemicalDynamics(
  bank: MechanismBank,
  options: { readonly adjacency: Uint8Array; readonly rule: LocalRule },
): ChemicalDynamics {
  const { rule } = options;
  const nodes = Array.from({ length: bank.sizes.variables }, (_, node) => node);
  const adjacency = [options.adjacency, localAdjacency(options.adjacency, rule)] as const;
  const parentsIn = (context: ContextIndex) =>
    nodes.map((node) => Int32Array.from(nodes.filter((i) => adjacency[context][node * nodes.length + i] === 1)));
  const parents = [parentsIn(0), parentsIn(1)] as const;
  const resampledIn = (context: ContextIndex) => nodes.map((node) => reachableFrom(node, parents[context]));
  return { rule, bank, adjacency, parents, resampled: [resampledIn(0), resampledIn(1)] };
}

/** The later nodes with a parent that is `start` or was itself reached, in order. */
function reachableFrom(start: number, parents: readonly Int32Array[]): Int32Array {
  const reached = new Set([start]);
  for (let node = start + 1; node < parents.length; node++) {
    if (parents[node]!.some((parent) => reached.has(parent))) reached.add(node);
  }
  reached.delete(start);
  return Int32Array.from(reached);
}

/**
 * The distribution that a node's colour is drawn from.
 *
 * @param colors Colours of all nodes at this point of the step, [N].
 * @returns Probabilities [c] in a buffer that the next call overwrites.
 */
export function nodeProbabilities(
  dynamics: ChemicalDynamics,
  options: { readonly node: number; readonly context: ContextIndex; readonly colors: ArrayLike<number> },
): Float64Array {
  const { node, context, colors } = options;
  return dynamics.bank.probabilities(node, { colors, parents: dynamics.parents[context][node]! });
}

/**
 * One step of one environment, in place: sets a node to a colour, then resamples what it reaches, in order, each from
 * the colours so far.
 *
 * @param dynamics The world.
 * @param options.colors Colours [N]; overwritten with those after the step.
 */
export function intervene(
  dynamics: ChemicalDynamics,
  options: { readonly colors: Float32Array; readonly node: number; readonly color: number; readonly rng: Rng },
): void {
  const { colors, rng } = options;
  colors[options.node] = options.color;
  const context = contextOf(dynamics.rule, colors[0]!);
  const resampled = dynamics.resampled[context][options.node]!;
  for (let k = 0; k < resampled.length; k++) {
    const node = resampled[k]!;
    colors[node] = rng.categorical(nodeProbabilities(dynamics, { node, context, colors }));
  }
}
