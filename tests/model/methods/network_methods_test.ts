import assert from "node:assert/strict";
import { predicted } from "../../contracts/model_trial.ts";
import * as tf from "@tensorflow/tfjs";
import { Rng } from "../../../lib/core/rng.ts";
import type { MethodModule } from "../../../lib/model/dynamics_model.ts";
import { gnn } from "../../../lib/model/methods/gnn.ts";
import { modular } from "../../../lib/model/methods/modular.ts";
import { nps } from "../../../lib/model/methods/nps.ts";
import { RngNoise, useBackend } from "../../../lib/tensor/mod.ts";
import { createModel, mixed, noData, randomBatch, uneven } from "./network_trial.ts";

const small: Record<string, { method: MethodModule; options: Record<string, unknown> }> = {
  modular: { method: modular, options: { hidden: [8, 8] } },
  gnn: { method: gnn, options: { nodeWidth: 6, edgeHidden: [9, 7], edgeWidth: 5, nodeHidden: [8, 8] } },
  nps: {
    method: nps,
    options: {
      rules: 4,
      ruleWidth: 3,
      ruleSelectorWidth: 5,
      contextSelectorWidth: 4,
      encoderWidths: [7, 6],
      ruleHidden: [8, 7],
    },
  },
};

for (const [name, { method, options }] of Object.entries(small)) {
  for (const [kind, variables] of Object.entries({ mixed, uneven })) {
    Deno.test(`${name} leaves no tensors behind on ${kind} variables`, async () => {
      await useBackend("wasm");
      const before = tf.memory().numTensors;
      const model = createModel(method, { variables, options });
      const batch = randomBatch(variables);
      const noise = new RngNoise(new Rng(3));
      const action = tf.tidy(() => batch.actions.slice([0, 0, 0], [-1, 1, -1]).reshape<tf.Tensor2D>([6, -1]));
      const use = () => {
        tf.dispose(model.update(batch, { noise, data: noData }) as unknown as tf.TensorContainer);
        tf.dispose(model.evaluate(batch) as unknown as tf.TensorContainer);
        predicted(model, variables, { ...batch, action });
      };
      use();
      const after = tf.memory().numTensors;
      use();
      assert.equal(tf.memory().numTensors, after);
      action.dispose();
      tf.dispose(batch as unknown as tf.TensorContainer);
      model.dispose();
      assert.equal(tf.memory().numTensors, before);
    });

    Deno.test(`${name} learns a batch by heart on ${kind} variables`, async () => {
      await useBackend("wasm");
      const model = createModel(method, { variables, options, steps: 1 });
      const batch = randomBatch(variables, { steps: 1 });
      const noise = new RngNoise(new Rng(3));
      const losses = Array.from({ length: 60 }, () => {
        const result = model.update(batch, { noise, data: noData });
        const loss = result.loss.dataSync()[0]!;
        tf.dispose(result as unknown as tf.TensorContainer);
        return loss;
      });
      const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
      assert(mean(losses.slice(-10)) < mean(losses.slice(0, 10)), `losses ${losses}`);
      tf.dispose(batch as unknown as tf.TensorContainer);
      model.dispose();
    });
  }

  Deno.test(`${name} predicts a row the same whatever stands beside it`, async () => {
    await useBackend("wasm");
    const model = createModel(method, { variables: uneven, options });
    const { observation, actions, nextObservations } = randomBatch(uneven, { steps: 1 });
    for (const factor of [1, 1.5]) {
      const shifted = observation.mul<tf.Tensor2D>(factor);
      const all = model.evaluate({ observation: shifted, actions, nextObservations });
      const one = model.evaluate({
        observation: shifted.slice([2, 0], [1, -1]),
        actions: actions.slice([2, 0, 0], [1, -1, -1]),
        nextObservations: nextObservations.slice([2, 0, 0], [1, -1, -1]),
      });
      assert.deepEqual([...one.logProb.dataSync()], [...all.logProb.slice([2, 0, 0], [1, -1, -1]).dataSync()]);
    }
    model.dispose();
  });

  Deno.test(`${name} says which option is wrong in one sentence`, () => {
    assert.throws(() => method.parseOptions({ hiden: [3] }), (error: unknown) => {
      assert(error instanceof RangeError);
      assert.match(
        error.message,
        /^Cannot read method: hiden is not a field, expected one of \w+(, \w+)*, got "hiden"$/,
      );
      return true;
    });
    const [field, value] = Object.entries(options)[0]!;
    const wrong = Array.isArray(value) ? [0] : 0;
    assert.throws(
      () => method.parseOptions({ [field]: wrong }),
      /^RangeError: Cannot read method: .* expected .* got 0$/,
    );
  });
}

Deno.test("defaults are the paper's Chemical sizes", () => {
  assert.deepEqual(modular.parseOptions({}), { hidden: [128, 128, 128, 128] });
  assert.deepEqual(gnn.parseOptions({}), {
    nodeWidth: 256,
    edgeHidden: [512, 512, 512],
    edgeWidth: 256,
    nodeHidden: [512, 512, 512],
  });
  assert.deepEqual(nps.parseOptions({}), {
    rules: 20,
    ruleWidth: 128,
    ruleSelectorWidth: 128,
    contextSelectorWidth: 128,
    encoderWidths: [128, 128],
    ruleHidden: [128, 128, 128],
  });
});
