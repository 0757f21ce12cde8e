import assert from "node:assert/strict";
import { predicted } from "../../contracts/model_trial.ts";
import * as tf from "@tensorflow/tfjs";
import { maxOf, minOf } from "../../../lib/core/extremes.ts";
import { Rng } from "../../../lib/core/rng.ts";
import { encodeValues, totalWidth, type Variable } from "../../../lib/core/variable.ts";
import type { GraphModel, ModelState, TrainingData, WindowBatch } from "../../../lib/model/dynamics_model.ts";
import { cdl } from "../../../lib/model/methods/cdl.ts";
import { RolloutModel } from "../../../lib/model/rollout_model.ts";
import { RngNoise, useBackend } from "../../../lib/tensor/mod.ts";

const categorical = (name: string, categories: number): Variable => ({ kind: "categorical", name, categories });
const continuous = (name: string): Variable => ({ kind: "continuous", name, low: -1, high: 1 });

interface World {
  readonly state: Variable[];
  readonly action: Variable[];
}

// Sizes differ, so that runs do.
const discrete: World = {
  state: [categorical("x0", 3), categorical("x1", 3), categorical("x2", 2), categorical("x3", 3)],
  action: [categorical("a0", 2), categorical("a1", 4)],
};
const mixed: World = {
  state: [categorical("x0", 2), continuous("x1"), continuous("x2")],
  action: [continuous("a0"), continuous("a1")],
};

type Model = RolloutModel & GraphModel & { updateGraph(batch: WindowBatch): void };

function modelOf(
  world: World,
  options: { fast?: boolean; steps?: number; widths?: number[]; method?: object } = {},
): Model {
  const { fast = true, steps = 2, widths = [6, 5] } = options;
  return cdl.create({
    stateVariables: world.state,
    actionVariables: world.action,
    globalGraph: () => assert.fail("the true graph is not CDL's to see"),
  }, {
    options: cdl.parseOptions({ featureWidths: widths, predictorWidths: [7], ...options.method }),
    training: { learningRate: 0.01, gradientClip: 1e4, predictionSteps: steps, fast },
    rng: new Rng(1),
  }) as unknown as Model;
}

function batchOf({ state, action }: World, { size, steps, seed = 7 }: { size: number; steps: number; seed?: number }) {
  const rng = new Rng(seed);
  const encode = (variables: Variable[], rows: number) =>
    encodeValues(
      variables,
      Float32Array.from({ length: rows * variables.length }, (_, k) => {
        const variable = variables[k % variables.length]!;
        return variable.kind === "categorical" ? rng.integer(variable.categories) : 2 * rng.uniform() - 1;
      }),
    );
  return {
    observation: tf.tensor2d(encode(state, size), [size, totalWidth(state)]),
    actions: tf.tensor3d(encode(action, size * steps), [size, steps, totalWidth(action)]),
    nextObservations: tf.tensor3d(encode(state, size * steps), [size, steps, totalWidth(state)]),
  };
}

function disposeBatch(batch: WindowBatch): void {
  tf.dispose([batch.observation, batch.actions, batch.nextObservations]);
}

/** Counts validation batches; nothing else of the data may be asked for. */
function dataOf(world: World): TrainingData & { validations: number } {
  return {
    validations: 0,
    validationBatch() {
      this.validations++;
      return batchOf(world, { size: 6, steps: 2, seed: 100 + this.validations });
    },
    get episodes() {
      return assert.fail("CDL does not count episodes");
    },
    transitions: () => assert.fail("CDL does not read the buffer"),
  };
}

function numbersOf(model: Model, batch: WindowBatch) {
  const { losses, gradients } = model.gradients(batch, new RngNoise(new Rng(9)));
  const evaluation = model.evaluate(batch);
  const numbers = {
    losses: Object.fromEntries(Object.entries(losses).map(([name, loss]) => [name, loss.dataSync()[0]!])),
    gradients: gradients.map((gradient) => [...gradient?.dataSync<"float32">() ?? []]),
    logProb: [...evaluation.logProb.dataSync()],
  };
  tf.dispose([...Object.values(losses), ...gradients.flatMap((g) => g ? [g] : []), ...Object.values(evaluation)]);
  return numbers;
}

for (const backend of ["cpu", "wasm"] as const) {
  // One, two and three layers a feature net: Jacobians are products of one, two or three weights.
  for (const widths of [[6], [6, 5], [6, 4, 5]]) {
    Deno.test(`cdl on ${backend}: tables are the plain products, feature nets ${widths}`, async () => {
      await useBackend(backend);
      const batch = batchOf(discrete, { size: 12, steps: 3 });
      const models = [true, false].map((fast) => modelOf(discrete, { fast, steps: 3, widths }));
      const [tables, dense] = models.map((model) => numbersOf(model, batch));
      const names = models[0]!.parameterNames;
      for (const name of Object.keys(dense!.losses)) {
        assert(Math.abs(tables!.losses[name]! - dense!.losses[name]!) < 1e-4, name);
      }
      dense!.logProb.forEach((value, k) => assert(Math.abs(value - tables!.logProb[k]!) < 1e-5));
      dense!.gradients.forEach((gradient, g) => {
        const largest = maxOf(gradient.map(Math.abs));
        gradient.forEach((value, k) => {
          assert(Math.abs(value - tables!.gradients[g]![k]!) <= 1e-4 * largest + 1e-7, `${names[g]}[${k}]`);
        });
      });
      models.forEach((model) => model.updateGraph(batch));
      const [first, second] = await Promise.all(models.map((model) => model.state()));
      first!["graph.cmi"]!.data.forEach((value, k) => {
        assert(Math.abs(value - second!["graph.cmi"]!.data[k]!) < 1e-5, `average ${k}`);
      });
      for (const model of models) model.dispose();
      disposeBatch(batch);
    });
  }
}

for (const world of [discrete, mixed]) {
  Deno.test(`cdl: gradients by finite differences, ${world === mixed ? "continuous" : "categorical"}`, async () => {
    await useBackend("cpu");
    // Samples of continuous variables are differentiable; hard categorical ones are not, so one step must do there.
    const steps = 1;
    const model = modelOf(world, { steps });
    const batch = batchOf(world, { size: 10, steps });
    const { gradients, losses } = numbersOf(model, batch);
    const saved = await model.state();
    const lossAt = (name: string, entry: number, by: number) => {
      const array = saved[name]!;
      const data = array.data.slice();
      data[entry]! += by;
      model.restore({ ...saved, [name]: { ...array, data } } as ModelState);
      return numbersOf(model, batch).losses.loss!;
    };
    let checked = 0;
    model.parameterNames.forEach((name, g) => {
      const gradient = gradients[g]!;
      const entry = gradient.reduce((best, value, k) => Math.abs(value) > Math.abs(gradient[best]!) ? k : best, 0);
      // Float32 cannot tell smaller changes of the loss; densities of continuous variables make it large.
      if (Math.abs(gradient[entry]!) < Math.max(0.02, 1e-3 * losses.loss!)) return;
      const at = (by: number) => (lossAt(name, entry, by) - lossAt(name, entry, -by)) / (2 * by);
      // Continuous densities are steep: the smallest of three steps' errors counts.
      const errors = [3e-3, 1e-3, 3e-4].map((by) => Math.abs(at(by) - gradient[entry]!) / Math.abs(gradient[entry]!));
      assert(minOf(errors) < 2e-2, `${name}[${entry}]: ${gradient[entry]}, errors ${errors}`);
      checked++;
    });
    assert(checked >= model.parameterNames.length / 2, `${checked} of ${model.parameterNames.length}`);
    disposeBatch(batch);
    model.dispose();
  });
}

Deno.test("cdl: each 10th update leaves the causal loss out and estimates the graph on validation data", async () => {
  await useBackend("wasm");
  const model = modelOf(discrete);
  const batch = batchOf(discrete, { size: 8, steps: 2 });
  const data = dataOf(discrete);
  const noise = new RngNoise(new Rng(2));
  for (let update = 1; update <= 20; update++) {
    const before = (await model.state())["graph.cmi"]!.data;
    const losses = model.update(batch, { noise, data });
    const [full, masked, causal, loss] = ["full", "masked", "causal", "loss"].map((name) =>
      losses[name]!.dataSync()[0]!
    );
    const isTenth = update % 10 === 0;
    assert(Math.abs(loss! - (full! + masked! + (isTenth ? 0 : causal!))) < 1e-4, `update ${update}`);
    assert.equal(data.validations, Math.floor(update / 10));
    const after = (await model.state())["graph.cmi"]!.data;
    assert.equal(before.every((value, k) => value === after[k]), !isTenth);
    tf.dispose(Object.values(losses));
  }
  disposeBatch(batch);
  model.dispose();
});

Deno.test("cdl: all is an edge at the start; scores rise with the average and agree with the edges", async () => {
  await useBackend("wasm");
  const model = modelOf(discrete);
  const batch = batchOf(discrete, { size: 2, steps: 1 });
  const scores = () =>
    tf.tidy(() => [...model.localGraph({ ...batch, action: batch.actions.squeeze([1]) }).dataSync()].slice(0, 24));
  assert(scores().every((score) => score > 0.5));
  const saved = await model.state();
  const threshold = Math.fround(0.001);
  const averages = Float32Array.from({ length: 24 }, (_, k) => [-1, 0, 0.0005, threshold, 0.002, 5][k % 6]!);
  model.restore({ ...saved, "graph.cmi": { shape: [4, 6], data: averages } });
  scores().forEach((score, k) => {
    const [row, column] = [Math.floor(k / 6), k % 6];
    if (row === column) return assert.equal(score, 1);
    const expected = [0, 0, 1 / 3, 0.500001, 2 / 3, 5 / 5.001][column]!;
    assert(Math.abs(score - expected) < 1e-6 && score > 0.5 === averages[k]! >= threshold, `${k}: ${score}`);
  });
  disposeBatch(batch);
  model.dispose();
});

Deno.test("cdl: a target's prediction in evaluation depends on its parents alone", async () => {
  await useBackend("wasm");
  const model = modelOf(discrete);
  const saved = await model.state();
  // Target 0 has itself and action 1; all others have everything.
  const averages = Float32Array.from({ length: 24 }, (_, k) => k < 6 && k !== 5 ? -1 : 1);
  model.restore({ ...saved, "graph.cmi": { shape: [4, 6], data: averages } });
  const batch = batchOf(discrete, { size: 40, steps: 1 });
  const { logProb, prediction } = model.evaluate({
    ...batch,
    nextObservations: tf.tidy(() => batch.nextObservations.zerosLike().add(1)),
  });
  tf.dispose([logProb]);
  const seen = new Map<string, string>();
  const [x, a, y] = [batch.observation, batch.actions, prediction].map((tensor) => tensor.dataSync());
  for (let b = 0; b < 40; b++) {
    const parents = [...x!.slice(b * 11, b * 11 + 3), ...a!.slice(b * 6 + 2, b * 6 + 6)].join();
    const next = [...y!.slice(b * 11, b * 11 + 3)].join();
    assert.equal(seen.get(parents) ?? next, next);
    seen.set(parents, next);
  }
  prediction.dispose();
  disposeBatch(batch);
  model.dispose();
});

for (const world of [discrete, mixed]) {
  const what = world === mixed ? "continuous" : "categorical";
  Deno.test(`cdl: a restored model goes on to the bit, and nothing leaks, ${what}`, async () => {
    await useBackend("wasm");
    const batch = batchOf(world, { size: 8, steps: 2 });
    const action = tf.tidy(() => batch.actions.slice([0, 0, 0], [-1, 1, -1]).squeeze<tf.Tensor2D>([1]));
    const before = tf.memory().numTensors;
    const options = { method: { graphEvery: 3 } };
    const first = modelOf(world, options);
    const second = modelOf(world, options);
    const train = (model: Model, updates: number) => {
      const noise = new RngNoise(new Rng(updates));
      const data = dataOf(world);
      for (let k = 0; k < updates; k++) tf.dispose(Object.values(model.update(batch, { noise, data })));
      predicted(model, { stateVariables: world.state, actionVariables: world.action }, { ...batch, action });
      model.localGraph({ ...batch, action }).dispose();
    };
    train(first, 4);
    second.restore(await first.state());
    const held = tf.memory().numTensors;
    train(first, 5);
    train(second, 5);
    // The second model's evaluation tables.
    assert(tf.memory().numTensors - held <= 1);
    assert.deepEqual(await second.state(), await first.state());
    first.dispose();
    second.dispose();
    assert.equal(tf.memory().numTensors, before);
    action.dispose();
    disposeBatch(batch);
  });
}

Deno.test("cdl: shifted one-hots go the plain way in training and evaluation", async () => {
  await useBackend("wasm");
  const batch = batchOf(discrete, { size: 8, steps: 2 });
  const shifted = { ...batch, observation: tf.tidy(() => batch.observation.mul<tf.Tensor2D>(-7.5)), isShifted: true };
  const models = [true, false].map((fast) => modelOf(discrete, { fast }));
  const [tables, dense] = models.map((model) => numbersOf(model, shifted));
  assert(Math.abs(tables!.losses.loss! - dense!.losses.loss!) < 1e-3);
  dense!.logProb.forEach((value, k) => assert(Math.abs(value - tables!.logProb[k]!) < 1e-4));
  for (const model of models) model.dispose();
  shifted.observation.dispose();
  disposeBatch(batch);
});
