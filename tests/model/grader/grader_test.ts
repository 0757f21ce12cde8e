import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs";
import { maxOf } from "../../../lib/core/extremes.ts";
import { Rng } from "../../../lib/core/rng.ts";
import { encodeValues, type Variable } from "../../../lib/core/variable.ts";
import type { GraphModel, ModelState, TrainingData, WindowBatch } from "../../../lib/model/dynamics_model.ts";
import { grader } from "../../../lib/model/methods/grader.ts";
import { RolloutModel } from "../../../lib/model/rollout_model.ts";
import { type NoiseSource, RngNoise, useBackend } from "../../../lib/tensor/mod.ts";

const categorical = (name: string, categories: number): Variable => ({ kind: "categorical", name, categories });
import { predicted } from "../../contracts/model_trial.ts";

// Sizes differ, so that runs do.
const state = [categorical("x0", 3), categorical("x1", 3), categorical("x2", 2), categorical("x3", 3)];
const action = [categorical("a0", 2), categorical("a1", 4)];

function modelOf(
  options: { fast?: boolean; predictionSteps?: number; state?: Variable[]; action?: Variable[] } = {},
): RolloutModel & GraphModel {
  const model = grader.create({
    stateVariables: options.state ?? state,
    actionVariables: options.action ?? action,
    globalGraph: () => assert.fail("the true graph is not GRADER's to see"),
  }, {
    options: grader.parseOptions({ width: 5 }),
    training: {
      learningRate: 0.01,
      gradientClip: 1e4,
      predictionSteps: options.predictionSteps ?? 2,
      fast: options.fast ?? true,
    },
    rng: new Rng(1),
  });
  return model as unknown as RolloutModel & GraphModel;
}

function draws(variables: readonly Variable[], rows: number, rng: Rng): Float32Array {
  return Float32Array.from(
    { length: rows * variables.length },
    (_, k) => rng.integer((variables[k % variables.length] as { categories: number }).categories),
  );
}

function batchOf(size: number, steps: number, variables = { state, action }): WindowBatch {
  const rng = new Rng(7);
  const D = variables.state.reduce((sum, v) => sum + (v as { categories: number }).categories, 0);
  const A = variables.action.reduce((sum, v) => sum + (v as { categories: number }).categories, 0);
  const encode = (of: Variable[], rows: number) => encodeValues(of, draws(of, rows, rng));
  return {
    observation: tf.tensor2d(encode(variables.state, size), [size, D]),
    actions: tf.tensor3d(encode(variables.action, size * steps), [size, steps, A]),
    nextObservations: tf.tensor3d(encode(variables.state, size * steps), [size, steps, D]),
  };
}

/** x1 follows a1, x3 follows x0, and the rest is drawn by chance. */
function data(episodes: number): TrainingData {
  const rng = new Rng(3);
  const rows = 3000;
  const values = draws(state, rows, rng);
  const actions = draws(action, rows, rng);
  const nextValues = draws(state, rows, rng);
  for (let row = 0; row < rows; row++) {
    if (rng.uniform() < 0.6) nextValues[row * 4 + 1] = actions[row * 2 + 1]! % 3;
    if (rng.uniform() < 0.6) nextValues[row * 4 + 3] = values[row * 4]!;
  }
  return {
    episodes,
    validationBatch: () => assert.fail("GRADER needs no validation data"),
    transitions: () => ({ values, actions, nextValues }),
  };
}

function disposeBatch(batch: WindowBatch): void {
  tf.dispose([batch.observation, batch.actions, batch.nextObservations]);
}

function edgesOf(model: GraphModel, batch: WindowBatch): number[] {
  return tf.tidy(() => {
    const action = batch.actions.slice([0, 0, 0], [-1, 1, -1]).squeeze<tf.Tensor2D>([1]);
    const scores = model.localGraph({ ...batch, action });
    return [...scores.slice([0, 0, 0], [1, -1, -1]).greater(0.5).dataSync()];
  });
}

/** The state as one number of a weight moved. */
function moved(saved: ModelState, name: string, change: { entry: number; by: number }): ModelState {
  const array = saved[name]!;
  const data = array.data.slice();
  data[change.entry]! += change.by;
  return { ...saved, [name]: { ...array, data } };
}

Deno.test("grader: the graph is triangular until enough episodes, then that of the tests", async () => {
  await useBackend("wasm");
  const model = modelOf();
  const batch = batchOf(6, 2);
  const update = (episodes: number) => {
    const losses = model.update(batch, { noise: new RngNoise(new Rng(4)), data: data(episodes) });
    tf.dispose(Object.values(losses));
  };
  // deno-fmt-ignore
  const triangle = [
    1, 0, 0, 0, 1, 1,
    1, 1, 0, 0, 1, 1,
    1, 1, 1, 0, 1, 1,
    1, 1, 1, 1, 1, 1,
  ];
  // deno-fmt-ignore
  const planted = [
    1, 0, 0, 0, 0, 0,
    0, 1, 0, 0, 0, 1,
    0, 0, 1, 0, 0, 0,
    1, 0, 0, 1, 0, 0,
  ];
  assert.deepEqual(edgesOf(model, batch), triangle);
  update(9);
  assert.deepEqual(edgesOf(model, batch), triangle);
  update(10);
  assert.deepEqual(edgesOf(model, batch), planted);
  update(11);
  disposeBatch(batch);
  model.dispose();
});

/** The state of a model that has found the planted graph, or no edge at all. */
async function foundState(graph: "planted graph" | "empty graph"): Promise<ModelState> {
  const model = modelOf();
  const batch = batchOf(6, 2);
  tf.dispose(Object.values(model.update(batch, { noise: new RngNoise(new Rng(4)), data: data(10) })));
  const state = await model.state();
  if (graph === "empty graph") state["graph.pValues"]!.data.fill(1);
  disposeBatch(batch);
  model.dispose();
  return state;
}

const comparisons = [
  { graph: "triangle", distorted: false },
  { graph: "planted graph", distorted: false },
  { graph: "empty graph", distorted: false },
  // A rollout that begins with plain products and goes on with tables.
  { graph: "planted graph", distorted: true },
] as const;
for (const { graph, distorted } of comparisons) {
  for (const backend of ["cpu", "wasm"] as const) {
    Deno.test(
      `grader on ${backend}: tables give the values and gradients of the plain products on the ${graph}${
        distorted ? ", first states distorted" : ""
      }`,
      async () => {
        await useBackend("wasm");
        const found = graph === "triangle" ? null : await foundState(graph);
        await useBackend(backend);
        const clean = batchOf(16, 3);
        const batch = distorted
          ? {
            ...clean,
            observation: tf.tidy(() => clean.observation.mul<tf.Tensor2D>(0.8).add<tf.Tensor2D>(0.1)),
            isShifted: true,
          }
          : clean;
        const results = [true, false].map((fast) => {
          const model = modelOf({ fast, predictionSteps: 3 });
          if (found) model.restore(found);
          const { losses, gradients } = model.gradients(batch, new RngNoise(new Rng(9)));
          const evaluation = model.evaluate(batch);
          const numbers = {
            loss: losses.loss.dataSync()[0]!,
            gradients: gradients.map((gradient) => [...gradient?.dataSync() ?? []]),
            logProb: [...evaluation.logProb.dataSync()],
            names: model.parameterNames,
          };
          tf.dispose([
            ...Object.values(losses),
            ...gradients.flatMap((g) => g ? [g] : []),
            ...Object.values(evaluation),
          ]);
          model.dispose();
          return numbers;
        });
        const [tables, dense] = results as [typeof results[number], typeof results[number]];
        assert(Math.abs(tables.loss - dense.loss) < 1e-5);
        dense.logProb.forEach((value, k) => assert(Math.abs(value - tables.logProb[k]!) < 1e-5));
        dense.gradients.forEach((gradient, g) => {
          const largest = Math.max(0, maxOf(gradient.map(Math.abs)));
          assert(tables.gradients[g]!.length >= gradient.length);
          // Where the plain products give no gradient, it is zero.
          tables.gradients[g]!.forEach((value, k) => {
            assert(Math.abs(value - (gradient[k] ?? 0)) <= 1e-4 * largest + 1e-8, `${dense.names[g]}[${k}]`);
          });
        });
        disposeBatch(batch);
        disposeBatch(clean);
      },
    );
  }
}

Deno.test("grader: gradients of a one-step loss by finite differences", async () => {
  await useBackend("cpu");
  const model = modelOf({ predictionSteps: 1 });
  const batch = batchOf(8, 1);
  const noise = () => new RngNoise(new Rng(9));
  const { losses, gradients } = model.gradients(batch, noise());
  tf.dispose(Object.values(losses));
  const saved = await model.state();
  const lossAt = (state: ModelState) => {
    model.restore(state);
    const { losses, gradients } = model.gradients(batch, noise());
    const loss = losses.loss.dataSync()[0]!;
    tf.dispose([...Object.values(losses), ...gradients.flatMap((g) => g ? [g] : [])]);
    return loss;
  };
  model.parameterNames.forEach((name, g) => {
    const gradient = gradients[g]!.dataSync<"float32">();
    const entry = gradient.reduce((best, value, k) => Math.abs(value) > Math.abs(gradient[best]!) ? k : best, 0);
    const step = 4e-3;
    const up = lossAt(moved(saved, name, { entry, by: step }));
    const down = lossAt(moved(saved, name, { entry, by: -step }));
    const expected = (up - down) / (2 * step);
    assert(Math.abs(gradient[entry]! - expected) < 2e-3 * Math.max(0.05, Math.abs(expected)), `${name}: ${expected}`);
  });
  tf.dispose(gradients.flatMap((g) => g ? [g] : []));
  disposeBatch(batch);
  model.dispose();
});

Deno.test("grader: an update of two variables by hand", async () => {
  await useBackend("wasm");
  const two = { state: [categorical("x0", 2), categorical("x1", 2)], action: [categorical("a", 2)] };
  const model = modelOf({ ...two, predictionSteps: 1 });
  const batch = batchOf(1, 1, two);
  const saved = await model.state();
  const weights = (name: string) => saved[name]!.data;
  const H = 5;
  const bits = [...batch.observation.dataSync()];
  const actionBits = [...batch.actions.dataSync()];
  const relu = (x: number) => Math.max(x, 0);
  const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));
  const embed = (kind: string, i: number, category: number) =>
    Array.from({ length: H }, (_, h) =>
      relu(
        weights(`embedding.${kind}.0.weight`)[(i * 2 + category) * H + h]! +
          weights(`embedding.${kind}.0.bias`)[i * H + h]!,
      ));
  const x = [bits.slice(0, 2).indexOf(1), bits.slice(2).indexOf(1)];
  const own = [embed("state", 0, x[0]!), embed("state", 1, x[1]!)];
  const read = (j: number, hidden: number[], input: number[]): number[] => {
    const product = (part: string, vector: number[], column: number) =>
      vector.reduce(
        (sum, value, h) => sum + value * weights(`unit.${part}.weight`)[(j * H + h) * 3 * H + column]!,
        weights(`unit.${part}.bias`)[j * 3 * H + column]!,
      );
    return hidden.map((value, h) => {
      const r = sigmoid(product("input", input, h) + product("hidden", hidden, h));
      const z = sigmoid(product("input", input, H + h) + product("hidden", hidden, H + h));
      const n = Math.tanh(product("input", input, 2 * H + h) + r * product("hidden", hidden, 2 * H + h));
      return (1 - z) * n + z * value;
    });
  };
  const a = embed("action", 0, actionBits.indexOf(1));
  // Variable 0 reads the action; variable 1 reads variable 0, then the action.
  const hidden = [read(0, own[0]!, a), read(1, read(1, own[1]!, own[0]!), a)];
  const next = [...batch.nextObservations.dataSync()];
  const headBias: number[] = [];
  const nll = hidden.map((h, j) => {
    const logits = [0, 1].map((k) =>
      h.reduce(
        (sum, value, place) => sum + relu(value) * weights("head.0.weight")[(j * H + place) * 2 + k]!,
        weights("head.0.bias")[j * 2 + k]!,
      )
    );
    const total = Math.log(Math.exp(logits[0]!) + Math.exp(logits[1]!));
    const target = next.slice(2 * j, 2 * j + 2).indexOf(1);
    // The loss is a mean over two variables; Adam's first step is the learning rate against the gradient's sign.
    logits.forEach((logit, k) => headBias.push((Math.exp(logit - total) - (k === target ? 1 : 0)) / 2));
    return total - logits[target]!;
  });
  const losses = model.update(batch, { noise: new RngNoise(new Rng(1)), data: data(0) });
  assert(Math.abs(losses.loss.dataSync()[0]! - (nll[0]! + nll[1]!) / 2) < 1e-6);
  const after = (await model.state())["head.0.bias"]!.data;
  headBias.forEach((gradient, k) => {
    const expected = weights("head.0.bias")[k]! - 0.01 * gradient / (Math.abs(gradient) + 1e-8);
    assert(Math.abs(after[k]! - expected) < 1e-6, `bias ${k}: ${after[k]}, ${expected}`);
  });
  tf.dispose(Object.values(losses));
  disposeBatch(batch);
  model.dispose();
});

Deno.test("grader: a restored model goes on to the bit, and nothing leaks", async () => {
  await useBackend("wasm");
  const batch = batchOf(8, 2);
  const before = tf.memory().numTensors;
  const first = modelOf();
  const second = modelOf();
  const update = (model: RolloutModel, episodes: number, noise: NoiseSource) =>
    tf.dispose(Object.values(model.update(batch, { noise, data: data(episodes) })));
  update(first, 12, new RngNoise(new Rng(5)));
  second.restore(await first.state());
  for (const model of [first, second]) update(model, 14, new RngNoise(new Rng(6)));
  assert.deepEqual(await second.state(), await first.state());
  const [chosen] = tf.tidy(() => [batch.actions.slice([0, 0, 0], [-1, 1, -1]).squeeze<tf.Tensor2D>([1])]);
  const predict = (model: RolloutModel) =>
    predicted(model, { stateVariables: state, actionVariables: action }, { ...batch, action: chosen! });
  assert.deepEqual(predict(second), predict(first));
  const held = tf.memory().numTensors;
  for (const model of [first, second]) update(model, 14, new RngNoise(new Rng(6)));
  assert.ok(tf.memory().numTensors <= held);
  assert.deepEqual(predict(second), predict(first));
  assert.equal(tf.memory().numTensors, held);
  chosen!.dispose();
  first.dispose();
  second.dispose();
  assert.equal(tf.memory().numTensors, before);
  disposeBatch(batch);
});

Deno.test("grader: refuses continuous variables by name", () => {
  const speed: Variable = { kind: "continuous", name: "speed", low: 0, high: 1 };
  const context = { stateVariables: [...state, speed], actionVariables: action, globalGraph: () => new Uint8Array() };
  assert.match(grader.unsupported!(context, {})!, /Cannot use grader: .*expected categorical variables only.*"speed"/);
  assert.equal(grader.unsupported!({ ...context, stateVariables: state }, {}), null);
});
