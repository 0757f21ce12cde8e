import assert from "node:assert/strict";
import { maxOf } from "../../lib/core/extremes.ts";
import type { Variable } from "../../lib/core/variable.ts";
import { areValues, type Observations } from "../../lib/core/observations.ts";
import { Rng } from "../../lib/core/rng.ts";
import { CrossEntropyPlanner } from "../../lib/planning/cem.ts";
import type { PlanningProblem } from "../../lib/planning/planner.ts";

const position: Variable = { kind: "continuous", name: "x", low: -10, high: 10 };
const push: Variable = { kind: "continuous", name: "push", low: -1, high: 1 };
const place: Variable = { kind: "categorical", name: "place", categories: 7 };
const move: Variable = { kind: "categorical", name: "move", categories: 3 };

const options = { horizon: 3, candidates: 64, elites: 16, iterations: 6, distinctPairs: false };

/** What is seen, which nothing has shifted. */
function valuesOf(observations: Observations): Float32Array {
  assert.ok(areValues(observations));
  return observations.values;
}

/** A corridor of seven places; a move goes left, stays or goes right. */
function corridor(places: readonly number[], goals: readonly number[], rng: Rng): PlanningProblem {
  return {
    stateVariables: [place],
    actionVariables: [move],
    observations: { values: Float32Array.from(places) },
    goal: Float32Array.from(goals),
    rng,
    predict(observations, actions) {
      const next = new Float32Array(actions.length);
      for (let row = 0; row < next.length; row++) {
        next[row] = Math.min(Math.max(valuesOf(observations)[row]! + actions[row]! - 1, 0), 6);
      }
      return next;
    },
    reward: (next, goal) => next.map((value, row) => -Math.abs(value - goal[row]!)),
  };
}

/** A point on a line that an action moves by its value. */
function line(positions: readonly number[], goals: readonly number[], rng: Rng): PlanningProblem {
  return {
    stateVariables: [position],
    actionVariables: [push],
    observations: { values: Float32Array.from(positions) },
    goal: Float32Array.from(goals),
    rng,
    predict: (observations, actions) => valuesOf(observations).map((x, row) => x + actions[row]!),
    reward: (next, goal) => next.map((x, row) => -((x - goal[row]!) ** 2)),
  };
}

Deno.test("CrossEntropyPlanner finds the best first action of a tabular MDP in every environment", () => {
  const planner = new CrossEntropyPlanner(options);
  for (let seed = 0; seed < 20; seed++) {
    const plan = planner.plan(corridor([0, 3, 6, 5], [6, 3, 0, 6], new Rng(seed)));
    assert.deepEqual([...plan.actions], [2, 1, 0, 2]);
    assert.equal(plan.pairs, 4 * 64 * 3 * 6);
    assert.equal(plan.predictedPairs, plan.pairs);
  }
});

Deno.test("CrossEntropyPlanner looks ahead: it passes a worse state on the way to the best return", () => {
  // State 0 pays 0.5 for ever; 0 -> 1 pays 0, 1 -> 2 pays 3. One step ahead staying is best.
  const problem = (rng: Rng): PlanningProblem => ({
    stateVariables: [{ ...place, categories: 3 }],
    actionVariables: [{ ...move, categories: 2 }],
    observations: { values: Float32Array.of(0) },
    goal: new Float32Array(0),
    rng,
    predict: (observations, actions) =>
      actions.map((action, row) => Math.min(valuesOf(observations)[row]! + action, 2)),
    reward: (next) => next.map((state) => [0.5, 0, 3][state]!),
  });
  const greedy = new CrossEntropyPlanner({ ...options, horizon: 1 });
  const farSighted = new CrossEntropyPlanner({ ...options, horizon: 2 });
  assert.deepEqual([...greedy.plan(problem(new Rng(1))).actions], [0]);
  assert.deepEqual([...farSighted.plan(problem(new Rng(1))).actions], [1]);
});

Deno.test("CrossEntropyPlanner converges to the best continuous action and clips it to the bounds", () => {
  const planner = new CrossEntropyPlanner({ ...options, horizon: 1, candidates: 128, elites: 16, iterations: 12 });
  const plan = planner.plan(line([0, 1, 0], [0.37, 0.5, 5], new Rng(3)));
  assert.ok(Math.abs(plan.actions[0]! - 0.37) < 1e-3, `${plan.actions[0]}`);
  assert.ok(Math.abs(plan.actions[1]! + 0.5) < 1e-3, `${plan.actions[1]}`);
  assert.equal(plan.actions[2], 1);
});

Deno.test("CrossEntropyPlanner plans categorical and continuous action variables together", () => {
  const planner = new CrossEntropyPlanner({ ...options, horizon: 1, candidates: 256, elites: 32, iterations: 12 });
  const plan = planner.plan({
    stateVariables: [position],
    actionVariables: [move, push],
    observations: { values: Float32Array.of(0) },
    goal: Float32Array.of(1.75),
    rng: new Rng(4),
    predict: (observations, actions) =>
      valuesOf(observations).map((x, row) => x + (actions[row * 2]! - 1) * 2 + actions[row * 2 + 1]!),
    reward: (next, goal) => next.map((x, row) => -Math.abs(x - goal[row]!)),
  });
  assert.equal(plan.actions[0], 2);
  assert.ok(Math.abs(plan.actions[1]! + 0.25) < 0.01, `${plan.actions[1]}`);
});

/** Records the candidates of each iteration of a one-step problem whose rewards the test gives. */
function spyProblem(
  actionVariable: Variable,
  rng: Rng,
  rewardOf: (iteration: number, candidate: number) => number,
): { readonly problem: PlanningProblem; readonly seen: Float32Array[] } {
  const seen: Float32Array[] = [];
  return {
    seen,
    problem: {
      stateVariables: [position],
      actionVariables: [actionVariable],
      observations: { values: Float32Array.of(0) },
      goal: new Float32Array(0),
      rng,
      predict(_, actions) {
        seen.push(actions.slice());
        return actions.slice();
      },
      reward: (next) => next.map((_, candidate) => rewardOf(seen.length - 1, candidate)),
    },
  };
}

Deno.test("CrossEntropyPlanner counts the elites of each category; ties go to the smaller index", () => {
  // All returns are equal, so the elites are candidates 0..3 and the action is their most frequent category.
  for (let seed = 0; seed < 50; seed++) {
    const { problem, seen } = spyProblem(move, new Rng(seed), () => 1);
    const plan = new CrossEntropyPlanner({ ...options, horizon: 1, candidates: 8, elites: 4, iterations: 1 })
      .plan(problem);
    const counts = [0, 0, 0];
    for (const category of seen[0]!.subarray(0, 4)) counts[category]!++;
    assert.equal(plan.actions[0], counts.indexOf(maxOf(counts)));
  }
});

Deno.test("CrossEntropyPlanner draws the next iteration from the elites' counts", () => {
  // Elites: the candidates with the two largest rewards, 5 and 2; a category neither has is never drawn again.
  for (let seed = 0; seed < 50; seed++) {
    const { problem, seen } = spyProblem(
      { ...move, categories: 6 },
      new Rng(seed),
      (_, candidate) => candidate === 5 ? 9 : candidate === 2 ? 8 : candidate / 10,
    );
    new CrossEntropyPlanner({ ...options, horizon: 1, candidates: 16, elites: 2, iterations: 2 }).plan(problem);
    const allowed = new Set([seen[0]![5]!, seen[0]![2]!]);
    for (const category of seen[1]!) assert.ok(allowed.has(category));
    assert.equal(new Set(seen[1]!).size, allowed.size);
  }
});

Deno.test("CrossEntropyPlanner refits mean and standard deviation of continuous elites", () => {
  const wide: Variable = { ...push, low: -100, high: 100 };
  const best = new Set([1, 4, 6, 7]);
  const { problem, seen } = spyProblem(wide, new Rng(11), (_, candidate) => best.has(candidate) ? 1 : 0);
  const plan = new CrossEntropyPlanner({ ...options, horizon: 1, candidates: 8, elites: 4, iterations: 2 })
    .plan(problem);
  // The same draws by hand: eight normals of N(0, 1), then eight of the refitted distribution.
  const rng = new Rng(11);
  const first = Float32Array.from({ length: 8 }, () => rng.normal());
  assert.deepEqual(seen[0], first);
  const elites = [...best].map((candidate) => first[candidate]!);
  const mean = elites.reduce((sum, x) => sum + x / 4, 0);
  const std = Math.sqrt(elites.reduce((sum, x) => sum + (x - mean) ** 2 / 4, 0));
  const second = Float32Array.from({ length: 8 }, () => mean + std * rng.normal());
  assert.deepEqual(seen[1], second);
  const secondMean = [...best].reduce((sum, candidate) => sum + second[candidate]! / 4, 0);
  assert.equal(plan.actions[0], Math.fround(secondMean));
});

Deno.test("CrossEntropyPlanner never takes a non-finite return as an elite", () => {
  for (const bad of [NaN, Infinity, -Infinity]) {
    const { problem, seen } = spyProblem(move, new Rng(2), (_, candidate) => candidate === 3 ? 0 : bad);
    const plan = new CrossEntropyPlanner({ ...options, horizon: 1, candidates: 8, elites: 4, iterations: 1 })
      .plan(problem);
    assert.equal(plan.actions[0], seen[0]![3]);
  }
});

Deno.test("CrossEntropyPlanner fails with a sentence when no return of an environment is finite", () => {
  const planner = new CrossEntropyPlanner(options);
  const problem = corridor([0, 1], [3, NaN], new Rng(1));
  assert.throws(() => planner.plan(problem), {
    name: "RangeError",
    message: /^Cannot plan: every candidate of environment 1 has a non-finite return in iteration 0, .*got NaN first/,
  });
});

Deno.test("CrossEntropyPlanner gives the same plan for the same rng, also after other plans", () => {
  const fresh = new CrossEntropyPlanner({ ...options, iterations: 1 });
  const used = new CrossEntropyPlanner({ ...options, iterations: 1 });
  used.plan(corridor([2, 2, 2], [0, 6, 2], new Rng(99)));
  used.plan(line([0, 3], [1, 1], new Rng(99)));
  const seen = new Set<string>();
  for (let seed = 0; seed < 10; seed++) {
    const plan = fresh.plan(line([0, 1], [0.5, 0.25], new Rng(seed)));
    assert.deepEqual(used.plan(line([0, 1], [0.5, 0.25], new Rng(seed))), plan);
    seen.add(plan.actions.join());
  }
  assert.equal(seen.size, 10);
});

Deno.test("CrossEntropyPlanner refuses more elites than candidates and counts that are not positive", () => {
  assert.throws(() => new CrossEntropyPlanner({ ...options, elites: 65 }), /too many elites, expected at most the 64/);
  assert.throws(() => new CrossEntropyPlanner({ ...options, horizon: 0 }), /horizon is not allowed/);
});
