import { maxOf } from "../../core/extremes.ts";
import { localAdjacency, type LocalRule } from "./dynamics.ts";
import { type Mechanism, MechanismBank, type MechanismSizes } from "./mechanisms.ts";

/** The nodes of the indirect task that matter to its agent. */
export interface IndirectNodes {
  /** The node that actions turn. */
  readonly lever: number;
  /** The nodes with targets: the last ones, each reached through the node before it. */
  readonly scored: readonly number[];
}

/** Nodes that are scored at most: an action reaches the second after three steps, the paper's horizon. */
const mostScored = 2;

/**
 * Chooses lever and scored nodes: the last nodes, two at most, are scored, and the node before them is the lever, so that
 * none of them is noisy in any split.
 *
 * @param adjacency The global graph, row-major [N, N].
 * @throws {RangeError} If noisy nodes leave none, or a scored node does not hang on the node before it alone in the
 *   local context, so that nothing could be steered.
 */
export function indirectNodes(
  adjacency: Uint8Array,
  options: { readonly variables: number; readonly rule: LocalRule; readonly noisyNodes: readonly number[] },
): IndirectNodes {
  const { variables, rule, noisyNodes } = options;
  const lastNoisy = maxOf([0, ...noisyNodes]);
  const scoredCount = Math.min(mostScored, variables - 2 - lastNoisy);
  if (scoredCount < 1) {
    throw new RangeError(
      `Cannot make the indirect task: no clean nodes are left for a lever and a target, expected noisyNodes of at most ` +
        `variables - 3 = ${variables - 3}, got ${lastNoisy}`,
    );
  }
  const lever = variables - 1 - scoredCount;
  const scored = Array.from({ length: scoredCount }, (_, k) => lever + 1 + k);
  const inForce = localAdjacency(adjacency, rule);
  for (const node of scored) {
    const parents = [...inForce.subarray(node * variables, (node + 1) * variables)].flatMap((edge, i) =>
      edge ? [i] : []
    );
    if (rule !== "none" && parents.length === 1 && parents[0] === node - 1) continue;
    throw new RangeError(
      `Cannot make the indirect task: node ${node} cannot be steered in the local context, expected a local rule that ` +
        `leaves it node ${node - 1} as its one parent, got rule ${rule} with ${
          parents.length === 0 ? "no parent" : `parents ${parents.join(", ")}`
        }`,
    );
  }
  return { lever, scored };
}

/** Mechanisms a scored node's is chosen from. */
const candidates = 200;

/**
 * Makes the scored nodes worth steering: each one's mechanism becomes that of many under which its colours can best be
 * reached through its parent, `Σ_t max_m P(t | m)`. A mechanism whose most likely colour hardly depends on the parent
 * would leave nothing to decide.
 *
 * @param mechanisms One for each node; not modified.
 * @param options.draw A further mechanism.
 */
export function steerableMechanisms(
  mechanisms: readonly Mechanism[],
  options: { readonly sizes: MechanismSizes; readonly nodes: IndirectNodes; readonly draw: () => Mechanism },
): Mechanism[] {
  const { sizes, nodes: { scored }, draw } = options;
  const chosen = [...mechanisms];
  for (const node of scored) {
    let best = -Infinity;
    for (let k = 0; k < candidates; k++) {
      const mechanism = k === 0 ? mechanisms[node]! : draw();
      const reach = reachOf(new MechanismBank(chosen.with(node, mechanism), sizes), node);
      if (reach <= best) continue;
      best = reach;
      chosen[node] = mechanism;
    }
  }
  return chosen;
}

/** Sum over a node's colours of the largest probability that a colour of the node before it gives. */
function reachOf(bank: MechanismBank, node: number): number {
  const { variables, colors } = bank.sizes;
  const best = new Float64Array(colors);
  const given = new Float32Array(variables);
  for (let color = 0; color < colors; color++) {
    given[node - 1] = color;
    bank.probabilities(node, { colors: given, parents: [node - 1] }).forEach((p, t) => best[t] = Math.max(best[t]!, p));
  }
  return best.reduce((sum, p) => sum + p, 0);
}
