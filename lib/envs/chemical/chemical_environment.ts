import { unknownName } from "../../core/errors.ts";
import { localGraphRule } from "../../core/local_graph_rule.ts";
import type { CategoricalVariable } from "../../core/variable.ts";
import type { Environment, EnvironmentState, StepResult, Transitions } from "../environment.ts";
import { type ChemicalDynamics, contextNamesOf, contextOf } from "./dynamics.ts";
import type { ChemicalEpisodes } from "./episodes.ts";
import { notScored } from "./resets.ts";
import { chemicalSplits, trainSplit } from "./splits.ts";

/** What a Chemical environment is made of, apart from its dynamics. */
export interface ChemicalTask {
  /** Steps of an episode. */
  readonly episodeLength: number;
  /** How they start and go on. */
  readonly episodes: ChemicalEpisodes;
  /** One test split for each n: nodes 1..n are noisy. */
  readonly noisyNodes: readonly number[];
  /** Standard deviation of the factors on noisy nodes' one-hots. */
  readonly shiftScale: number;
}

/**
 * Chemical as an environment: N nodes of c colours. What actions do is the task's. The goal is the
 * target colour of each node, -1 where a node is not scored; the reward is the share of scored nodes with their target
 * colour, success that all have it. The observation is the whole state.
 *
 * @param dynamics The world; shared by all environments and splits of a run.
 * @param task Episodes and splits.
 * @see Ke et al. 2021; Hwang et al. 2024, section 5.1.
 */
export function chemicalEnvironment(dynamics: ChemicalDynamics, task: ChemicalTask): Environment {
  const { variables: count, colors: colorCount } = dynamics.bank.sizes;
  const { rule } = dynamics;
  const { episodes: play } = task;
  const actionCount = play.action.categories;
  const stateVariables = Array.from({ length: count }, (_, node): CategoricalVariable => (
    { kind: "categorical", name: `node ${node}`, categories: colorCount }
  ));
  const splits = chemicalSplits(stateVariables, { noisyNodes: task.noisyNodes, scale: task.shiftScale });

  return {
    spec: {
      id: "chemical",
      stateVariables,
      actionVariables: [play.action],
      episodeLength: task.episodeLength,
      goalWidth: count,
      hiddenWidth: 0,
      splits: splits.map(({ split }) => split),
      contextNames: contextNamesOf(rule),
      // Nodes are in causal order, each has itself as a cause, and the action may set any.
      learnableEdges: Uint8Array.from(
        { length: count * (count + 1) },
        (_, entry) => entry % (count + 1) < Math.floor(entry / (count + 1)) ? 1 : 0,
      ),
    },

    reset(split, { count: episodes, rng }): EnvironmentState {
      const { noisy } = find(split);
      const values = new Float32Array(episodes * count);
      const goal = new Float32Array(episodes * count);
      for (let row = 0; row < values.length; row += count) {
        const start = { colors: values.subarray(row, row + count), target: goal.subarray(row, row + count) };
        if (noisy === 0) play.startTraining(start, rng);
        else play.startTest(start, { noisy, rng });
      }
      return { values, goal, hidden: new Float32Array(0) };
    },

    step(state, { actions, rng }): StepResult {
      const values = state.values.slice();
      for (let row = 0; row < values.length; row += count) {
        play.step(values.subarray(row, row + count), { action: checkedAction(actions[row / count]), rng });
      }
      const reward = shareReached(values, state.goal);
      return { state: { ...state, values }, reward, success: Uint8Array.from(reward, (share) => share === 1 ? 1 : 0) };
    },

    reward: shareReached,

    localGraphs({ values, actions, nextValues }: Transitions): Uint8Array {
      const size = count * (count + 1);
      const rows = values.length / count;
      const out = new Uint8Array(rows * size);
      for (let row = 0; row < rows; row++) {
        const context = contextOf(rule, nextValues[row * count]!);
        out.set(play.localGraph(context, checkedAction(actions[row])), row * size);
      }
      return out;
    },

    localGraphRule: () =>
      localGraphRule({
        reads: [0, count],
        categories: [colorCount, actionCount],
        graphAt: ([root = 0, action = 0]) => play.localGraph(contextOf(rule, play.rootAfter(root, action)), action),
      }),

    globalGraph: play.globalGraph,

    contexts({ nextValues }: Transitions): Uint8Array {
      return Uint8Array.from({ length: nextValues.length / count }, (_, row) => (
        contextOf(rule, nextValues[row * count]!)
      ));
    },

    isEvaluated(split, { values, nextValues }: Transitions): Uint8Array {
      const isAll = find(split).split.id === trainSplit || rule === "none";
      return Uint8Array.from({ length: values.length / count }, (_, row) => (
        isAll || (values[row * count] === 0 && nextValues[row * count] === 0) ? 1 : 0
      ));
    },

    dispose() {},
  };

  function find(id: string) {
    const found = splits.find(({ split }) => split.id === id);
    if (!found) throw unknownName("split", { name: id, choices: splits.map(({ split }) => split.id) });
    return found;
  }

  function checkedAction(action: number | undefined): number {
    if (action === undefined || !Number.isInteger(action) || action < 0 || action >= actionCount) {
      throw new RangeError(
        `Cannot take a step: not an action, expected an integer from 0 to ${actionCount - 1}, got ${action}`,
      );
    }
    return action;
  }

  /** Share of scored nodes that have their target's colour, [B]. */
  function shareReached(values: Float32Array, goal: Float32Array): Float32Array {
    const shares = new Float32Array(values.length / count);
    for (let row = 0; row < shares.length; row++) {
      let scored = 0;
      let reached = 0;
      for (let i = row * count; i < (row + 1) * count; i++) {
        if (goal[i] === notScored) continue;
        scored++;
        if (goal[i] === values[i]) reached++;
      }
      shares[row] = reached / scored;
    }
    return shares;
  }
}
