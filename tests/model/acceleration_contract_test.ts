import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs";
import { append } from "../../lib/core/append.ts";
import { maxOf } from "../../lib/core/extremes.ts";
import { Rng } from "../../lib/core/rng.ts";
import { decodeValues, totalWidth } from "../../lib/core/variable.ts";
import { gaussianScaling } from "../../lib/envs/shifts/gaussian_scaling.ts";
import { type DynamicsModel, isCodebookModel, isGraphModel, type WindowBatch } from "../../lib/model/dynamics_model.ts";
import { methods } from "../../lib/model/registry.ts";
import { RolloutModel } from "../../lib/model/rollout_model.ts";
import { CrossEntropyPlanner } from "../../lib/planning/cem.ts";
import { RngNoise, useBackend } from "../../lib/tensor/mod.ts";
import { actionOf, disposeAll, predicted, smallOptions, take, Trial } from "../contracts/model_trial.ts";
import { type ToyProblem, toyProblems } from "../contracts/toy_problems.ts";
import { assertClose } from "../tensor/numeric.ts";

// Every method's plain network and its acceleration, in pairs: from the same start on the same data and draws they give
// the same numbers. What is chosen (a code, a category, a plan) is the same to the bit, what is summed within rounding.

/** Of log-probabilities, edge probabilities and losses, of their size or 1. */
const VALUE_TOLERANCE = 1e-4;
/** Of a gradient's entries, of the tensor's largest, and of the largest of all: some are 0 but for what cancels. */
const GRADIENT_TOLERANCE = { own: 1e-3, all: 1e-5 };
/** Of what an update has changed in a tensor: Adam makes whole steps of next to no gradient. */
const CHANGE_TOLERANCE = 0.05;

/** Small sizes, and something to do after each update. */
const chosen: Readonly<Record<string, Record<string, unknown>>> = {
  // From N(0, 1) all samples share a code at first, and a normalisation in the decoder divides by a variance of nothing.
  fcdl: { codebookStart: "data" },
  "fcdl-sparse": { testEvery: 1 },
  cdl: { graphEvery: 1 },
  grader: { discoveryEpisodes: 1 },
};

const plain = "without its acceleration";

for (const entry of methods) {
  const method = await entry.load();
  for (const problem of toyProblems) {
    if (method.unsupported?.(problem.context, method.parseOptions({}))) continue;
    const options = { ...smallOptions(method), ...chosen[entry.id] };
    const pair = () => [true, false].map((fast) => new Trial({ method, problem, fast, options })) as [Trial, Trial];
    const test = (what: string, check: (fast: Trial, plain: Trial) => void | Promise<void>) =>
      Deno.test(`${entry.id} on ${problem.name} ${what} ${plain}`, async () => {
        await useBackend("wasm");
        const before = tf.memory().numTensors;
        const [fast, plain] = pair();
        await check(fast, plain);
        for (const { model } of [fast, plain]) model.dispose();
        assert.equal(tf.memory().numTensors, before, "all tensors are freed");
      });

    test("has the losses and gradients that it has", (fast, plain) => {
      for (const shift of [false, true]) {
        const [ours, theirs] = [gradientsOf(fast, { problem, shift }), gradientsOf(plain, { problem, shift })];
        for (const [name, value] of Object.entries(theirs.losses)) {
          assertClose([ours.losses[name]!], [value], { tolerance: VALUE_TOLERANCE, what: `loss ${name}` });
        }
        const all = maxOf(Object.values(theirs.gradients).map(largest));
        for (const [name, gradient] of Object.entries(theirs.gradients)) {
          const least = GRADIENT_TOLERANCE.own * largest(gradient) + GRADIENT_TOLERANCE.all * all;
          const error = largest(gradient.map((value, i) => value - ours.gradients[name]![i]!));
          const what = `gradient of ${name}${shift ? ", shifted" : ""}`;
          assert.ok(error <= least, `${what} is at most ${largest(gradient)} of ${all}, and differs by ${error}`);
        }
      }
    });

    test("has the state after each of three updates that it has", async (fast, plain) => {
      for (let update = 1; update <= 3; update++) {
        const start = structuredClone(await plain.model.state());
        const { gradients } = gradientsOf(plain, { problem, shift: false });
        const least = GRADIENT_TOLERANCE.all * maxOf(Object.values(gradients).map(largest));
        plain.model.restore(start);
        fast.model.restore(start);
        fast.train(1);
        plain.train(1);
        const [ours, theirs] = [await fast.model.state(), await plain.model.state()];
        for (const [name, { data }] of Object.entries(theirs)) {
          // A parameter before a normalisation has no gradient, and Adam makes whole steps of its rounding errors.
          if (name.startsWith("adam.") || name in gradients && largest(gradients[name]!) <= least) continue;
          const norm = (difference: (i: number) => number) => Math.hypot(...data.map((_, i) => difference(i)));
          const change = norm((i) => data[i]! - start[name]!.data[i]!);
          const error = norm((i) => data[i]! - ours[name]!.data[i]!);
          const what = `update ${update}: ${name} changes by ${change} and differs by ${error}`;
          assert.ok(error <= CHANGE_TOLERANCE * change + 1e-6, what);
        }
      }
    });

    test("evaluates, infers and plans as it does", async (fast, plain) => {
      plain.train(3);
      fast.model.restore(await plain.model.state());
      for (const shift of [false, true]) {
        const [ours, theirs] = [evaluationOf(fast, { problem, shift }), evaluationOf(plain, { problem, shift })];
        assert.deepEqual(ours.chosen, theirs.chosen);
        assertClose(ours.summed, theirs.summed, { tolerance: VALUE_TOLERANCE });
        assertClose(planOf(fast.model, { problem, shift }), planOf(plain.model, { problem, shift }), {
          tolerance: VALUE_TOLERANCE,
        });
      }
    });
  }
}

function largest(values: Float32Array): number {
  return values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
}

interface Setting {
  readonly problem: ToyProblem;
  /** Whether observations are changed, so that categorical variables are no one-hots. */
  readonly shift: boolean;
}

function batchOf({ problem, shift }: Setting): WindowBatch {
  const batch = problem.batch(24, { steps: 2, rng: new Rng(9) });
  if (!shift) return batch;
  const { stateVariables } = problem.context;
  const shifted = gaussianScaling(stateVariables, { chosen: [0, 2], scale: 3 });
  const encoded = shifted.apply(Float32Array.from(batch.observation.dataSync()), new Rng(3));
  const observation = tf.tensor2d(encoded, batch.observation.shape);
  batch.observation.dispose();
  return { ...batch, observation, isShifted: true };
}

function gradientsOf({ model }: Trial, setting: Setting) {
  assert.ok(model instanceof RolloutModel);
  const batch = batchOf(setting);
  const { losses, gradients } = model.gradients(batch, new RngNoise(new Rng(4)));
  disposeAll(batch);
  return {
    losses: Object.fromEntries(Object.entries(losses).map(([name, loss]) => [name, take(loss)[0]!])),
    gradients: Object.fromEntries(
      model.parameterNames.flatMap((name, p) => {
        const gradient = gradients[p];
        return gradient ? [[name, Float32Array.from(take(gradient))]] : [];
      }),
    ),
  };
}

/** What a model says of a batch, as far as it is chosen, and as far as it is summed up. */
function evaluationOf({ model }: Trial, setting: Setting): { chosen: number[]; summed: number[] } {
  const batch = batchOf(setting);
  const action = actionOf(batch);
  const { logProb, prediction } = model.evaluate(batch);
  const isCategorical = setting.problem.context.stateVariables.every(({ kind }) => kind === "categorical");
  const predictions = [...take(prediction), ...predicted(model, setting.problem.context, { ...batch, action })];
  const chosen = isCategorical ? predictions : [];
  const summed = [...take(logProb), ...(isCategorical ? [] : predictions)];
  if (isGraphModel(model)) append(summed, take(model.localGraph({ ...batch, action })));
  if (isCodebookModel(model)) {
    append(chosen, take(model.codes({ ...batch, action })));
    append(summed, take(model.codeGraphs()));
  }
  action.dispose();
  disposeAll(batch);
  return { chosen, summed };
}

/** Actions that a plan chooses with a model, to make all variables large. */
function planOf(model: DynamicsModel, setting: Setting): Float32Array {
  const { stateVariables, actionVariables } = setting.problem.context;
  const planner = new CrossEntropyPlanner({
    horizon: 2,
    candidates: 16,
    elites: 4,
    iterations: 2,
    distinctPairs: true,
  });
  const batch = batchOf(setting);
  const encoded = Float32Array.from(batch.observation.dataSync()).slice(0, 4 * totalWidth(stateVariables));
  disposeAll(batch);
  return planner.plan({
    predict: (...asked) => model.predict(...asked),
    reward: (values) =>
      Float32Array.from(
        { length: values.length / stateVariables.length },
        (_, row) =>
          values.slice(row * stateVariables.length, (row + 1) * stateVariables.length).reduce((sum, value) =>
            sum + value
          ),
      ),
    stateVariables,
    actionVariables,
    observations: setting.shift ? { encoded } : { values: decodeValues(stateVariables, encoded) },
    goal: new Float32Array(4),
    rng: new Rng(6),
  }).actions;
}
