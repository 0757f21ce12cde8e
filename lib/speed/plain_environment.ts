import type { Environment, EnvironmentEntry } from "../envs/environment.ts";

/**
 * An environment of any size for measuring: N categorical variables, of which an action sets one and all others stay.
 * Costs of a model depend on the sizes alone, and Chemical ends at 15 variables.
 */
export const plainEnvironment: EnvironmentEntry = {
  id: "plain",
  label: "Plain",
  load: () =>
    Promise.resolve({
      parseOptions: (options) => options as Record<string, unknown>,
      taskName: ({ variables }) => `plain-${variables}`,
      create: ({ variables, colors }) => Promise.resolve(createPlain(Number(variables), Number(colors))),
    }),
};

function createPlain(count: number, categories: number): Environment {
  const names = Array.from({ length: count }, (_, i) => `x${i + 1}`);
  const edges = count * (count + 1);
  const reward = (next: Float32Array, goal: Float32Array) =>
    Float32Array.from({ length: next.length / count }, (_, row) => {
      let equal = 0;
      for (let i = row * count; i < (row + 1) * count; i++) if (next[i] === goal[i]) equal++;
      return equal / count;
    });
  return {
    spec: {
      id: "plain",
      stateVariables: names.map((name) => ({ kind: "categorical", name, categories })),
      actionVariables: [{ kind: "categorical", name: "set", categories: count * categories }],
      episodeLength: 25,
      goalWidth: count,
      hiddenWidth: 0,
      splits: [{
        id: "train",
        label: "training",
        inDistribution: true,
        scoredVariables: [...names.keys()],
        shift: null,
      }],
      contextNames: ["always"],
    },
    reset(_, { count: episodes, rng }) {
      const draw = () => Float32Array.from({ length: episodes * count }, () => rng.integer(categories));
      return { values: draw(), goal: draw(), hidden: new Float32Array(0) };
    },
    step(state, { actions }) {
      const values = state.values.slice();
      actions.forEach((action, row) => {
        values[row * count + Math.floor(action / categories)] = action % categories;
      });
      const rewards = reward(values, state.goal);
      return {
        state: { ...state, values },
        reward: rewards,
        success: Uint8Array.from(rewards, (each) => +(each === 1)),
      };
    },
    reward,
    localGraphs: ({ values }) => new Uint8Array(values.length / count * edges).fill(1),
    globalGraph: () => new Uint8Array(edges).fill(1),
    contexts: ({ values }) => new Uint8Array(values.length / count),
    isEvaluated: (_, { values }) => new Uint8Array(values.length / count).fill(1),
    dispose() {},
  };
}
