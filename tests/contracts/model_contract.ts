import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs";
import { maxOf } from "../../lib/core/extremes.ts";
import { Rng } from "../../lib/core/rng.ts";
import { columnOffsets, widthOf } from "../../lib/core/variable.ts";
import { gaussianScaling } from "../../lib/envs/shifts/gaussian_scaling.ts";
import {
  isCodebookModel,
  isGraphModel,
  type MethodEntry,
  type MethodModule,
  type WindowBatch,
} from "../../lib/model/dynamics_model.ts";
import { chosenBackend } from "../chosen_backend.ts";
import { useBackend } from "../../lib/tensor/mod.ts";
import {
  actionOf,
  disposeAll,
  predicted,
  smallOptions,
  take,
  trainable,
  Trial,
  type TrialOptions,
} from "./model_trial.ts";
import { type ToyProblem, toyProblems } from "./toy_problems.ts";

/**
 * Registers the tests that every method has to pass, on each toy problem that it supports. Nothing in them knows a
 * method; a new one is tested by standing in the registry.
 */
export async function modelContract(entry: MethodEntry): Promise<void> {
  let method: MethodModule;
  try {
    method = await entry.load();
  } catch (error) {
    // One test fails, not the file.
    Deno.test(`${entry.id} loads`, () => {
      throw error;
    });
    return;
  }
  checkOptions(entry, method);
  for (const problem of toyProblems) {
    const reason = method.unsupported?.(problem.context, method.parseOptions({})) ?? null;
    if (reason !== null) {
      Deno.test(`${entry.id} says why it cannot run on ${problem.name}`, () => {
        assert.match(reason, /^Cannot .+: .+, expected .+, got .+/);
      });
      continue;
    }
    for (const [claim, check] of Object.entries(claims)) {
      Deno.test(`${entry.id} on ${problem.name} ${claim}`, async () => {
        await useBackend(chosenBackend ?? "wasm");
        const before = tf.memory().numTensors;
        await check({ method, problem });
        assert.equal(tf.memory().numTensors, before, "all tensors are freed");
      });
    }
  }
}

function checkOptions(entry: MethodEntry, method: MethodModule): void {
  Deno.test(`${entry.id} has options that parse to themselves, and refuses unknown ones with a sentence`, () => {
    for (const options of [method.parseOptions({}), method.parseOptions(smallOptions(method))]) {
      assert.deepEqual(method.parseOptions(options), options);
      assert.deepEqual(method.parseOptions(JSON.parse(JSON.stringify(options))), options);
    }
    for (const wrong of [{ noSuchOption: 1 }, null, 3]) {
      assert.throws(() => method.parseOptions(wrong), { name: "RangeError", message: /^Cannot .+: .+, got .+/ });
    }
  });
}

type Subject = Pick<TrialOptions, "method" | "problem">;

type Check = (subject: Subject) => void | Promise<void>;

const claims: Readonly<Record<string, Check>> = {
  "learns": (subject) =>
    withTrial({ ...subject, learningRate: 1e-2 }, (trial) => {
      const losses = trial.train(60);
      const first = mean(losses.slice(0, 10));
      const last = mean(losses.slice(-10));
      assert.ok(last < first - 0.1 * Math.abs(first), `the loss falls from ${first} to ${last}`);
    }),

  "keeps no tensors": (subject) =>
    withTrial(subject, async (trial) => {
      const { model } = trial;
      const batch = testBatch(subject.problem);
      const action = actionOf(batch);
      const use = async () => {
        trial.train(1);
        predicted(model, subject.problem.context, { ...batch, action });
        disposeAll(model.evaluate(batch));
        if (isGraphModel(model)) model.localGraph({ ...batch, action }).dispose();
        if (isCodebookModel(model)) tf.dispose([model.codes({ ...batch, action }), model.codeGraphs()]);
        model.restore(await model.state());
      };
      await use();
      const before = tf.memory().numTensors;
      for (let k = 0; k < 3; k++) await use();
      assert.equal(tf.memory().numTensors, before);
      action.dispose();
      disposeAll(batch);
    }),

  "goes on after save and restore as if unbroken, to the bit": async (subject) => {
    const unbroken = new Trial(subject);
    unbroken.train(3);
    const saved = structuredClone(await unbroken.model.state());
    const resumed = new Trial({ ...subject, seed: 2 });
    // What the model did before must not matter.
    resumed.train(1);
    resumed.model.restore(saved);
    resumed.follow(unbroken);
    assert.deepEqual(await resumed.model.state(), saved);
    assert.deepEqual(resumed.train(12), unbroken.train(12));
    assert.deepEqual(await resumed.model.state(), await unbroken.model.state());
    unbroken.model.dispose();
    resumed.model.dispose();
  },

  "gives the same numbers for the same seed, others for another": async (subject) => {
    const [one, same, other] = [1, 1, 2].map((seed) => new Trial({ ...subject, seed })) as [Trial, Trial, Trial];
    const losses = one.train(3);
    assert.deepEqual(same.train(3), losses);
    assert.notDeepEqual(other.train(3), losses);
    assert.deepEqual(await same.model.state(), await one.model.state());
    for (const { model } of [one, same, other]) model.dispose();
  },

  "refuses a state that does not fit": (subject) =>
    withTrial(subject, async ({ model }) => {
      const state = await model.state();
      const [name] = Object.keys(state) as [string];
      const { [name]: _, ...missing } = state;
      const wrong = { ...state, [name]: { shape: [1], data: new Float32Array(1) } };
      for (const bad of [missing, wrong]) {
        assert.throws(() => model.restore(bad), {
          name: "RangeError",
          message: /^Cannot restore .+, expected .+, got /,
        });
      }
      assert.deepEqual(await model.state(), state, "nothing was changed");
    }),

  "predicts exact one-hots, each row by itself": (subject) =>
    withTrial(subject, (trial) => {
      trial.train(8);
      const batch = testBatch(subject.problem);
      const action = actionOf(batch);
      const [size, width] = batch.observation.shape;
      const all = predicted(trial.model, subject.problem.context, { ...batch, action });
      assert.equal(all.length, size * width);
      checkOneHots(all, subject.problem);
      for (let row = 0; row < size; row++) {
        const single = tf.tidy(() =>
          predicted(trial.model, subject.problem.context, {
            observation: batch.observation.slice([row, 0], [1, width]),
            action: action.slice([row, 0], [1, action.shape[1]]),
          })
        );
        assertNear(single, all.slice(row * width, (row + 1) * width), `row ${row} alone`);
      }
      action.dispose();
      disposeAll(batch);
    }),

  "scores its own prediction highest": (subject) =>
    withTrial(subject, (trial) => {
      trial.train(8);
      const batch = testBatch(subject.problem);
      const action = actionOf(batch);
      const { logProb, prediction } = trial.model.evaluate(batch);
      const [size, steps, width] = batch.nextObservations.shape;
      const count = subject.problem.context.stateVariables.length;
      assert.deepEqual(logProb.shape, [size, steps, count]);
      assert.deepEqual(prediction.shape, [size, steps, width]);
      const first = tf.tidy(() => take(prediction.slice([0, 0, 0], [size, 1, width])));
      assertNear(first, predicted(trial.model, subject.problem.context, { ...batch, action }), "the first step is it");
      checkDistribution(trial, { batch, prediction, problem: subject.problem });
      disposeAll({ logProb, prediction, action });
      disposeAll(batch);
    }),

  "has graphs, if any, with probabilities as entries": (subject) =>
    withTrial(subject, (trial) => {
      const { model } = trial;
      if (!isGraphModel(model)) return;
      trial.train(8);
      const { stateVariables: { length: n }, actionVariables: { length: m } } = subject.problem.context;
      const batch = testBatch(subject.problem);
      const action = actionOf(batch);
      const graphs = model.localGraph({ ...batch, action });
      assert.deepEqual(graphs.shape, [batch.observation.shape[0], n, n + m]);
      const entries = take(graphs);
      assert.ok(entries.every((entry) => entry >= 0 && entry <= 1));
      if (isCodebookModel(model)) {
        const codes = model.codes({ ...batch, action });
        assert.equal(codes.dtype, "int32");
        const ofCodes = model.codeGraphs();
        assert.deepEqual(ofCodes.shape, [model.codeCount, n, n + m]);
        const found = take(tf.tidy(() => tf.gather(ofCodes, codes)));
        assertNear(entries, found, "a sample's graph is its code's");
        tf.dispose([codes, ofCodes]);
      }
      action.dispose();
      disposeAll(batch);
    }),

  "scores each shifted sample by itself, many actions in one state too": (subject) =>
    withTrial(subject, (trial) => {
      trial.train(5);
      const batch = shifted(testBatch(subject.problem), subject.problem);
      // As a planner asks: two states in turn, under actions that differ.
      const rows = tf.tensor1d(Array.from({ length: batch.observation.shape[0] }, (_, row) => row % 2), "int32");
      const asked = { ...batch, observation: tf.gather(batch.observation, rows) };
      const all = trial.model.evaluate(asked);
      const [size, steps, count] = all.logProb.shape;
      const scores = take(all.logProb);
      for (let row = 0; row < size; row++) {
        const alone = tf.tidy(() => {
          const of = <T extends tf.Tensor>(tensor: T): T => tf.gather(tensor, [row]) as T;
          return trial.model.evaluate({
            ...asked,
            observation: of(asked.observation),
            actions: of(asked.actions),
            nextObservations: of(asked.nextObservations),
          });
        });
        const own = scores.slice(row * steps * count, (row + 1) * steps * count);
        assertNear(take(alone.logProb), own, `row ${row} alone`);
        alone.prediction.dispose();
      }
      tf.dispose([rows, all.prediction, asked.observation]);
      disposeAll(batch);
    }),

  "takes shifted observations": (subject) =>
    withTrial(subject, (trial) => {
      const { model } = trial;
      trial.train(5);
      const batch = shifted(testBatch(subject.problem), subject.problem);
      const action = actionOf(batch);
      assert.ok(predicted(model, subject.problem.context, { ...batch, action }).every(Number.isFinite));
      const results: tf.Tensor[] = Object.values(model.evaluate(batch));
      if (isGraphModel(model)) results.push(model.localGraph({ ...batch, action }));
      if (isCodebookModel(model)) results.push(model.codes({ ...batch, action }));
      for (const result of results) assert.ok(take(result).every(Number.isFinite));
      action.dispose();
      disposeAll(batch);
    }),

  "is not changed by evaluation": (subject) =>
    withTrial(subject, async (trial) => {
      const { model } = trial;
      trial.train(3);
      const before = structuredClone(await model.state());
      const batch = testBatch(subject.problem);
      const action = actionOf(batch);
      const once = predicted(model, subject.problem.context, { ...batch, action });
      disposeAll(model.evaluate(batch));
      if (isGraphModel(model)) model.localGraph({ ...batch, action }).dispose();
      if (isCodebookModel(model)) tf.dispose([model.codes({ ...batch, action }), model.codeGraphs()]);
      assert.deepEqual(predicted(model, subject.problem.context, { ...batch, action }), once);
      assert.deepEqual(await model.state(), before);
      action.dispose();
      disposeAll(batch);
    }),

  "has the output layer's gradient that finite differences give": (subject) => checkGradients(subject),
};

/**
 * Compares gradients of the last layer's tensors, the last two that are trainable, with central differences: nothing
 * hard lies behind them in a rollout of one step. Gradients are read from Adam's first moment after one update.
 */
async function checkGradients(subject: Subject): Promise<void> {
  const trial = new Trial({ ...subject, steps: 1 });
  const { model } = trial;
  const unused = new Trial({ ...subject, steps: 1 });
  const start = structuredClone(await model.state());
  const lossFrom = (state: typeof start): number => {
    model.restore(state);
    // Every loss is of the same batch and draws.
    trial.follow(unused);
    return trial.train(1)[0]!;
  };
  lossFrom(start);
  const moments = (await model.state())["adam.mean"];
  assert.ok(moments, "the state has Adam's first moment as adam.mean");
  const names = trainable(start, model.parameterCount).slice(-2);
  for (const { name, offset } of names) {
    const { data, shape } = start[name]!;
    const gradient: Float32Array = moments.data.slice(offset, offset + data.length).map((value) => value / 0.1);
    const largest = gradient.reduce((max, value) => Math.max(max, Math.abs(value)), 0);
    const places: ReadonlySet<number> = new Set([
      gradient.findIndex((value) => Math.abs(value) === largest),
      0,
      data.length - 1,
    ]);
    const step = 1e-2;
    for (const place of places) {
      const moved = (by: number): number =>
        lossFrom({ ...start, [name]: { shape, data: data.with(place, data[place]! + by) } });
      const numeric = (moved(step) - moved(-step)) / (2 * step);
      assert.ok(
        Math.abs(numeric - gradient[place]!) <= 0.02 * largest + 1e-4,
        `gradient of ${name}[${place}]: expected ${numeric}, got ${gradient[place]}`,
      );
    }
  }
  model.dispose();
  unused.model.dispose();
}

async function withTrial(subject: TrialOptions, check: (trial: Trial) => void | Promise<void>): Promise<void> {
  const trial = new Trial(subject);
  await check(trial);
  trial.model.dispose();
}

/** A batch that training does not see. */
function testBatch(problem: ToyProblem): WindowBatch {
  return problem.batch(8, { steps: 3, rng: new Rng(77) });
}

/** The batch with every second variable of the first observation multiplied by noise. */
function shifted(batch: WindowBatch, { context: { stateVariables } }: ToyProblem): WindowBatch {
  const chosen = stateVariables.flatMap((_, i) => i % 2 === 0 ? [i] : []);
  const shift = gaussianScaling(stateVariables, { chosen, scale: 10 });
  const encoded = shift.apply(Float32Array.from(batch.observation.dataSync()), new Rng(3));
  const observation = tf.tensor2d(encoded, batch.observation.shape);
  batch.observation.dispose();
  return { ...batch, observation, isShifted: true };
}

function checkOneHots(rows: readonly number[], { context: { stateVariables } }: ToyProblem): void {
  const offsets = columnOffsets(stateVariables);
  const width = offsets.at(-1)! + widthOf(stateVariables.at(-1)!);
  for (let row = 0; row < rows.length; row += width) {
    stateVariables.forEach((variable, i) => {
      const own = rows.slice(row + offsets[i]!, row + offsets[i]! + widthOf(variable));
      if (variable.kind === "categorical") {
        assert.deepEqual([...own].sort().reverse(), own.map((_, k) => k === 0 ? 1 : 0));
      } else {
        assert.ok(own.every(Number.isFinite));
      }
    });
  }
}

/**
 * Moves every variable of the first predicted step to another value: its log-probability falls, and a categorical
 * variable's probabilities add up to 1.
 */
function checkDistribution(
  { model }: Trial,
  { batch, prediction, problem }: { batch: WindowBatch; prediction: tf.Tensor3D; problem: ToyProblem },
): void {
  const { stateVariables } = problem.context;
  const offsets = columnOffsets(stateVariables);
  const [size, , width] = prediction.shape;
  const predicted = tf.tidy(() => take(prediction.slice([0, 0, 0], [size, 1, width])));
  const scores = (by: number): number[] => {
    const moved = predicted.slice();
    for (let row = 0; row < size; row++) {
      stateVariables.forEach((variable, i) => {
        const column = row * width + offsets[i]!;
        if (variable.kind === "continuous") {
          moved[column] = predicted[column]! + 0.01 * by;
          return;
        }
        const best = predicted.slice(column, column + variable.categories).indexOf(1);
        for (let k = 0; k < variable.categories; k++) moved[column + k] = 0;
        moved[column + (best + by) % variable.categories] = 1;
      });
    }
    const actions = tf.tidy(() => batch.actions.slice([0, 0, 0], [size, 1, batch.actions.shape[2]]));
    const nextObservations = tf.tensor3d(moved, [size, 1, width]);
    const result = model.evaluate({ observation: batch.observation, actions, nextObservations });
    tf.dispose([actions, nextObservations, result.prediction]);
    return take(result.logProb);
  };
  const best = scores(0);
  const most = Math.max(maxOf(stateVariables.map(widthOf)), 2);
  const others = Array.from({ length: most - 1 }, (_, k) => scores(k + 1));
  best.forEach((score, place) => {
    const variable = stateVariables[place % stateVariables.length]!;
    const own = others.slice(0, variable.kind === "categorical" ? variable.categories - 1 : undefined);
    for (const other of own) assert.ok(score >= other[place]!, `${score} is not below ${other[place]}`);
    if (variable.kind === "continuous") return;
    const total = own.reduce((sum, other) => sum + Math.exp(other[place]!), Math.exp(score));
    assert.ok(Math.abs(total - 1) < 1e-4, `probabilities add up to ${total}`);
  });
}

function assertNear(actual: readonly number[], expected: readonly number[], what: string): void {
  assert.equal(actual.length, expected.length, what);
  actual.forEach((value, i) => {
    const error = Math.abs(value - expected[i]!);
    assert.ok(error <= 1e-5 * Math.max(1, Math.abs(expected[i]!)), `${what}: [${i}] is ${value}, not ${expected[i]}`);
  });
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
