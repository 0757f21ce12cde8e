import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs";
import { maxOf } from "../../../lib/core/extremes.ts";
import { Rng } from "../../../lib/core/rng.ts";
import type { WindowBatch } from "../../../lib/model/dynamics_model.ts";
import { gnn } from "../../../lib/model/methods/gnn.ts";
import { RngNoise, useBackend } from "../../../lib/tensor/mod.ts";
import { assertClose } from "../../tensor/numeric.ts";
import { createModel, mixed, noData, randomBatch, uneven } from "./network_trial.ts";

const options = { nodeWidth: 6, edgeHidden: [9, 7, 8], edgeWidth: 5, nodeHidden: [8, 8] };

const trials = [
  { what: "tables have the values and gradients of the pairs", variables: uneven },
  { what: "merged layers have the values and gradients of the single ones", variables: mixed },
].flatMap((trial) => (["cpu", "wasm"] as const).map((backend) => ({ ...trial, backend })));

for (const { what, variables, backend } of trials) {
  Deno.test(`gnn's ${what} on ${backend}`, async () => {
    await useBackend(backend);
    const batch = randomBatch(variables, { steps: 3, size: 9 });
    const measure = (fast: boolean): Result => {
      const model = createModel(gnn, { variables, options, steps: 3, fast });
      const { losses, gradients } = model.gradients(batch, new RngNoise(new Rng(4)));
      const { logProb, prediction } = model.evaluate(batch);
      const result = {
        loss: losses.loss.dataSync()[0]!,
        gradients: gradients.map((gradient) => gradient!.dataSync<"float32">().slice()),
        logProb: logProb.dataSync<"float32">().slice(),
        names: model.parameterNames,
      };
      tf.dispose([...gradients as tf.Tensor[], logProb, prediction]);
      model.dispose();
      return result;
    };
    const tables = measure(true);
    const dense = measure(false);
    assertClose([tables.loss], [dense.loss], { tolerance: 1e-5, what: "loss" });
    assertClose(tables.logProb, dense.logProb, { tolerance: 2e-5, what: "log-probability" });
    tables.names.forEach((name, p) => {
      const expected = dense.gradients[p]!;
      const size = maxOf(expected.map(Math.abs));
      tables.gradients[p]!.forEach((value, i) => {
        assert(Math.abs(value - expected[i]!) <= 1e-4 * size, `${name}[${i}]: ${value}, ${expected[i]}`);
      });
    });
    tf.dispose(batch as unknown as tf.TensorContainer);
  });
}

Deno.test("gnn's evaluation does not depend on what was asked before, and follows the weights", async () => {
  await useBackend("wasm");
  const create = (fast: boolean) => createModel(gnn, { variables: uneven, options, steps: 3, fast });
  const batch = randomBatch(uneven, { steps: 3, size: 9 });
  const model = create(true);
  const logProb = (of = model, windows: WindowBatch = batch) => {
    const result = of.evaluate(windows);
    const values = result.logProb.dataSync<"float32">().slice();
    tf.dispose([result.logProb, result.prediction]);
    return values;
  };
  const oneByOne = Array.from({ length: 9 }, (_, b) => {
    const window = {
      observation: batch.observation.slice([b, 0], [1, -1]),
      actions: batch.actions.slice([b, 0, 0], [1, -1, -1]),
      nextObservations: batch.nextObservations.slice([b, 0, 0], [1, -1, -1]),
    };
    const values = logProb(model, window);
    tf.dispose(window);
    return [...values];
  }).flat();
  const before = logProb();
  assert.deepEqual([...before], oneByOne);
  const tensors = tf.memory().numTensors;
  const { gradient_norm: norm, ...losses } = model.update(batch, { noise: new RngNoise(new Rng(4)), data: noData });
  tf.dispose([norm!, ...Object.values(losses)]);
  const after = logProb();
  assert.notDeepEqual(after, before);
  const dense = create(false);
  dense.restore(await model.state());
  assertClose(after, logProb(dense), { tolerance: 2e-5 });
  dense.dispose();
  assert.equal(tf.memory().numTensors, tensors);
  model.dispose();
  tf.dispose(batch as unknown as tf.TensorContainer);
});

interface Result {
  readonly loss: number;
  readonly gradients: readonly Float32Array[];
  readonly logProb: Float32Array;
  readonly names: readonly string[];
}

Deno.test("gnn predicts one variable without messages", async () => {
  await useBackend("cpu");
  const one = { stateVariables: uneven.stateVariables.slice(0, 1), actionVariables: uneven.actionVariables };
  const model = createModel(gnn, { variables: one, options, steps: 1 });
  const batch = randomBatch(one, { steps: 1 });
  const { gradients, losses } = model.gradients(batch, new RngNoise(new Rng(4)));
  assert(Number.isFinite(losses.loss.dataSync()[0]));
  tf.dispose(gradients.filter((gradient) => gradient !== null));
  tf.dispose(batch as unknown as tf.TensorContainer);
  model.dispose();
});
