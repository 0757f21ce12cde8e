import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs";
import { Rng } from "../../lib/core/rng.ts";
import { useBackend } from "../../lib/tensor/mod.ts";
import { Collector } from "../../lib/training/collector.ts";
import { windowBatch } from "../../lib/training/model_host.ts";
import { ReplayBuffer } from "../../lib/training/replay_buffer.ts";
import { Trainer } from "../../lib/training/trainer.ts";
import { toyEnvironment, toyMethod } from "./toy_world.ts";

await useBackend("cpu");

function parts(nanAtUpdate: number | null = null) {
  const environment = toyEnvironment();
  const buffer = new ReplayBuffer({
    stateCount: 2,
    actionCount: 1,
    capacity: 1000,
    windowSteps: 2,
    validationShare: 0.2,
    maxWindowUses: 1000,
  });
  const collector = new Collector(environment, {
    environments: 5,
    explorationEpsilon: 0,
    explorationNoise: 0,
    buffer,
    rng: new Rng(1),
  });
  for (let loop = 0; loop < 40; loop++) collector.actRandomly();
  const { stateVariables, actionVariables } = environment.spec;
  const model = toyMethod.create({ stateVariables, actionVariables, globalGraph: () => environment.globalGraph() }, {
    options: { nanAtUpdate },
    training: { learningRate: 1, gradientClip: 1, predictionSteps: 2 },
    rng: new Rng(2),
  });
  const trainer = new Trainer({
    model,
    buffer,
    spec: environment.spec,
    batchSize: 8,
    predictionSteps: 2,
    rng: new Rng(3),
  });
  return { environment, buffer, model, trainer };
}

Deno.test("windowBatch encodes windows with the first observation as the model sees it", async () => {
  const { spec } = toyEnvironment();
  const batch = windowBatch(
    { values: Float32Array.of(0, 1), actions: Float32Array.of(2, 0), nextValues: Float32Array.of(1, 1, 0, 0) },
    { ...spec, observe: () => ({ encoded: Float32Array.of(3, 0, 0, 3) }) },
  );
  assert.deepEqual(await batch.observation.array(), [[3, 0, 0, 3]]);
  assert.equal(batch.isShifted, true);
  assert.deepEqual(await batch.actions.array(), [[[0, 0, 1], [1, 0, 0]]]);
  assert.deepEqual(await batch.nextObservations.array(), [[[0, 1, 0, 1], [1, 0, 1, 0]]]);
  tf.dispose([batch.observation, batch.actions, batch.nextObservations]);
});

Deno.test("Trainer reads losses once and averages them; no tensor is left behind", async () => {
  const { trainer, model } = parts();
  const before = tf.memory().numTensors;
  for (let k = 0; k < 10; k++) trainer.update();
  assert.equal(tf.memory().numTensors, before + 20); // two scalars an update, nothing else
  await trainer.readLosses();
  assert.equal(tf.memory().numTensors, before);
  const losses = trainer.takeLosses();
  assert.deepEqual([...losses.keys()], ["loss", "prediction"]);
  assert.ok(Math.abs(losses.get("loss")! - losses.get("prediction")! - 1) < 1e-6);
  assert.equal(trainer.updates, 10);
  assert.equal(trainer.takeLosses().size, 0);
  for (let k = 0; k < 200; k++) trainer.update();
  await trainer.readLosses();
  assert.ok(trainer.takeLosses().get("prediction")! < losses.get("prediction")!);
  trainer.update();
  trainer.dispose();
  assert.equal(tf.memory().numTensors, before);
  model.dispose();
});

Deno.test("Trainer fails at a NaN loss with its name and update, and frees all the same", async () => {
  const { trainer, model } = parts(7);
  const before = tf.memory().numTensors;
  for (let k = 0; k < 3; k++) trainer.update();
  await trainer.readLosses();
  for (let k = 0; k < 10; k++) trainer.update();
  await assert.rejects(() => trainer.readLosses(), {
    name: "RangeError",
    message: "Cannot train: loss loss is not finite at update 7, expected a finite number, got NaN",
  });
  assert.equal(tf.memory().numTensors, before);
  model.dispose();
});

Deno.test("Trainer restored from its saved state goes on to the bit, in the middle of an interval too", async () => {
  const original = parts();
  const copy = parts();
  for (let k = 0; k < 5; k++) original.trainer.update();
  copy.trainer.update();
  copy.trainer.restore(await original.trainer.save());
  copy.model.restore(await original.model.state());
  copy.buffer.restore(original.buffer.save());
  for (const { trainer } of [original, copy]) {
    for (let k = 0; k < 5; k++) trainer.update();
    await trainer.readLosses();
  }
  assert.deepEqual(copy.trainer.takeLosses(), original.trainer.takeLosses());
  assert.deepEqual(await copy.trainer.save(), await original.trainer.save());
  assert.deepEqual(await copy.model.state(), await original.model.state());
  original.model.dispose();
  copy.model.dispose();
});
