import assert from "node:assert/strict";
import fc from "fast-check";
import { encodeObservations } from "../../lib/core/observations.ts";
import { decodeValues, encodeValues, totalWidth } from "../../lib/core/variable.ts";
import type { Variable } from "../../lib/core/variable.ts";
import { Rng } from "../../lib/core/rng.ts";
import { CrossEntropyPlanner } from "../../lib/planning/cem.ts";
import { DistinctPairsRollout, distinctPairsRollout } from "../../lib/planning/distinct_pairs.ts";
import { PlainRollout } from "../../lib/planning/candidate_rollout.ts";
import type { PlanningProblem } from "../../lib/planning/planner.ts";

/** A deterministic world that scrambles (observation, action), so that any mixed-up row changes the plan. */
function scrambledProblem(
  stateVariables: readonly Variable[],
  options: {
    readonly actionVariables: readonly Variable[];
    readonly environments: number;
    readonly seed: number;
    readonly isShifted?: boolean;
  },
): PlanningProblem & { readonly asked: { rows: number } } {
  const { actionVariables, environments, seed } = options;
  const rng = new Rng(seed);
  const width = totalWidth(stateVariables);
  const values = new Float32Array(environments * stateVariables.length);
  for (let k = 0; k < values.length; k++) values[k] = draw(stateVariables[k % stateVariables.length]!, rng);
  const observations = options.isShifted
    ? { encoded: encodeValues(stateVariables, values).map((x) => x * 100 * rng.normal()) }
    : { values };
  const weights = rng.fillNormal(new Float32Array((width + actionVariables.length) * width));
  const asked = { rows: 0 };
  return {
    asked,
    stateVariables,
    actionVariables,
    observations,
    goal: rng.fillNormal(new Float32Array(environments)),
    rng: new Rng(seed + 1),
    predict(seen, actions) {
      const observed = encodeObservations(stateVariables, seen);
      const rows = actions.length / actionVariables.length;
      asked.rows += rows;
      const next = new Float32Array(rows * width);
      for (let row = 0; row < rows; row++) {
        for (let k = 0; k < width; k++) {
          let sum = 0;
          for (let i = 0; i < width; i++) sum += observed[row * width + i]! * weights[k * width + i]!;
          for (let m = 0; m < actionVariables.length; m++) {
            sum += Math.sin(k + 3 * actions[row * actionVariables.length + m]!) * weights[(width + m) * width + k]!;
          }
          next[row * width + k] = Math.sin(sum);
        }
      }
      return decodeValues(stateVariables, next);
    },
    reward: (next, goal) => {
      const rows = next.length / stateVariables.length;
      return Float32Array.from({ length: rows }, (_, row) => {
        let sum = goal[row]!;
        for (let i = 0; i < stateVariables.length; i++) {
          sum += Math.sin(next[row * stateVariables.length + i]! * (i + 1));
        }
        return sum;
      });
    },
  };
}

function draw(variable: Variable, rng: Rng): number {
  return variable.kind === "categorical" ? rng.integer(variable.categories) : rng.normal();
}

const variable = (categories: number): Variable => ({ kind: "categorical", name: "x", categories });
const real: Variable = { kind: "continuous", name: "y", low: -1, high: 1 };
const planner = { horizon: 3, candidates: 24, elites: 6, iterations: 3 };

Deno.test("a plan by distinct pairs equals the plain plan on random categorical problems", () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 2, max: 5 }), { minLength: 1, maxLength: 4 }),
      fc.array(fc.integer({ min: 2, max: 6 }), { minLength: 1, maxLength: 2 }),
      fc.record({ environments: fc.integer({ min: 1, max: 4 }), seed: fc.nat(1e6), isShifted: fc.boolean() }),
      (states, actions, options) => {
        const make = () =>
          scrambledProblem(states.map(variable), { ...options, actionVariables: actions.map(variable) });
        const plain = new CrossEntropyPlanner({ ...planner, distinctPairs: false }).plan(make());
        const problem = make();
        const distinct = new CrossEntropyPlanner({ ...planner, distinctPairs: true }).plan(problem);
        assert.deepEqual(distinct.actions, plain.actions);
        assert.equal(distinct.pairs, plain.pairs);
        assert.equal(distinct.predictedPairs, problem.asked.rows);
        assert.ok(distinct.predictedPairs <= plain.predictedPairs);
      },
    ),
    { numRuns: 300, seed: 1 },
  );
});

Deno.test("a plan by distinct pairs equals the plain plan with continuous states or actions", () => {
  for (let seed = 0; seed < 40; seed++) {
    for (const isMixedState of [true, false]) {
      const states: readonly Variable[] = isMixedState ? [variable(3), real] : [variable(3), variable(2)];
      const actions: readonly Variable[] = isMixedState ? [variable(4)] : [variable(4), real];
      const make = () => scrambledProblem(states, { actionVariables: actions, environments: 2, seed });
      const plain = new CrossEntropyPlanner({ ...planner, distinctPairs: false }).plan(make());
      const problem = make();
      const distinct = new CrossEntropyPlanner({ ...planner, distinctPairs: true }).plan(problem);
      assert.deepEqual(distinct.actions, plain.actions);
      assert.equal(distinct.predictedPairs, problem.asked.rows);
      if (isMixedState) {
        // 2 environments x 4 actions are all first steps there are; later steps ask for every pair.
        assert.equal(distinct.predictedPairs, 2 * 4 + 2 * 24 * 2 * 3);
      } else {
        assert.equal(distinct.predictedPairs, distinct.pairs);
      }
    }
  }
});

Deno.test("states of many variables are told apart and give the plain plan", () => {
  const states = Array.from({ length: 40 }, () => variable(3)); // 3^40 > 2^53
  for (let seed = 0; seed < 10; seed++) {
    const make = () => scrambledProblem(states, { actionVariables: [variable(3)], environments: 2, seed });
    const plain = new CrossEntropyPlanner({ ...planner, distinctPairs: false }).plan(make());
    const distinct = new CrossEntropyPlanner({ ...planner, distinctPairs: true }).plan(make());
    assert.deepEqual(distinct.actions, plain.actions);
    assert.ok(distinct.predictedPairs < plain.predictedPairs);
  }
});

Deno.test("DistinctPairsRollout counts pairs by hand: first steps by row, later ones by predicted state", () => {
  // One state bit, one action bit; the next state is the action. Two environments with the same state, two rows each.
  const problem: PlanningProblem = {
    stateVariables: [variable(2)],
    actionVariables: [variable(2)],
    observations: { values: Float32Array.of(0, 0) },
    goal: new Float32Array(0),
    rng: new Rng(0),
    predict: (_, actions) => actions.slice(),
    reward: () => new Float32Array(0),
  };
  const rollout = new DistinctPairsRollout(problem, 2);
  // Row 0, 1 (environment 0): actions 0, 0; row 2, 3 (environment 1): actions 0, 1. Distinct: (e0, 0) (e1, 0) (e1, 1).
  assert.deepEqual([...rollout.step(Float32Array.of(0, 0, 0, 1))], [0, 0, 0, 1]);
  assert.deepEqual([rollout.pairs, rollout.predictedPairs], [4, 3]);
  // States 0, 0, 0, 1 with actions 1, 1, 0, 0: (0, 1) (0, 0) (1, 0) are new.
  assert.deepEqual([...rollout.step(Float32Array.of(1, 1, 0, 0))], [1, 1, 0, 0]);
  assert.deepEqual([rollout.pairs, rollout.predictedPairs], [8, 6]);
  // Again from the start: only (e0, 1) is new.
  rollout.restart();
  assert.deepEqual([...rollout.step(Float32Array.of(0, 1, 0, 1))], [0, 1, 0, 1]);
  assert.deepEqual([rollout.pairs, rollout.predictedPairs], [12, 7]);
});

Deno.test("distinctPairsRollout falls back to a plain rollout when actions cannot be told apart", () => {
  const make = (actionVariables: readonly Variable[]) =>
    distinctPairsRollout(scrambledProblem([variable(2)], { actionVariables, environments: 1, seed: 0 }), 2);
  assert.ok(make([variable(2)]) instanceof DistinctPairsRollout);
  assert.ok(make([variable(2), real]) instanceof PlainRollout);
  assert.ok(make([variable(1e4), variable(1e4)]) instanceof DistinctPairsRollout);
});
