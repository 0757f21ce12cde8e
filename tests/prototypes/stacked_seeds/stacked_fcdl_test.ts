import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs";
import { append } from "../../../lib/core/append.ts";
import { Rng } from "../../../lib/core/rng.ts";
import type { ModelState } from "../../../lib/model/dynamics_model.ts";
import { type BackendName, RngNoise, useBackend } from "../../../lib/tensor/mod.ts";
import { StackedTrial } from "./stacked_trial.ts";

const small = { variables: 4, categories: 3, actions: 6, batch: 16, steps: 3, width: 8, codes: 4 };

/** Largest difference between two arrays, relative to the second one's largest number. */
function difference(ours: Float32Array, theirs: Float32Array): number {
  assert.equal(ours.length, theirs.length);
  const largest = theirs.reduce((max, value) => Math.max(max, Math.abs(value)), 0);
  const error = theirs.reduce((max, value, i) => Math.max(max, Math.abs(value - ours[i]!)), 0);
  return error === 0 ? 0 : error / largest;
}

/** Compares a seed's state with its single model's, each of the optimiser's moments parameter by parameter. */
function assertClose(ours: ModelState, theirs: ModelState, options: { names: readonly string[]; rate: number }): void {
  assert.deepEqual(Object.keys(ours).sort(), Object.keys(theirs).sort());
  const parts = (moment: string, state: ModelState) => {
    let offset = 0;
    return options.names.map((name) => {
      const size = theirs[name]!.data.length;
      offset += size;
      return state[moment]!.data.subarray(offset - size, offset);
    });
  };
  // What gradients amount to.
  for (const moment of ["adam.mean", "adam.square"]) {
    const expected = parts(moment, theirs);
    parts(moment, ours).forEach((part, i) => {
      const error = difference(part, expected[i]!);
      assert.ok(error <= 1e-4, `${moment} of ${options.names[i]} differs by ${error}`);
    });
  }
  for (const [name, { data, shape }] of Object.entries(theirs)) {
    assert.deepEqual(ours[name]!.shape, shape, name);
    if (name.startsWith("adam.")) continue;
    if (options.names.includes(name)) {
      // Where a gradient is next to nothing, Adam makes a step of any sign of it.
      data.forEach((value, i) => assert.ok(Math.abs(value - ours[name]!.data[i]!) <= 2.1 * options.rate, name));
    } else {
      const error = difference(ours[name]!.data, data);
      assert.ok(error <= 1e-5, `${name} differs by ${error}`);
    }
  }
}

/** Codes that took more than one sample in a training forward, of `forwards` since the start. */
function codesInUse(state: ModelState, forwards: number): number {
  const kept = 0.99 ** forwards;
  const unused = kept * small.batch / small.codes + (1 - kept);
  return state["codebook.size"]!.data.filter((size) => size > 1.001 * unused).length;
}

/** A tensor's numbers. */
function values(tensor: tf.Tensor): Float32Array {
  return Float32Array.from(tensor.dataSync());
}

/** Loss of each seed and the states after `updates`, in a stack or one by one. */
async function trained(trial: StackedTrial, seeds: readonly number[], options: { updates: number; stacked: boolean }) {
  const groups = options.stacked ? [seeds] : seeds.map((seed) => [seed]);
  const losses: number[] = [];
  const states: ModelState[] = [];
  for (const group of groups) {
    const stack = await trial.stack(group);
    const chances = group.map((seed) => ({ batches: new Rng(100 + seed), noise: new RngNoise(new Rng(200 + seed)) }));
    for (let update = 1; update <= options.updates; update++) {
      const batches = chances.map((chance) => trial.batch(chance.batches));
      const result = stack.update(batches, chances.map((chance) => chance.noise));
      if (update === options.updates) append(losses, result.loss.dataSync());
      tf.dispose([result, batches] as unknown as tf.TensorContainer);
    }
    append(states, await stack.states());
    stack.dispose();
  }
  return { losses, states };
}

for (const backend of ["wasm", "cpu"] as const satisfies readonly BackendName[]) {
  for (const seeds of [[1], [1, 2], [1, 2, 3]]) {
    Deno.test(`one stacked update of ${seeds.length} seeds is each single model's on ${backend}`, async () => {
      await useBackend(backend);
      const trial = new StackedTrial(small);
      const noisesOf = () => seeds.map((seed) => new RngNoise(new Rng(200 + seed)));
      const [ours, theirs] = [noisesOf(), noisesOf()];
      const data = seeds.map((seed) => new Rng(100 + seed));
      const models = await Promise.all(seeds.map((seed) => trial.singleWithCodesInUse(seed)));
      for (let update = 1; update <= 4; update++) {
        const stack = await trial.stackOf(models);
        const batches = data.map((rng) => trial.batch(rng));
        const expected = models.map((model, s) => model.update(batches[s]!, { noise: theirs[s]!, data: trial.data }));
        const result = stack.update(batches, ours);
        for (const [s, state] of (await stack.states()).entries()) {
          const names = models[s]!.parameterNames;
          assert.ok(codesInUse(state, small.steps * update) > 1, "only one code is in use");
          assertClose(state, await models[s]!.state(), { names, rate: trial.learningRate });
          for (const [name, value] of Object.entries(result)) {
            assert.ok(difference(values(value).subarray(s, s + 1), values(expected[s]![name]!)) <= 1e-5, name);
          }
        }
        tf.dispose([expected, result, batches] as unknown as tf.TensorContainer);
        stack.dispose();
      }
      for (const model of models) model.dispose();
    });
  }

  Deno.test(`a seed in a stack goes its own way to the bit on ${backend}, whatever is beside it`, async () => {
    await useBackend(backend);
    const trial = new StackedTrial(small);
    const seeds = [1, 2, 3];
    const stacked = await trained(trial, seeds, { updates: 10, stacked: true });
    const alone = await trained(trial, seeds, { updates: 10, stacked: false });
    assert.deepEqual(stacked.losses, alone.losses);
    stacked.states.forEach((state, s) => assert.deepEqual(state, alone.states[s]));
  });
}

Deno.test("a stacked update leaves no tensors behind", async () => {
  await useBackend("wasm");
  const trial = new StackedTrial(small);
  await trained(trial, [1], { updates: 1, stacked: true });
  const before = tf.memory().numTensors;
  await trained(trial, [1, 2], { updates: 3, stacked: true });
  assert.equal(tf.memory().numTensors, before);
});

Deno.test("a stacked update takes as many operations for three seeds as for two", async () => {
  await useBackend("cpu");
  const trial = new StackedTrial(small);
  const counts: number[] = [];
  for (const seeds of [[1], [1, 2], [1, 2, 3]]) counts.push(await trial.launchesOfStack(seeds));
  assert.equal(counts[2], counts[1]);
  // One seed has nothing to join: its draws of mask and next state in each step.
  assert.equal(counts[1], counts[0]! + 2 * small.steps);
});

Deno.test("seeds of variables that the prototype does not know are refused", async () => {
  await useBackend("cpu");
  await assert.rejects(new StackedTrial({ ...small, actions: small.categories, secondAction: true }).stack([1]), {
    name: "RangeError",
    message: /^Cannot stack seeds: variables do not fit, expected .* got 1 and 2$/,
  });
});
