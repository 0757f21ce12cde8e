import { countObservations } from "../core/observations.ts";
import type { Variable } from "../core/variable.ts";
import type { Rng } from "../core/rng.ts";
import { PlainRollout, repeatRows } from "./candidate_rollout.ts";
import type { CandidateRollout } from "./candidate_rollout.ts";
import { distinctPairsRollout } from "./distinct_pairs.ts";
import type { Plan, Planner, PlanningProblem } from "./planner.ts";

/** Settings of the cross-entropy method. */
export interface CrossEntropyOptions {
  /** Steps looked ahead. */
  readonly horizon: number;
  /** Action sequences tried for each environment in each iteration. */
  readonly candidates: number;
  /** Best sequences that the next distribution is fitted to, at most `candidates`. */
  readonly elites: number;
  readonly iterations: number;
  /** Ask the model once for each distinct (state, action) pair; the chosen actions are the same. */
  readonly distinctPairs: boolean;
}

/** Smallest standard deviation of a continuous action (spec: planner). */
const SMALLEST_STD = 1e-6;

/**
 * The cross-entropy method over independent distributions, one for each (environment, step, action variable).
 *
 * Categorical variables start uniform and become the elites' relative counts; continuous ones start N(0, 1), are
 * refitted with the mean and (population) standard deviation of the elites' clipped values. The plan is the first
 * step's most likely category (ties: the smallest) and mean. All chance comes from the problem's rng, always in the
 * same order, so a plan depends on the seed and the model's answers alone.
 *
 * Scratch arrays are kept between plans: one planner must not be used by two plans at once.
 *
 * @see Hwang et al. 2024, appendix (deviation: a non-finite return is never an elite).
 */
export class CrossEntropyPlanner implements Planner {
  readonly #options: CrossEntropyOptions;
  #scratch: Scratch | null = null;

  /** @throws {RangeError} If there are more elites than candidates, or a count is not a positive integer. */
  constructor(options: CrossEntropyOptions) {
    for (const name of ["horizon", "candidates", "elites", "iterations"] as const) {
      if (!Number.isInteger(options[name]) || options[name] < 1) {
        throw new RangeError(
          `Cannot make a planner: ${name} is not allowed, expected a positive integer, got ${options[name]}`,
        );
      }
    }
    if (options.elites > options.candidates) {
      throw new RangeError(
        `Cannot make a planner: too many elites, expected at most the ${options.candidates} candidates, ` +
          `got ${options.elites}`,
      );
    }
    this.#options = options;
  }

  /** @throws {RangeError} If every candidate of an environment has a non-finite return. */
  plan(problem: PlanningProblem): Plan {
    const { horizon, candidates, iterations, distinctPairs } = this.#options;
    const { actionVariables, rng, reward } = problem;
    const rollout = distinctPairs ? distinctPairsRollout(problem, candidates) : new PlainRollout(problem, candidates);
    const environments = countObservations(problem.stateVariables, problem.observations);
    const scratch = this.#scratchFor(environments, actionVariables);
    const goals = repeatRows(problem.goal, problem.goal.length / environments, candidates);
    startDistributions(scratch);
    for (let iteration = 0; iteration < iterations; iteration++) {
      sample(scratch, rng);
      sumRewards(scratch, { rollout, reward, goals });
      for (let e = 0; e < environments; e++) {
        const found = selectElites(scratch, { environment: e, count: this.#options.elites });
        if (found === 0) {
          throw new RangeError(
            `Cannot plan: every candidate of environment ${e} has a non-finite return in iteration ${iteration}, ` +
              `expected finite rewards of predicted states, got ${scratch.returns[e * candidates]} first ` +
              `(horizon ${horizon})`,
          );
        }
        refit(scratch, { environment: e, count: found });
      }
    }
    return { actions: firstActions(scratch), pairs: rollout.pairs, predictedPairs: rollout.predictedPairs };
  }

  #scratchFor(environments: number, variables: readonly Variable[]): Scratch {
    const kept = this.#scratch;
    if (kept !== null && kept.environments === environments && kept.variables === variables) return kept;
    const { horizon, candidates } = this.#options;
    const cells = environments * horizon * variables.length;
    const scratch: Scratch = {
      environments,
      horizon,
      candidates,
      variables,
      distributions: Array.from({ length: cells }, (_, cell) => {
        const variable = variables[cell % variables.length]!;
        return new Float64Array(variable.kind === "categorical" ? variable.categories : 2);
      }),
      actions: Array.from({ length: horizon }, () => new Float32Array(environments * candidates * variables.length)),
      returns: new Float64Array(environments * candidates),
      elites: new Int32Array(candidates),
    };
    this.#scratch = scratch;
    return scratch;
  }
}

interface Scratch {
  readonly environments: number;
  readonly horizon: number;
  readonly candidates: number;
  readonly variables: readonly Variable[];
  /** [E, horizon, M]: probabilities of a categorical variable, [mean, std] of a continuous one. */
  readonly distributions: readonly Float64Array[];
  /** For each step of the horizon, [E · candidates, M]. */
  readonly actions: readonly Float32Array[];
  /** [E · candidates]. */
  readonly returns: Float64Array;
  /** Candidates of one environment, best first. */
  readonly elites: Int32Array;
}

function startDistributions({ distributions, variables }: Scratch): void {
  for (let cell = 0; cell < distributions.length; cell++) {
    const distribution = distributions[cell]!;
    if (variables[cell % variables.length]!.kind === "categorical") {
      distribution.fill(1 / distribution.length);
    } else {
      distribution[0] = 0;
      distribution[1] = 1;
    }
  }
}

function sample({ environments, horizon, candidates, variables, distributions, actions }: Scratch, rng: Rng): void {
  const count = variables.length;
  for (let e = 0; e < environments; e++) {
    for (let p = 0; p < candidates; p++) {
      for (let t = 0; t < horizon; t++) {
        const stepActions = actions[t]!;
        for (let m = 0; m < count; m++) {
          const variable = variables[m]!;
          const distribution = distributions[(e * horizon + t) * count + m]!;
          stepActions[(e * candidates + p) * count + m] = variable.kind === "categorical"
            ? rng.categorical(distribution)
            : Math.min(Math.max(distribution[0]! + distribution[1]! * rng.normal(), variable.low), variable.high);
        }
      }
    }
  }
}

function sumRewards(
  { horizon, actions, returns }: Scratch,
  options: {
    readonly rollout: CandidateRollout;
    readonly reward: PlanningProblem["reward"];
    readonly goals: Float32Array;
  },
): void {
  returns.fill(0);
  options.rollout.restart();
  for (let t = 0; t < horizon; t++) {
    const rewards = options.reward(options.rollout.step(actions[t]!), options.goals);
    for (let row = 0; row < returns.length; row++) returns[row]! += rewards[row]!;
  }
}

/** Puts the best candidates of an environment first in `elites`; returns how many there are, at most `count`. */
function selectElites(
  { candidates, returns, elites }: Scratch,
  options: { readonly environment: number; readonly count: number },
): number {
  const start = options.environment * candidates;
  let found = 0;
  for (let p = 0; p < candidates; p++) {
    const value = returns[start + p]!;
    if (!Number.isFinite(value)) continue;
    // Equal returns keep the order of their index: a later one goes in behind.
    let place = found;
    while (place > 0 && returns[start + elites[place - 1]!]! < value) place--;
    if (place >= options.count) continue;
    if (found < options.count) found++;
    for (let k = found - 1; k > place; k--) elites[k] = elites[k - 1]!;
    elites[place] = p;
  }
  return found;
}

function refit(
  { horizon, candidates, variables, distributions, actions, elites }: Scratch,
  options: { readonly environment: number; readonly count: number },
): void {
  const { environment, count } = options;
  const width = variables.length;
  for (let t = 0; t < horizon; t++) {
    const stepActions = actions[t]!;
    for (let m = 0; m < width; m++) {
      const distribution = distributions[(environment * horizon + t) * width + m]!;
      const valueOf = (k: number) => stepActions[(environment * candidates + elites[k]!) * width + m]!;
      if (variables[m]!.kind === "categorical") {
        distribution.fill(0);
        for (let k = 0; k < count; k++) distribution[valueOf(k)]!++;
        for (let k = 0; k < distribution.length; k++) distribution[k]! /= count;
      } else {
        let mean = 0;
        for (let k = 0; k < count; k++) mean += valueOf(k) / count;
        let variance = 0;
        for (let k = 0; k < count; k++) variance += (valueOf(k) - mean) ** 2 / count;
        distribution[0] = mean;
        distribution[1] = Math.max(Math.sqrt(variance), SMALLEST_STD);
      }
    }
  }
}

function firstActions({ environments, horizon, variables, distributions }: Scratch): Float32Array {
  const width = variables.length;
  const chosen = new Float32Array(environments * width);
  for (let e = 0; e < environments; e++) {
    for (let m = 0; m < width; m++) {
      const variable = variables[m]!;
      const distribution = distributions[e * horizon * width + m]!;
      if (variable.kind === "continuous") {
        chosen[e * width + m] = Math.min(Math.max(distribution[0]!, variable.low), variable.high);
        continue;
      }
      let best = 0;
      for (let k = 1; k < distribution.length; k++) if (distribution[k]! > distribution[best]!) best = k;
      chosen[e * width + m] = best;
    }
  }
  return chosen;
}
