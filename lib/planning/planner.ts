import type { Observations } from "../core/observations.ts";
import type { Variable } from "../core/variable.ts";
import type { Rng } from "../core/rng.ts";

/**
 * A model in evaluation mode as a planner sees it: a pure function of each row.
 *
 * @param observations What is seen of B states.
 * @param actions Values, row-major [B, M] (a category's index or a number).
 * @returns Values of the next state, row-major [B, N].
 */
export type TransitionFunction = (observations: Observations, actions: Float32Array) => Float32Array;

/** The known reward of reaching `nextValues` [B, N] with goals [B, G]; returns [B]. */
export type RewardFunction = (nextValues: Float32Array, goal: Float32Array) => Float32Array;

/** What one call plans for: E environments at once. */
export interface PlanningProblem {
  readonly predict: TransitionFunction;
  readonly reward: RewardFunction;
  readonly stateVariables: readonly Variable[];
  readonly actionVariables: readonly Variable[];
  /** What the model observes of E states now. */
  readonly observations: Observations;
  /** Row-major [E, G]. */
  readonly goal: Float32Array;
  readonly rng: Rng;
}

/** The chosen actions and what they cost. */
export interface Plan {
  /** Values, row-major [E, M]. */
  readonly actions: Float32Array;
  /** (state, action) pairs the search looked at, and how many the model was really asked for. */
  readonly pairs: number;
  readonly predictedPairs: number;
  /** Of a model that keeps variables' predictions: how many the search asked it for, and how many it computed. */
  readonly variables?: number;
  readonly predictedVariables?: number;
}

/** Chooses actions by search through a model. */
export interface Planner {
  plan(problem: PlanningProblem): Plan;
}
