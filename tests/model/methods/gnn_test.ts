import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs";
import { Rng } from "../../../lib/core/rng.ts";
import * as gnn from "../../../lib/model/methods/gnn.ts";
import { useBackend } from "../../../lib/tensor/backend.ts";
import { RngNoise } from "../../../lib/tensor/noise.ts";
import { assertClose } from "../../tensor/numeric.ts";
import { createModel, mixed, randomBatch, uneven } from "./network_trial.ts";

const options = { nodeWidth: 6, edgeHidden: [9, 7, 8], edgeWidth: 5, nodeHidden: [8, 8] };

const trials = [
  { what: "tables have the values and gradients of the pairs", variables: uneven },
  { what: "merged layers have the values and gradients of the single ones", variables: mixed },
].flatMap((trial) => (["cpu", "wasm"] as const).map((backend) => ({ ...trial, backend })));

for (const { what, variables, backend } of trials) {
  Deno.test(`gnn's ${what} on ${backend}`, async () => {
    await useBackend(backend);
    const batch = randomBatch(variables, { steps: 3, size: 9 });
    const measure = (firstLayers: "tables" | "dense"): Result => {
      const model = createModel(gnn, { variables, options, steps: 3, firstLayers });
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
    const tables = measure("tables");
    const dense = measure("dense");
    assertClose([tables.loss], [dense.loss], { tolerance: 1e-5, what: "loss" });
    assertClose(tables.logProb, dense.logProb, { tolerance: 2e-5, what: "log-probability" });
    tables.names.forEach((name, p) => {
      const expected = dense.gradients[p]!;
      const size = Math.max(...expected.map(Math.abs));
      tables.gradients[p]!.forEach((value, i) => {
        assert(Math.abs(value - expected[i]!) <= 1e-4 * size, `${name}[${i}]: ${value}, ${expected[i]}`);
      });
    });
    tf.dispose(batch as unknown as tf.TensorContainer);
  });
}

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
