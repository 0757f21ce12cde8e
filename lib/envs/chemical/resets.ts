import type { Rng } from "../../core/rng.ts";
import { type ChemicalDynamics, contextOf, intervene, type LocalRule, nodeProbabilities } from "./dynamics.ts";

/** Target of a node that is not scored. */
export const notScored = -1;

/** The rows that a reset fills: one environment's colours and targets, both [N]. */
export interface EpisodeStart {
  readonly colors: Float32Array;
  /** Target colours, {@link notScored} where a node is not scored. */
  readonly target: Float32Array;
}

/**
 * Starts a training episode: the root's colour uniform, the others drawn from their mechanisms in order, in the graph
 * in force. The target is what a number of random interventions on nodes other than the root make of the start.
 *
 * @param start Overwritten.
 * @param options.interventions How many (10 in the published program).
 */
export function resetTraining(
  start: EpisodeStart,
  options: { readonly dynamics: ChemicalDynamics; readonly interventions: number; readonly rng: Rng },
): void {
  const { dynamics, rng } = options;
  const { colors, target } = start;
  const sizes = dynamics.bank.sizes;
  drawColors(colors, { dynamics, rng });
  target.set(colors);
  for (let k = 0; k < options.interventions; k++) {
    const node = 1 + rng.integer(sizes.variables - 1);
    intervene(dynamics, { colors: target, node, color: rng.integer(sizes.colors), rng });
  }
}

/**
 * Draws colours as an episode of training starts: the root's uniform, the others' from their mechanisms in order, in the
 * graph in force.
 *
 * @param colors [N], overwritten.
 */
export function drawColors(
  colors: Float32Array,
  { dynamics, rng }: { readonly dynamics: ChemicalDynamics; readonly rng: Rng },
): void {
  const sizes = dynamics.bank.sizes;
  colors[0] = rng.integer(sizes.colors);
  const context = contextOf(dynamics.rule, colors[0]!);
  for (let node = 1; node < sizes.variables; node++) {
    colors[node] = rng.categorical(nodeProbabilities(dynamics, { node, context, colors }));
  }
}

/**
 * The last node whose target in a test episode is its colour at the start: node n in fork, n/2 + 4 in chain. So that
 * something is left to do in a graph of any size, never the last node of all.
 *
 * @param rule The local rule; `none` is treated as fork.
 * @param options.noisy n, nodes 1..n are noisy; an odd n is halved downwards.
 * @param options.variables N.
 */
export function lastKeptNode(
  rule: LocalRule,
  options: { readonly noisy: number; readonly variables: number },
): number {
  const kept = rule === "chain" ? Math.floor(options.noisy / 2) + 4 : options.noisy;
  return Math.min(kept, options.variables - 2);
}

/**
 * Starts a test episode with nodes 1..n noisy: the root has colour 0, the others are uniform. The first nodes are to
 * keep their colour, the others to take the next one; noisy nodes are not scored.
 *
 * @param start Overwritten.
 * @param options.noisy n.
 */
export function resetTest(
  start: EpisodeStart,
  options: { readonly dynamics: ChemicalDynamics; readonly noisy: number; readonly rng: Rng },
): void {
  const { dynamics, noisy, rng } = options;
  const { variables, colors: colorCount } = dynamics.bank.sizes;
  const kept = lastKeptNode(dynamics.rule, { noisy, variables });
  for (let node = 0; node < variables; node++) {
    const color = node === 0 ? 0 : rng.integer(colorCount);
    start.colors[node] = color;
    if (node >= 1 && node <= noisy) start.target[node] = notScored;
    else start.target[node] = node <= kept ? color : (color + 1) % colorCount;
  }
}
