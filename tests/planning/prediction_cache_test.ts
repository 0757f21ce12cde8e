import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs";
import { observationRows } from "../../lib/core/observations.ts";
import { Rng } from "../../lib/core/rng.ts";
import { methods } from "../../lib/model/registry.ts";
import { CrossEntropyPlanner } from "../../lib/planning/cem.ts";
import type { PlanningProblem, TransitionFunction } from "../../lib/planning/planner.ts";
import { useBackend } from "../../lib/tensor/mod.ts";
import { smallOptions } from "../contracts/model_trial.ts";
import { toyProblems } from "../contracts/toy_problems.ts";

const { context } = toyProblems.find(({ name }) => name === "categorical variables")!;
const { stateVariables, actionVariables } = context;
const search = { horizon: 3, candidates: 16, elites: 4, iterations: 3 };

const subjects = [{ id: "fcdl" }, { id: "ncd" }, { id: "cdl" }, { id: "fixed-graph", options: { graph: "local" } }];

for (const { id, options } of subjects) {
  Deno.test(`plans with kept predictions of ${id} are those of a model asked row by row that keeps none`, async () => {
    await useBackend("wasm");
    const method = await methods.find((entry) => entry.id === id)!.load();
    const model = method.create(context, {
      options: { ...smallOptions(method), ...options },
      training: { learningRate: 1e-3, gradientClip: 1e9, predictionSteps: 2 },
      rng: new Rng(1),
    });
    const memory = model.predictionCache!;
    const keeping: TransitionFunction = (...asked) => model.predict(...asked);
    const forgetting: TransitionFunction = (observations, actions) =>
      Float32Array.from(
        Array.from(actions, (_, row) => {
          memory.clear();
          return [
            ...keeping(observationRows(stateVariables, observations, { rows: [row] }), actions.slice(row, row + 1)),
          ];
        }).flat(),
      );
    for (let seed = 0; seed < 3; seed++) {
      const rng = new Rng(seed);
      const values = Float32Array.from({ length: 2 * stateVariables.length }, () => rng.integer(3));
      const problem = (predict: TransitionFunction): PlanningProblem => ({
        predict,
        reward: (next) =>
          Float32Array.from({ length: next.length / 4 }, (_, row) => next[4 * row]! + next[4 * row + 2]!),
        stateVariables,
        actionVariables,
        observations: { values },
        goal: new Float32Array(2),
        rng: new Rng(seed + 10),
      });
      const plain = new CrossEntropyPlanner({ ...search, distinctPairs: false }).plan(problem(forgetting));
      memory.clear();
      const computed = memory.predictedVariables;
      const asked = memory.variables;
      const plan = new CrossEntropyPlanner({ ...search, distinctPairs: true }).plan(problem(keeping));
      assert.deepEqual(plan.actions, plain.actions);
      assert.equal(memory.variables - asked, 4 * plan.predictedPairs);
      assert.ok(memory.predictedVariables - computed <= 4 * plan.predictedPairs);
    }
    model.dispose();
    assert.equal(tf.memory().numTensors, 0);
  });
}
