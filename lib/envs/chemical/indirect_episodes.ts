import { maxOf } from "../../core/extremes.ts";
import type { Rng } from "../../core/rng.ts";
import { type ChemicalDynamics, type ContextIndex, contextOf, nodeProbabilities } from "./dynamics.ts";
import type { ChemicalEpisodes } from "./episodes.ts";
import type { IndirectNodes } from "./indirect_nodes.ts";
import { drawColors, type EpisodeStart, notScored } from "./resets.ts";
import { rootMatters } from "./true_graphs.ts";

/** The context in which the lever works, and that test episodes are in. */
const local: ContextIndex = 1;

/**
 * The indirect task: the agent has one node, the lever, and can turn its colour by a mod c, in the local context only.
 * In each step the root stays, and every other node is drawn from its mechanism, in the graph in force, given the
 * colours before the step. Targets are of nodes behind the lever, so an action is paid two steps later and more.
 *
 * @param nodes Lever and scored nodes, see `indirectNodes`.
 */
export function indirectEpisodes(dynamics: ChemicalDynamics, nodes: IndirectNodes): ChemicalEpisodes {
  const { variables: count, colors: colorCount } = dynamics.bank.sizes;
  const graphs = [graphOf(dynamics, { ...nodes, context: 0 }), graphOf(dynamics, { ...nodes, context: local })];
  const before = new Float32Array(count);
  return {
    action: { kind: "categorical", name: "turn", categories: colorCount },

    startTraining(start, rng) {
      const { colors } = start;
      drawColors(colors, { dynamics, rng });
      drawTarget(start, { dynamics, nodes, rng });
    },

    startTest(start, { rng }) {
      for (let node = 0; node < count; node++) start.colors[node] = node === 0 ? 0 : rng.integer(colorCount);
      drawTarget(start, { dynamics, nodes, rng });
    },

    step(colors, { action, rng }) {
      before.set(colors);
      const context = contextOf(dynamics.rule, before[0]!);
      for (let node = 1; node < count; node++) {
        colors[node] = node === nodes.lever && context === local
          ? (before[node]! + action) % colorCount
          : rng.categorical(nodeProbabilities(dynamics, { node, context, colors: before }));
      }
    },

    rootAfter: (root) => root,
    localGraph: (context) => graphs[context]!,

    globalGraph() {
      const union = graphs[0]!.map((edge, k) => edge | graphs[local]![k]!);
      for (let node = 0; node < count; node++) union[node * (count + 1) + node] = 1;
      return union;
    },
  };
}

/**
 * The most likely colours of the scored nodes once the lever has some colour, each given the node before it; every other
 * node is as at the start.
 *
 * @param options.colors [N]; not modified.
 * @returns Row [N], {@link notScored} where a node is not scored.
 */
export function targetFrom(
  dynamics: ChemicalDynamics,
  options: {
    readonly colors: ArrayLike<number>;
    readonly nodes: IndirectNodes;
    readonly context: ContextIndex;
    readonly leverColor: number;
  },
): Float32Array {
  const { nodes: { lever, scored }, context, leverColor } = options;
  const colors = Float32Array.from(options.colors);
  colors[lever] = leverColor;
  const target = new Float32Array(colors.length).fill(notScored);
  for (const node of scored) {
    const probabilities = nodeProbabilities(dynamics, { node, context, colors });
    colors[node] = target[node] = probabilities.indexOf(maxOf(probabilities));
  }
  return target;
}

function drawTarget(
  { colors, target }: EpisodeStart,
  { dynamics, nodes, rng }: { readonly dynamics: ChemicalDynamics; readonly nodes: IndirectNodes; readonly rng: Rng },
): void {
  const context = contextOf(dynamics.rule, colors[0]!);
  const leverColor = rng.integer(dynamics.bank.sizes.colors);
  target.set(targetFrom(dynamics, { colors, nodes, context, leverColor }));
}

/**
 * The true local graph of a context, row-major [N, N + 1]: the root has itself; the lever, where it works, itself and
 * the action; any other node its parents in force. In the local context the root is a cause wherever its colour makes a
 * difference, as in the paper's task, and always of the lever.
 */
function graphOf(
  dynamics: ChemicalDynamics,
  { lever, context }: IndirectNodes & { readonly context: ContextIndex },
): Uint8Array {
  const count = dynamics.bank.sizes.variables;
  const isRootCause = rootMatters(dynamics);
  const graph = new Uint8Array(count * (count + 1));
  graph[0] = 1;
  for (let node = 1; node < count; node++) {
    const row = graph.subarray(node * (count + 1), (node + 1) * (count + 1));
    const isTurned = node === lever && context === local;
    if (isTurned) row[node] = row[count] = 1;
    else for (const parent of dynamics.parents[context][node]!) row[parent] = 1;
    if (context === local && (isTurned || isRootCause[node])) row[0] = 1;
  }
  return graph;
}
