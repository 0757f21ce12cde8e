import type { Rng } from "../../../lib/core/rng.ts";
import type { Environment, EnvironmentState } from "../../../lib/envs/environment.ts";
import { create, parseOptions } from "../../../lib/envs/magnetic/magnetic.ts";
import { magneticConfig } from "../../../lib/envs/magnetic/magnetic_config.ts";
import { anglesAt, placeArm } from "../../../lib/envs/magnetic/resets.ts";
import { actionCount, at, hiddenCount, stateCount } from "../../../lib/envs/magnetic/variables.ts";

export const config = magneticConfig;

/** A test with an environment of its own, freed at the end. */
export function magneticTest(claim: string, check: (environment: Environment) => void): void {
  Deno.test(`magnetic: ${claim}`, async () => {
    const environment = await create(parseOptions({}), 1);
    try {
      check(environment);
    } finally {
      environment.dispose();
    }
  });
}

/** Number of instances in a state. */
export function episodesOf({ values }: EnvironmentState): number {
  return values.length / stateCount;
}

/** A copy with some variables of every instance set. */
export function withValues(
  state: EnvironmentState,
  changes: Partial<Record<keyof typeof at, number>>,
): EnvironmentState {
  const values = state.values.slice();
  for (const [name, value] of Object.entries(changes)) {
    for (let row = 0; row < values.length; row += stateCount) values[row + at[name as keyof typeof at]] = value;
  }
  return { ...state, values };
}

/** The column of one variable, [E]. */
export function column(state: EnvironmentState, name: keyof typeof at): number[] {
  return Array.from({ length: episodesOf(state) }, (_, row) => state.values[row * stateCount + at[name]]!);
}

/** A copy in which all that is hidden is guessed from what is observed: joints by inverse kinematics, all at rest. */
export function guessHidden(state: EnvironmentState): EnvironmentState {
  const guess = structuredClone(state);
  for (let row = 0; row < episodesOf(state); row++) {
    const values = guess.values.subarray(row * stateCount, (row + 1) * stateCount);
    const hidden = guess.hidden.subarray(row * hiddenCount, (row + 1) * hiddenCount);
    placeArm({ values, hidden }, { angles: anglesAt([...values.subarray(at.handX, at.handZ + 1)], config), config });
  }
  return guess;
}

/** Uniform actions [E, 3]. */
export function randomActions(state: EnvironmentState, rng: Rng): Float32Array {
  return Float32Array.from({ length: episodesOf(state) * actionCount }, () => 2 * rng.uniform() - 1);
}

/** Actions [E, 3] that move the end effector straight to the ball at the table's top. */
export function actionsToBall(state: EnvironmentState): Float32Array {
  const goals = [at.ballX, at.ballY];
  return Float32Array.from({ length: episodesOf(state) * actionCount }, (_, index) => {
    const axis = index % actionCount;
    const row = stateCount * Math.floor(index / actionCount);
    const goal = axis < 2 ? state.values[row + goals[axis]!]! : config.table.top;
    const way = (goal - state.values[row + at.handX + axis]!) / config.control.actionScale;
    return Math.min(Math.max(way, -1), 1);
  });
}

/** The states of an episode, its start included. */
export function episode(
  environment: Environment,
  options: {
    readonly start: EnvironmentState;
    readonly act: (state: EnvironmentState) => Float32Array;
    readonly steps: number;
    readonly rng: Rng;
  },
): EnvironmentState[] {
  const states = [options.start];
  for (let step = 0; step < options.steps; step++) {
    const state = states.at(-1)!;
    states.push(environment.step(state, { actions: options.act(state), rng: options.rng }).state);
  }
  return states;
}

/** Largest absolute difference of two arrays. */
export function largestDifference(a: Float32Array, b: Float32Array): number {
  return a.reduce((largest, value, k) => Math.max(largest, Math.abs(value - b[k]!)), 0);
}
