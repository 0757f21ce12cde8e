import type { Observations } from "../../core/observations.ts";
import type { Rng } from "../../core/rng.ts";
import type { Environment, EnvironmentState, StepResult } from "../../envs/environment.ts";
import type { ChooseActions } from "../collector.ts";
import { observe } from "../observe.ts";
import { type Score, scoreOf } from "./score.ts";

/** One step of all test episodes of a split. */
export interface PlayedStep {
  readonly state: EnvironmentState;
  /** What the model saw of the state. */
  readonly observations: Observations;
  /** Row-major [E, M]. */
  readonly actions: Float32Array;
  readonly result: StepResult;
}

/**
 * Plays test episodes of a split, all at once, as planned and without exploration. The shift changes each observation
 * the model sees, one draw a step; the planner's imagined states are not shifted. An episode succeeds if the goal is
 * met after any of its steps.
 *
 * @returns `return` and `success`, means over the episodes; yields after each step.
 */
export function* playTestEpisodes(
  environment: Environment,
  options: {
    readonly split: string;
    readonly episodes: number;
    readonly choose: ChooseActions;
    readonly rng: Rng;
    /** Told of each step; nothing of it may be changed. */
    readonly onStep?: (step: PlayedStep) => void;
  },
): Generator<void, Score[]> {
  const { split, episodes, choose } = options;
  const rngs = {
    environment: options.rng.fork("environment"),
    observation: options.rng.fork("observation"),
    planning: options.rng.fork("planning"),
  };
  let state = environment.reset(split, { count: episodes, rng: rngs.environment });
  let total = 0;
  const succeeded = new Uint8Array(episodes);
  for (let step = 0; step < environment.spec.episodeLength; step++) {
    const observations = observe(environment.spec, { values: state.values, split, rng: rngs.observation });
    const { actions } = choose(observations, state.goal, rngs.planning);
    const result = environment.step(state, { actions, rng: rngs.environment });
    options.onStep?.({ state, observations, actions, result });
    state = result.state;
    for (let e = 0; e < episodes; e++) {
      total += result.reward[e]!;
      succeeded[e]! |= result.success[e]!;
    }
    yield;
  }
  const successes = succeeded.reduce((sum, each) => sum + each, 0);
  return [
    scoreOf(split, "return", { value: total / episodes }),
    scoreOf(split, "success", { value: successes / episodes }),
  ];
}
