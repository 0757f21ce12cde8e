import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs";
import { Rng } from "../../lib/core/rng.ts";
import { useBackend } from "../../lib/tensor/mod.ts";
import { Collector } from "../../lib/training/collector.ts";
import { evaluate } from "../../lib/training/evaluation/evaluator.ts";
import { windowBatch } from "../../lib/training/model_host.ts";
import { ReplayBuffer } from "../../lib/training/replay_buffer.ts";
import { Trainer } from "../../lib/training/trainer.ts";
import { withFailingReads } from "../tensor/failing_reads.ts";
import { toyEnvironment, toyMethod } from "./toy_world.ts";

await useBackend("cpu");

function parts() {
  const environment = toyEnvironment();
  const { spec } = environment;
  const sizes = { stateCount: 2, actionCount: 1, capacity: 10_000, windowSteps: 2, validationShare: 0.5 };
  const buffer = new ReplayBuffer({ ...sizes, maxWindowUses: 1000 });
  const collector = new Collector(environment, {
    ...{ environments: 20, explorationEpsilon: 0, explorationNoise: 0, buffer, rng: new Rng(1) },
  });
  for (let loop = 0; loop < 20; loop++) collector.actRandomly();
  const model = toyMethod.create({ ...spec, globalGraph: () => environment.globalGraph() }, {
    options: { nanAtUpdate: null },
    training: { learningRate: 1, gradientClip: 1, predictionSteps: 2 },
    rng: new Rng(2),
  });
  const trainer = new Trainer({ model, buffer, spec, batchSize: 8, predictionSteps: 2, rng: new Rng(3) });
  return { environment, buffer, model, trainer };
}

Deno.test("evaluate leaves no tensor behind, whichever read of the device fails", async () => {
  const { environment, buffer, model } = parts();
  const before = tf.memory().numTensors;
  const reads = await withFailingReads(async () => {
    const steps = evaluate({
      ...{ environment, buffer, model, episodes: 2, batchSize: 16, predictionSteps: 2, rng: new Rng(5) },
      choose: (observations, goal) => {
        const actions = new Float32Array(goal.length / 2).fill(1);
        model.predict(observations, actions);
        return { actions, pairs: 0, predictedPairs: 0 };
      },
    });
    while (!(await steps.next()).done);
  }, (read) => assert.equal(tf.memory().numTensors, before, `read ${read}`));
  assert.ok(reads > 10, `${reads}`);
});

Deno.test("a trainer leaves no loss behind when it cannot read them", async () => {
  const { trainer } = parts();
  const before = tf.memory().numTensors;
  const reads = await withFailingReads(async () => {
    trainer.update();
    trainer.update();
    await trainer.readLosses();
  }, (read) => {
    trainer.dispose();
    assert.equal(tf.memory().numTensors, before, `read ${read}`);
  });
  assert.ok(reads > 0);
});

Deno.test("windowBatch leaves no tensor behind when observing fails", () => {
  const { environment: { spec }, buffer } = parts();
  const before = tf.memory().numTensors;
  const windows = buffer.sampleWindows(new Rng(1), 4);
  const fail = () => {
    throw new Error("no view");
  };
  assert.throws(() => windowBatch(windows, { ...spec, observe: fail }), /no view/);
  assert.throws(() => windowBatch(windows, { ...spec, observeNext: fail }), /no view/);
  assert.equal(tf.memory().numTensors, before);
});
