import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs";
import { Rng } from "../../lib/core/rng.ts";
import { type DynamicsModel, isCodebookModel, isGraphModel } from "../../lib/model/dynamics_model.ts";
import { methods } from "../../lib/model/registry.ts";
import { RngNoise, useBackend } from "../../lib/tensor/mod.ts";
import { predicted, smallOptions } from "../contracts/model_trial.ts";
import { toyProblems } from "../contracts/toy_problems.ts";
import { withFailingReads } from "../tensor/failing_reads.ts";

const problem = toyProblems.find(({ name }) => name === "categorical variables")!;
const steps = 2;

for (const entry of methods) {
  for (const backend of ["cpu", "wasm"] as const) {
    Deno.test(`${entry.id} on ${backend} leaves no tensor behind, whichever read of the device fails`, async () => {
      await useBackend(backend);
      const method = await entry.load();
      const options = smallOptions(method);
      // What is done every so many updates is done after each.
      for (const name of Object.keys(options)) if (name.endsWith("Every")) options[name] = 1;
      const create = () =>
        method.create(problem.context, {
          options,
          training: { learningRate: 1e-2, gradientClip: 1e9, predictionSteps: steps },
          rng: new Rng(1),
        });
      const chance = new Rng(3);
      const batch = problem.batch(4, { steps, rng: chance });
      const data = {
        episodes: 10,
        validationBatch: () => problem.batch(4, { steps, rng: chance }),
        transitions: () => problem.transitions(new Rng(4)),
      };
      const use = (model: DynamicsModel) => {
        // Twice: what is kept from the first update has to go, too.
        for (let update = 0; update < 2; update++) {
          tf.dispose(Object.values(model.update(batch, { noise: new RngNoise(new Rng(2)), data })));
        }
        tf.dispose(Object.values(model.evaluate(batch)));
        tf.tidy(() => {
          const action = batch.actions.slice([0, 0, 0], [-1, 1, -1]).squeeze<tf.Tensor2D>([1]);
          predicted(model, problem.context, { ...batch, action });
          if (isGraphModel(model)) model.localGraph({ ...batch, action });
          if (isCodebookModel(model)) model.codes({ ...batch, action });
        });
      };
      const before = tf.memory().numTensors;
      await withFailingReads(() => {
        const model = create();
        try {
          use(model);
        } finally {
          model.dispose();
        }
      }, (read) => assert.equal(tf.memory().numTensors, before, `read ${read}`));
      assert.equal(tf.memory().numTensors, before);
      tf.dispose([batch.observation, batch.actions, batch.nextObservations]);
    });
  }
}

for (const entry of methods) {
  Deno.test(`${entry.id} predicts after a failed read what it predicts without one`, async () => {
    await useBackend("wasm");
    const method = await entry.load();
    const create = () =>
      method.create(problem.context, {
        options: smallOptions(method),
        training: { learningRate: 1e-2, gradientClip: 1e9, predictionSteps: steps },
        rng: new Rng(1),
      });
    const batch = problem.batch(16, { steps, rng: new Rng(3) });
    const predict = (model: DynamicsModel) => {
      const { logProb, prediction } = model.evaluate(batch);
      const numbers = [...logProb.dataSync(), ...prediction.dataSync()];
      tf.dispose([logProb, prediction]);
      return numbers;
    };
    let model = create();
    const expected = predict(model);
    await withFailingReads(() => {
      // Anew each time: what was asked for before the failure has no answer yet.
      model.dispose();
      model = create();
      predict(model);
    }, (read) => assert.deepEqual(predict(model), expected, `read ${read}`));
    tf.dispose([batch.observation, batch.actions, batch.nextObservations]);
    model.dispose();
  });
}
