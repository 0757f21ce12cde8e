import assert from "node:assert/strict";
import { Rng } from "../../../lib/core/rng.ts";
import { columnOffsets, encodeValues } from "../../../lib/core/variable.ts";
import type { Environment, EnvironmentState, Transitions } from "../../../lib/envs/environment.ts";
import { parseOptions, taskName } from "../../../lib/envs/magnetic/magnetic.ts";
import { at, red, stateCount } from "../../../lib/envs/magnetic/variables.ts";
import { actionsToBall, column, config, episodesOf, magneticTest, randomActions } from "./magnetic_fixtures.ts";

/** Share of episodes of the training task in which the goal was met at some step. */
function successRate(
  environment: Environment,
  options: { readonly act: (state: EnvironmentState) => Float32Array; readonly episodes: number; readonly rng: Rng },
): number {
  const { act, episodes, rng } = options;
  let state = environment.reset("train", { count: episodes, rng });
  const succeeded = new Uint8Array(episodes);
  for (let step = 0; step < environment.spec.episodeLength; step++) {
    const result = environment.step(state, { actions: act(state), rng });
    result.success.forEach((success, e) => succeeded[e]! |= success);
    state = result.state;
  }
  return succeeded.reduce((sum, success) => sum + success, 0) / episodes;
}

magneticTest("a scripted controller succeeds in at least 80 % of episodes", (environment) => {
  const rate = successRate(environment, { act: actionsToBall, episodes: 50, rng: new Rng(1) });
  assert.ok(rate >= 0.8, `${rate}`);
});

magneticTest("random actions succeed in less than 5 % of episodes", (environment) => {
  const rng = new Rng(2);
  const rate = successRate(environment, { act: (state) => randomActions(state, rng), episodes: 100, rng });
  assert.ok(rate < 0.05, `${rate}`);
});

magneticTest("reward and success follow the L1 distance to the ball at the table's top", (environment) => {
  const rng = new Rng(3);
  const { values } = environment.reset("train", { count: 1, rng });
  values.set([0.1, 0.2], at.ballX);
  values.set([0.13, 0.19, 0.86], at.handX);
  // |0.03| + |0.01| + |0.06| = 0.1 m, so 1 - tanh(0.5) = 0.537883.
  assert.ok(Math.abs(environment.reward(values, new Float32Array(0))[0]! - 0.537883) < 1e-6);
});

magneticTest("resets draw what each split promises", (environment) => {
  const count = 400;
  const isOnTable = (state: EnvironmentState, row: number) =>
    Math.abs(column(state, "boxX")[row]!) <= config.table.halfX &&
    Math.abs(column(state, "boxY")[row]!) <= config.table.halfY;
  const colors = (state: EnvironmentState) =>
    column(state, "ballColor").map((ball, row) => `${ball}${column(state, "boxColor")[row]}`);
  const share = (list: readonly string[], pair: string) => list.filter((each) => each === pair).length / list.length;
  const train = environment.reset("train", { count, rng: new Rng(4) });
  for (const pair of ["00", "01", "10", "11"]) assert.ok(Math.abs(share(colors(train), pair) - 1 / 4) < 0.07, pair);
  assert.ok(colors(train).every((_, row) => isOnTable(train, row)));
  const ood = environment.reset("ood", { count, rng: new Rng(5) });
  for (const pair of ["00", "01", "10"]) assert.ok(Math.abs(share(colors(ood), pair) - 1 / 3) < 0.08, pair);
  assert.ok(colors(ood).every((_, row) => !isOnTable(ood, row)));
  for (const name of ["boxX", "boxY"] as const) {
    const deviation = Math.sqrt(column(ood, name).reduce((sum, x) => sum + x * x, 0) / count);
    assert.ok(Math.abs(deviation - 100) < 12, `${name} ${deviation}`);
  }
  const both = environment.reset("ood-red", { count, rng: new Rng(6) });
  assert.equal(share(colors(both), `${red}${red}`), 1);
  assert.ok(colors(both).every((_, row) => !isOnTable(both, row)));
  // Uniform on the table: its variance is half² / 3.
  const variance = column(train, "ballY").reduce((sum, y) => sum + y * y, 0) / count;
  assert.ok(Math.abs(variance / (config.table.halfY ** 2 / 3) - 1) < 0.15);
});

magneticTest("the shift moves a box on the table off it, and leaves one that is off it", (environment) => {
  const { stateVariables, splits } = environment.spec;
  const shift = splits.find(({ id }) => id === "ood")!.shift!;
  const column = columnOffsets(stateVariables)[at.boxX]!;
  const encoded = (split: string) =>
    encodeValues(stateVariables, environment.reset(split, { count: 300, rng: new Rng(7) }).values);
  const ood = encoded("ood");
  assert.deepEqual(shift.apply(ood, new Rng(8)), ood);
  const shifted = shift.apply(encoded("train"), new Rng(8));
  const xs = Array.from({ length: 300 }, (_, row) => shifted[row * 11 + column]!);
  assert.ok(Math.abs(Math.sqrt(xs.reduce((sum, x) => sum + x * x, 0) / 300) - 100) < 12);
  assert.deepEqual(shift.apply(shifted, new Rng(9)), shifted, "once is enough");
});

magneticTest("prediction out of distribution is scored on steps that are not magnetic", (environment) => {
  const rng = new Rng(9);
  const state = environment.reset("train", { count: 40, rng });
  const actions = randomActions(state, rng);
  const transitions: Transitions = {
    values: state.values,
    actions,
    nextValues: environment.step(state, { actions, rng }).state.values,
  };
  const contexts = environment.contexts(transitions);
  const isMagnetic = column(state, "ballColor").map((ball, row) =>
    ball === red && column(state, "boxColor")[row] === red
  );
  assert.deepEqual([...contexts], isMagnetic.map((magnetic) => magnetic ? 0 : 1));
  assert.ok(contexts.includes(0) && contexts.includes(1));
  assert.deepEqual([...environment.isEvaluated("ood", transitions)], isMagnetic.map((magnetic) => magnetic ? 0 : 1));
  assert.ok(environment.isEvaluated("train", transitions).every((mark) => mark === 1));
  assert.ok(environment.isEvaluated("ood-red", transitions).every((mark) => mark === 0));
  assert.equal(transitions.values.length, episodesOf(state) * stateCount);
});

Deno.test("magnetic: options say what is not allowed; the task has one name", () => {
  assert.throws(() => parseOptions({ episodeLength: 0 }), {
    message: "Cannot read environment: episodeLength is not allowed, expected an integer from 1 to 10000, got 0",
  });
  assert.throws(() => parseOptions({ actionScale: 1 }), { message: /expected a number from 0.001 to 0.1, got 1$/ });
  assert.equal(taskName(parseOptions({ actionScale: 0.02 })), "magnetic");
});

magneticTest("refuses an action that is not a number", (environment) => {
  const state = environment.reset("train", { count: 1, rng: new Rng(1) });
  assert.throws(() => environment.step(state, { actions: Float32Array.of(0, NaN, 0), rng: new Rng(1) }), {
    name: "RangeError",
    message: "Cannot act: not an action, expected 3 finite numbers from -1 to 1, got 0, NaN, 0",
  });
});
