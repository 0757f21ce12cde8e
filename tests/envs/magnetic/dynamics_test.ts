import assert from "node:assert/strict";
import { maxOf } from "../../../lib/core/extremes.ts";
import { Rng } from "../../../lib/core/rng.ts";
import type { EnvironmentState } from "../../../lib/envs/environment.ts";
import { create, parseOptions } from "../../../lib/envs/magnetic/magnetic.ts";
import { pullSpeed } from "../../../lib/envs/magnetic/pull.ts";
import { at, black, red, stateCount } from "../../../lib/envs/magnetic/variables.ts";
import {
  actionsToBall,
  column,
  config,
  episode,
  guessHidden,
  largestDifference,
  magneticTest,
  randomActions,
  withValues,
} from "./magnetic_fixtures.ts";

/** Seconds of a control step. */
const controlStep = config.control.timeStep * config.control.substeps;

magneticTest("unless both are red, the box's place changes nothing, to the bit", (environment) => {
  for (const [ball, box] of [[black, black], [black, red], [red, black]] as const) {
    const rng = new Rng(1);
    const start = withValues(environment.reset("train", { count: 4, rng }), { ballColor: ball, boxColor: box });
    for (const [boxX, boxY] of [[0.1, -0.2], [0, 0], [137, -250], column(start, "ballX")] as const) {
      let [state, other] = [start, withValues(start, { boxX: boxX!, boxY: boxY! })];
      for (let step = 0; step < 3; step++) {
        const actions = randomActions(state, rng);
        state = environment.step(state, { actions, rng }).state;
        other = environment.step(other, { actions, rng }).state;
        assert.deepEqual(other.hidden, state.hidden);
        assert.deepEqual(
          withValues(other, { boxX: 0, boxY: 0 }).values,
          withValues(state, { boxX: 0, boxY: 0 }).values,
        );
      }
      assert.deepEqual(column(state, "ballX"), column(start, "ballX"), "the ball stays where it is");
      assert.deepEqual(column(state, "ballY"), column(start, "ballY"));
    }
  }
});

magneticTest(
  "if both are red, the ball's next place depends on the box's place, the hand's does not",
  (environment) => {
    const rng = new Rng(2);
    const start = withValues(environment.reset("train", { count: 4, rng }), { ballColor: red, boxColor: red });
    const actions = randomActions(start, rng);
    const next = (boxX: number, boxY: number) =>
      environment.step(withValues(start, { boxX, boxY }), { actions, rng }).state;
    const [left, right] = [next(-0.25, -0.4), next(0.25, 0.4)];
    column(left, "ballX").forEach((x, row) => {
      const y = column(left, "ballY")[row]!;
      const moved = Math.hypot(column(right, "ballX")[row]! - x, column(right, "ballY")[row]! - y);
      assert.ok(moved > 0.005, `${moved}`);
    });
    for (const name of ["handX", "handY", "handZ"] as const) assert.deepEqual(column(left, name), column(right, name));
  },
);

magneticTest("the ball moves straight to the box at the stated speed and stops there", (environment) => {
  const rng = new Rng(3);
  const direction = [0.6, 0.8] as const;
  for (const distance of [0.5, 0.3, 0.2, 0.12, 0.09]) {
    const [x, y] = [-0.2, -0.3];
    const start = withValues(environment.reset("train", { count: 1, rng }), {
      ballColor: red,
      boxColor: red,
      ballX: x,
      ballY: y,
      boxX: x + direction[0] * distance,
      boxY: y + direction[1] * distance,
    });
    const states = episode(environment, { start, act: () => new Float32Array(3), steps: 3, rng });
    let expected = distance;
    for (const state of states.slice(1)) {
      // The stated law, integrated in small steps.
      for (let k = 0; k < 1000; k++) expected -= pullSpeed(expected, config) * controlStep / 1000;
      const [dx, dy] = [
        column(state, "boxX")[0]! - column(state, "ballX")[0]!,
        column(state, "boxY")[0]! - column(state, "ballY")[0]!,
      ];
      assert.ok(
        Math.abs(Math.hypot(dx, dy) - expected) < 2e-4,
        `${distance}: ${Math.hypot(dx, dy)} is not ${expected}`,
      );
      assert.ok(Math.abs(dx * direction[1] - dy * direction[0]) < 1e-5, "on the straight line");
    }
  }
  const near = withValues(environment.reset("train", { count: 1, rng }), {
    ballColor: red,
    boxColor: red,
    ballX: 0,
    ballY: 0,
    boxX: 0.1,
    boxY: 0,
  });
  const end = episode(environment, { start: near, act: () => new Float32Array(3), steps: 25, rng }).at(-1)!;
  assert.ok(Math.abs(column(end, "ballX")[0]! - (0.1 - config.pull.stop)) < 1e-4, "stops at the box");
  const inside = withValues(near, { boxX: 0.03 });
  const after = episode(environment, { start: inside, act: () => new Float32Array(3), steps: 2, rng }).at(-1)!;
  assert.equal(column(after, "ballX")[0], 0, "a ball within the box stays");
});

magneticTest("what is observed predicts the next observation to 0.1 mm", (environment) => {
  const rng = new Rng(4);
  let worst = { ball: 0, hand: 0 };
  for (const act of [(state: EnvironmentState) => randomActions(state, rng), actionsToBall]) {
    let state = environment.reset("train", { count: 10, rng });
    state = withValues(state, { ballColor: red, boxColor: red });
    for (let step = 0; step < 25; step++) {
      const actions = act(state);
      const next = environment.step(state, { actions, rng }).state;
      const guess = environment.step(guessHidden(state), { actions, rng }).state;
      const difference = (names: readonly (keyof typeof at)[]) =>
        maxOf(
          names.map((name) =>
            largestDifference(Float32Array.from(column(next, name)), Float32Array.from(column(guess, name)))
          ),
        );
      worst = {
        ball: Math.max(worst.ball, difference(["ballX", "ballY"])),
        hand: Math.max(worst.hand, difference(["handX", "handY", "handZ"])),
      };
      state = next;
    }
  }
  assert.ok(worst.ball < 1e-4, `ball ${worst.ball}`);
  assert.ok(worst.hand < 1e-4, `hand ${worst.hand}`);
});

magneticTest("the hand moves by the scaled action within its box, to 1.5 mm", (environment) => {
  const rng = new Rng(5);
  const { low, high } = config.hand;
  let state = environment.reset("train", { count: 20, rng });
  for (let step = 0; step < 25; step++) {
    // Corners of the action's range, kept for some steps, so that the hand meets the walls of its box.
    const corner = Float32Array.from(
      { length: 60 },
      (_, k) => (k * 7919 + Math.floor(step / 8) * 104729) % 11 < 5 ? 1 : -1,
    );
    const next = environment.step(state, { actions: corner, rng }).state;
    for (let row = 0; row < 20; row++) {
      for (let axis = 0; axis < 3; axis++) {
        const index = row * stateCount + at.handX + axis;
        const goal = state.values[index]! + config.control.actionScale * corner[row * 3 + axis]!;
        const error = next.values[index]! - Math.min(Math.max(goal, low[axis]!), high[axis]!);
        assert.ok(Math.abs(error) < 1.5e-3, `axis ${axis}: ${error}`);
      }
    }
    state = next;
  }
});

magneticTest("the ball never leaves the table and an unmoved hand stays", (environment) => {
  const rng = new Rng(6);
  for (const split of ["train", "ood-red"]) {
    const start = environment.reset(split, { count: 10, rng });
    const states = episode(environment, { start, act: () => new Float32Array(30), steps: 25, rng });
    for (const state of states) {
      assert.ok(column(state, "ballX").every((x) => Math.abs(x) <= config.table.halfX));
      assert.ok(column(state, "ballY").every((y) => Math.abs(y) <= config.table.halfY));
    }
    for (const name of ["handX", "handY", "handZ"] as const) {
      column(states.at(-1)!, name).forEach((value, row) =>
        assert.ok(Math.abs(value - column(start, name)[row]!) < 1e-5)
      );
    }
  }
});

Deno.test("magnetic: goes on from a saved state in another environment, to the bit", async () => {
  const [first, second] = [await create(parseOptions({}), 1), await create(parseOptions({}), 2)];
  const rng = new Rng(7);
  const act = (state: EnvironmentState) => randomActions(state, new Rng(state.values[0]! + state.values.length));
  const unbroken = episode(first, { start: first.reset("train", { count: 3, rng }), act, steps: 10, rng });
  const saved = JSON.parse(JSON.stringify({
    values: [...unbroken[4]!.values],
    hidden: [...unbroken[4]!.hidden],
  })) as { readonly values: number[]; readonly hidden: number[] };
  // Other scenes in between must not leave a trace.
  episode(second, { start: second.reset("ood", { count: 2, rng }), act, steps: 2, rng });
  const start = {
    values: Float32Array.from(saved.values),
    goal: new Float32Array(0),
    hidden: Float32Array.from(saved.hidden),
  };
  assert.deepEqual(episode(second, { start, act, steps: 6, rng }).at(-1), unbroken.at(-1));
  // One by one is the same as three at once.
  const alone = { ...start, values: start.values.slice(9, 18), hidden: start.hidden.slice(14, 28) };
  const together = second.step(start, { actions: new Float32Array(9).fill(0.5), rng }).state;
  const single = second.step(alone, { actions: new Float32Array(3).fill(0.5), rng }).state;
  assert.deepEqual(single.values, together.values.slice(9, 18));
  first.dispose();
  second.dispose();
  second.dispose();
});
