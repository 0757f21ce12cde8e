import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs";
import { Rng } from "../../lib/core/rng.ts";
import type { Variable } from "../../lib/core/variable.ts";
import { HeadCache, type TargetRows } from "../../lib/model/fast/head_cache.ts";
import { methods } from "../../lib/model/registry.ts";
import { modelGroups } from "../../lib/model/variable_groups.ts";
import { RngNoise, useBackend } from "../../lib/tensor/mod.ts";
import { predicted, smallOptions } from "../contracts/model_trial.ts";
import { toyProblems } from "../contracts/toy_problems.ts";

const categorical = (categories: number): Variable => ({ kind: "categorical", name: "x", categories });
/** Two groups: two bits, then one variable of three values; an action of two values. */
const groups = modelGroups({
  stateVariables: [categorical(2), categorical(2), categorical(3)],
  actionVariables: [categorical(2)],
});

/** One-hots [n, B, c] of values [n][B]. */
const oneHots = (values: readonly (readonly number[])[], categories: number) =>
  tf.oneHot(tf.tensor2d(values.map((row) => [...row]), undefined, "int32"), categories).cast("float32") as tf.Tensor3D;

/** Heads that tell target and sample: [target, sample, 0...]. */
function asking(batch: number, asked: { rows: number[]; counts: number[] }[]) {
  return ({ rows, counts }: TargetRows): tf.Tensor2D[] => {
    const all = [...rows.dataSync()];
    asked.push({ rows: all, counts: [...counts] });
    const head = (row: number) => [Math.floor(row / batch), row % batch];
    const bits = all.filter((row) => row < 2 * batch).map(head);
    const last = all.filter((row) => row >= 2 * batch).map((row) => [...head(row), 0]);
    return [tf.tensor2d(bits, [bits.length, 2]), tf.tensor2d(last, [last.length, 3])];
  };
}

Deno.test("HeadCache computes one sample for each target, mask row, kept values and label, by hand", async () => {
  await useBackend("wasm");
  tf.tidy(() => {
    const known = new HeadCache(groups, { labelWidth: 2, weights: { version: 0 } });
    const asked: { rows: number[]; counts: number[] }[] = [];
    // Four samples: x0 = 0 1 0 0, x1 = 0 0 1 0, x2 = 2 2 2 2, action = 0 0 0 1.
    const state = [oneHots([[0, 1, 0, 0], [0, 0, 1, 0]], 2), oneHots([[2, 2, 2, 2]], 3)];
    const action = [oneHots([[0, 0, 0, 1]], 2)];
    // Target 0 keeps x0, target 1 keeps x0 and x1, target 2 keeps nothing but the action.
    const mask = tf.tensor3d([[[1, 0, 0, 0], [1, 1, 0, 0], [0, 0, 0, 1]]]);
    const inputs = { state, action, mask, label: null };
    const [bits, last] = known.heads(inputs, asking(4, asked)) as [tf.Tensor3D, tf.Tensor3D];
    // Target 0: samples 0 and 1; target 1: 0, 1, 2; target 2: 0 and 3.
    assert.deepEqual(asked, [{ rows: [0, 1, 4, 5, 6, 8, 11], counts: [2, 3, 2] }]);
    assert.deepEqual(bits.arraySync(), [[[0, 0], [0, 1], [0, 0], [0, 0]], [[1, 0], [1, 1], [1, 2], [1, 0]]]);
    assert.deepEqual(last.arraySync(), [[[2, 0, 0], [2, 0, 0], [2, 0, 0], [2, 3, 0]]]);
    assert.deepEqual([known.variables, known.predictedVariables], [12, 7]);

    // Again: nothing is asked. Other masks by sample: target 0 of the last sample keeps x1, which is new.
    known.heads(inputs, asking(4, asked));
    assert.equal(asked.length, 1);
    const [a, b, c] = [mask, mask, mask];
    const changed = tf.tensor3d([[[0, 1, 0, 0], [1, 1, 0, 0], [0, 0, 0, 1]]]);
    known.heads({ ...inputs, mask: tf.concat([a, b, c, changed]) }, asking(4, asked));
    assert.deepEqual(asked[1], { rows: [3], counts: [1, 0, 0] });

    // A label for all targets, of which two samples have another.
    const label = tf.tensor3d([[[0, 0], [0, 1], [0, 0], [0, 0]]]);
    known.heads({ ...inputs, label }, asking(4, asked));
    assert.deepEqual(asked[2], { rows: [1, 5, 9], counts: [1, 1, 1] });

    known.clear();
    known.heads(inputs, asking(4, asked));
    assert.deepEqual(asked[3], asked[0]);
  });
});

Deno.test("HeadCache tells apart values of many variables, whose keys take several words", async () => {
  await useBackend("wasm");
  const count = 40;
  const many = modelGroups({
    stateVariables: Array.from({ length: count }, () => categorical(5)),
    actionVariables: [categorical(7)],
  });
  const known = new HeadCache(many, { labelWidth: 0, weights: { version: 0 } });
  tf.tidy(() => {
    const base = Array.from({ length: count }, (_, i) => i % 5);
    // Sample k differs from sample 0 in variable k - 1, the last one in the action.
    const batch = count + 2;
    const values = base.map((value, i) =>
      Array.from({ length: batch }, (_, b) => b === i + 1 ? (value + 1) % 5 : value)
    );
    const action = [oneHots([Array.from({ length: batch }, (_, b) => b === batch - 1 ? 1 : 0)], 7)];
    const inputs = {
      state: [oneHots(values, 5)],
      action,
      mask: tf.ones<tf.Rank.R3>([1, count, count + 1]),
      label: null,
    };
    const found = known.heads(inputs, ({ rows }) => [rows.expandDims(1).tile([1, 5]).cast("float32")])[0]!;
    assert.deepEqual(
      [...found.slice([0, 0, 0], [count, batch, 1]).dataSync()],
      Array.from({ length: count * batch }, (_, row) => row),
    );
    assert.equal(known.predictedVariables, count * batch);
  });
});

Deno.test("HeadCache serves categorical variables only", () => {
  assert.ok(HeadCache.serves(groups));
  const real: Variable = { kind: "continuous", name: "y", low: -1, high: 1 };
  assert.ok(!HeadCache.serves(modelGroups({ stateVariables: [real], actionVariables: [categorical(2)] })));
  assert.ok(!HeadCache.serves(modelGroups({ stateVariables: [categorical(2)], actionVariables: [real] })));
});

/** Every pair of state and action of the categorical toy, twice, as tensors. */
function allPairs(): { observation: tf.Tensor2D; action: tf.Tensor2D } {
  const rows = Array.from({ length: 2 * 81 * 6 }, (_, row) => row % (81 * 6));
  const digit = (row: number, i: number) => Math.floor(row / 3 ** i) % 3;
  const observation = rows.map((row) => [0, 1, 2, 3].flatMap((i) => [0, 1, 2].map((k) => +(digit(row, i) === k))));
  const action = rows.map((row) => [0, 1, 2, 3, 4, 5].map((k) => +(Math.floor(row / 81) === k)));
  return { observation: tf.tensor2d(observation), action: tf.tensor2d(action) };
}

const problem = toyProblems.find(({ name }) => name === "categorical variables")!;
for (const entry of methods) {
  const method = await entry.load();
  const create = (fast: boolean) =>
    method.create(problem.context, {
      options: smallOptions(method),
      training: { learningRate: 1e-2, gradientClip: 1e9, predictionSteps: 2, fast },
      rng: new Rng(1),
    });
  await useBackend("wasm");
  const model = create(true);
  const memory = model.predictionCache ?? null;
  model.dispose();
  if (memory === null) continue;

  Deno.test(`${entry.id} predicts with its memory what it predicts row by row without, to the bit`, async () => {
    await useBackend("wasm");
    const before = tf.memory().numTensors;
    const model = create(true);
    const memory = model.predictionCache!;
    const noise = new RngNoise(new Rng(2));
    const chance = new Rng(3);
    const data = {
      episodes: 10,
      validationBatch: () => problem.batch(32, { steps: 2, rng: chance }),
      transitions: () => problem.transitions(new Rng(4)),
    };
    const { observation, action } = allPairs();
    for (let update = 0; update < 12; update++) {
      const batch = problem.batch(32, { steps: 2, rng: chance });
      tf.dispose(model.update(batch, { noise, data }));
      tf.dispose([batch.observation, batch.actions, batch.nextObservations]);
    }
    const count = observation.shape[0];
    const predict = (start: number, size: number) =>
      tf.tidy(() =>
        predicted(model, problem.context, {
          observation: observation.slice([start, 0], [size, 12]),
          action: action.slice([start, 0], [size, 6]),
        })
      );
    const asked = memory.variables;
    const computed = memory.predictedVariables;
    const all = predict(0, count);
    assert.equal(memory.variables - asked, 4 * count);
    // Every pair is there twice, so at most half of the predictions are computed.
    assert.ok(memory.predictedVariables - computed <= 4 * count / 2);
    const after = memory.predictedVariables;
    assert.deepEqual(predict(0, count), all);
    assert.equal(memory.predictedVariables, after, "a second time nothing is computed");
    for (let row = 0; row < count; row += 41) {
      memory.clear();
      assert.deepEqual(predict(row, 1), all.slice(12 * row, 12 * (row + 1)));
    }
    // What was kept is forgotten when weights change.
    predict(0, count);
    const known = memory.predictedVariables;
    model.restore(await model.state());
    predict(0, 1);
    assert.ok(memory.predictedVariables > known);
    model.dispose();
    tf.dispose([observation, action]);
    assert.equal(tf.memory().numTensors, before);
  });

  Deno.test(`${entry.id} scores the same with its memory and with plain first layers`, async () => {
    await useBackend("wasm");
    const scores = [true, false].map((fast) => {
      const model = create(fast);
      if (!fast) assert.equal(model.predictionCache ?? null, null);
      const batch = problem.batch(64, { steps: 3, rng: new Rng(5) });
      const { logProb, prediction } = model.evaluate(batch);
      const result = { logProb: [...logProb.dataSync()], prediction: [...prediction.dataSync()] };
      tf.dispose([batch.observation, batch.actions, batch.nextObservations, logProb, prediction]);
      model.dispose();
      return result;
    });
    assert.deepEqual(scores[0]!.prediction, scores[1]!.prediction);
    scores[0]!.logProb.forEach((value, i) =>
      assert.ok(Math.abs(value - scores[1]!.logProb[i]!) < 1e-4 * Math.max(1, Math.abs(value)))
    );
  });
}
