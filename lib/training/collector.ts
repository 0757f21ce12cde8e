import type { Observations } from "../core/observations.ts";
import { Rng } from "../core/rng.ts";
import type { RngState } from "../core/rng.ts";
import type { Environment, EnvironmentState } from "../envs/environment.ts";
import type { Plan } from "../planning/planner.ts";
import { observe } from "./observe.ts";
import type { ReplayBuffer } from "./replay_buffer.ts";

/** The split whose episodes are collected. */
export const trainingSplit = "train";

/** How actions are explored. */
export interface CollectorOptions {
  /** E, environments stepped in parallel. */
  readonly environments: number;
  /** Chance of a uniformly random action instead of the planned one. */
  readonly explorationEpsilon: number;
  /** Standard deviation of the noise added to continuous actions. */
  readonly explorationNoise: number;
}

/** Chooses actions [E, M] from what the model observes of E states and goals [E, G]. */
export type ChooseActions = (observations: Observations, goal: Float32Array, rng: Rng) => Plan;

/** All that a collector's future depends on; see {@link Collector.save}. */
export interface CollectorState {
  readonly values: Float32Array;
  readonly goal: Float32Array;
  readonly hidden: Float32Array;
  readonly stepCounts: Int32Array;
  readonly returns: Float64Array;
  readonly openValues: Float32Array;
  readonly openActions: Float32Array;
  readonly openNextValues: Float32Array;
  readonly finishedReturns: Float64Array;
  readonly steps: number;
  readonly rngs: Readonly<Record<string, RngState>>;
}

/**
 * The acting loop: E environments of the training task, whose completed episodes go into a replay buffer. A finished
 * environment starts a new episode at once.
 */
export class Collector {
  readonly #environment: Environment;
  readonly #buffer: ReplayBuffer;
  readonly #options: CollectorOptions;
  readonly #rngs: Readonly<Record<"environment" | "exploration" | "planning" | "observation" | "episodes", Rng>>;
  #state: EnvironmentState;
  readonly #stepCounts: Int32Array;
  readonly #returns: Float64Array;
  /** Transitions of open episodes: [E, episode length, N], [E, episode length, M]. */
  readonly #openValues: Float32Array;
  readonly #openActions: Float32Array;
  readonly #openNextValues: Float32Array;
  #finishedReturns: number[] = [];
  #steps = 0;

  constructor(
    environment: Environment,
    options: CollectorOptions & { readonly buffer: ReplayBuffer; readonly rng: Rng },
  ) {
    this.#environment = environment;
    this.#buffer = options.buffer;
    this.#options = options;
    this.#rngs = {
      environment: options.rng.fork("environment"),
      exploration: options.rng.fork("exploration"),
      planning: options.rng.fork("planning"),
      observation: options.rng.fork("observation"),
      episodes: options.rng.fork("episodes"),
    };
    const { stateVariables, actionVariables, episodeLength } = environment.spec;
    const count = options.environments;
    this.#state = environment.reset(trainingSplit, { count, rng: this.#rngs.environment });
    this.#stepCounts = new Int32Array(count);
    this.#returns = new Float64Array(count);
    this.#openValues = new Float32Array(count * episodeLength * stateVariables.length);
    this.#openActions = new Float32Array(count * episodeLength * actionVariables.length);
    this.#openNextValues = new Float32Array(this.#openValues.length);
  }

  /** Transitions seen, over all environments. */
  get steps(): number {
    return this.#steps;
  }

  /** Acts uniformly at random in each environment. */
  actRandomly(): void {
    const width = this.#environment.spec.actionVariables.length;
    const actions = new Float32Array(this.#options.environments * width);
    for (let e = 0; e < this.#options.environments; e++) this.#drawUniform(actions, e);
    this.#step(actions);
  }

  /** Acts as planned, with exploration; returns the plan, whose actions are those before exploration. */
  actByPlan(choose: ChooseActions): Plan {
    const observations = observe(this.#environment.spec, {
      values: this.#state.values,
      split: trainingSplit,
      rng: this.#rngs.observation,
    });
    const plan = choose(observations, this.#state.goal, this.#rngs.planning);
    this.#step(this.#explored(plan.actions));
    return plan;
  }

  /** Returns of the episodes completed since the last call, in order. */
  takeReturns(): readonly number[] {
    const returns = this.#finishedReturns;
    this.#finishedReturns = [];
    return returns;
  }

  /** Copies all that {@link Collector.restore} needs, open episodes included. */
  save(): CollectorState {
    return {
      values: this.#state.values.slice(),
      goal: this.#state.goal.slice(),
      hidden: this.#state.hidden.slice(),
      stepCounts: this.#stepCounts.slice(),
      returns: this.#returns.slice(),
      openValues: this.#openValues.slice(),
      openActions: this.#openActions.slice(),
      openNextValues: this.#openNextValues.slice(),
      finishedReturns: Float64Array.from(this.#finishedReturns),
      steps: this.#steps,
      rngs: Object.fromEntries(Object.entries(this.#rngs).map(([name, rng]) => [name, rng.state()])),
    };
  }

  /** Goes on where `state` was saved. */
  restore(state: CollectorState): void {
    this.#state = { values: state.values.slice(), goal: state.goal.slice(), hidden: state.hidden.slice() };
    this.#stepCounts.set(state.stepCounts);
    this.#returns.set(state.returns);
    this.#openValues.set(state.openValues);
    this.#openActions.set(state.openActions);
    this.#openNextValues.set(state.openNextValues);
    this.#finishedReturns = [...state.finishedReturns];
    this.#steps = state.steps;
    for (const [name, rng] of Object.entries(this.#rngs)) rng.restore(state.rngs[name]!);
  }

  #drawUniform(actions: Float32Array, environment: number): void {
    const variables = this.#environment.spec.actionVariables;
    const rng = this.#rngs.exploration;
    for (let m = 0; m < variables.length; m++) {
      const variable = variables[m]!;
      actions[environment * variables.length + m] = variable.kind === "categorical"
        ? rng.integer(variable.categories)
        : variable.low + (variable.high - variable.low) * rng.uniform();
    }
  }

  #explored(planned: Float32Array): Float32Array {
    const variables = this.#environment.spec.actionVariables;
    const { environments, explorationEpsilon, explorationNoise } = this.#options;
    const rng = this.#rngs.exploration;
    const actions = planned.slice();
    for (let e = 0; e < environments; e++) {
      if (rng.uniform() < explorationEpsilon) {
        this.#drawUniform(actions, e);
        continue;
      }
      if (explorationNoise === 0) continue;
      for (let m = 0; m < variables.length; m++) {
        const variable = variables[m]!;
        if (variable.kind !== "continuous") continue;
        const noisy = actions[e * variables.length + m]! + explorationNoise * rng.normal();
        actions[e * variables.length + m] = Math.min(Math.max(noisy, variable.low), variable.high);
      }
    }
    return actions;
  }

  #step(actions: Float32Array): void {
    const { stateVariables, actionVariables, episodeLength } = this.#environment.spec;
    const n = stateVariables.length;
    const m = actionVariables.length;
    const { state, reward } = this.#environment.step(this.#state, { actions, rng: this.#rngs.environment });
    const finished: number[] = [];
    for (let e = 0; e < this.#options.environments; e++) {
      const place = e * episodeLength + this.#stepCounts[e]!;
      this.#openValues.set(this.#state.values.subarray(e * n, (e + 1) * n), place * n);
      this.#openActions.set(actions.subarray(e * m, (e + 1) * m), place * m);
      this.#openNextValues.set(state.values.subarray(e * n, (e + 1) * n), place * n);
      this.#returns[e]! += reward[e]!;
      this.#stepCounts[e]!++;
      if (this.#stepCounts[e] === episodeLength) finished.push(e);
    }
    this.#steps += this.#options.environments;
    this.#state = state;
    if (finished.length > 0) this.#finish(finished);
  }

  #finish(finished: readonly number[]): void {
    const { stateVariables, actionVariables, episodeLength, goalWidth, hiddenWidth } = this.#environment.spec;
    for (const e of finished) {
      const episode = (open: Float32Array, width: number) =>
        open.subarray(e * episodeLength * width, (e + 1) * episodeLength * width);
      this.#buffer.addEpisode({
        values: episode(this.#openValues, stateVariables.length),
        actions: episode(this.#openActions, actionVariables.length),
        nextValues: episode(this.#openNextValues, stateVariables.length),
      }, this.#rngs.episodes);
      this.#finishedReturns.push(this.#returns[e]!);
      this.#returns[e] = 0;
      this.#stepCounts[e] = 0;
    }
    const fresh = this.#environment.reset(trainingSplit, { count: finished.length, rng: this.#rngs.environment });
    this.#state = {
      values: withRows(this.#state.values, { rows: fresh.values, at: finished, width: stateVariables.length }),
      goal: withRows(this.#state.goal, { rows: fresh.goal, at: finished, width: goalWidth }),
      hidden: withRows(this.#state.hidden, { rows: fresh.hidden, at: finished, width: hiddenWidth }),
    };
  }
}

/** A copy of a row-major matrix with some rows replaced. */
function withRows(
  matrix: Float32Array,
  options: { readonly rows: Float32Array; readonly at: readonly number[]; readonly width: number },
): Float32Array {
  const { rows, at, width } = options;
  const copy = matrix.slice();
  at.forEach((row, k) => copy.set(rows.subarray(k * width, (k + 1) * width), row * width));
  return copy;
}
