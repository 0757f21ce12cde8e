import type { CategoricalVariable } from "../../core/variable.ts";
import type { Rng } from "../../core/rng.ts";
import { type ChemicalDynamics, type ContextIndex, intervene } from "./dynamics.ts";
import { type EpisodeStart, resetTest, resetTraining } from "./resets.ts";
import { globalGraphOf, trueGraphs } from "./true_graphs.ts";

/** How episodes of a task of Chemical start and go on; rows are overwritten. */
export interface ChemicalEpisodes {
  readonly action: CategoricalVariable;
  startTraining(start: EpisodeStart, rng: Rng): void;
  /** @param options.noisy n: nodes 1..n are noisy. */
  startTest(start: EpisodeStart, options: { readonly noisy: number; readonly rng: Rng }): void;
  /**
   * One step of one environment, in place.
   *
   * @param colors [N].
   */
  step(colors: Float32Array, options: { readonly action: number; readonly rng: Rng }): void;
  /** The root's colour after a step, which follows from that before it. */
  rootAfter(root: number, action: number): number;
  /** The true local graph of a step, row-major [N, N + 1]; not to be changed. */
  localGraph(context: ContextIndex, action: number): Uint8Array;
  /** The true global graph, row-major [N, N + 1], a new array. */
  globalGraph(): Uint8Array;
}

/**
 * The paper's task: action a sets node a div c to colour a mod c, and what that reaches is resampled in the same step.
 *
 * @param options.interventions Random interventions between the start and the target of a training episode.
 */
export function directEpisodes(
  dynamics: ChemicalDynamics,
  { interventions }: { readonly interventions: number },
): ChemicalEpisodes {
  const { variables: count, colors: colorCount } = dynamics.bank.sizes;
  const graphs = trueGraphs(dynamics);
  const nodeOf = (action: number) => Math.floor(action / colorCount);
  return {
    action: { kind: "categorical", name: "intervention", categories: count * colorCount },
    startTraining: (start, rng) => resetTraining(start, { dynamics, interventions, rng }),
    startTest: (start, { noisy, rng }) => resetTest(start, { dynamics, noisy, rng }),
    step: (colors, { action, rng }) =>
      intervene(dynamics, { colors, node: nodeOf(action), color: action % colorCount, rng }),
    // The root has no parents.
    rootAfter: (root, action) => nodeOf(action) === 0 ? action % colorCount : root,
    localGraph: (context, action) => graphs[context][nodeOf(action)]!,
    globalGraph: () => globalGraphOf(dynamics),
  };
}
