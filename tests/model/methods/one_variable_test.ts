import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs";
import { maxOf } from "../../../lib/core/extremes.ts";
import { Rng } from "../../../lib/core/rng.ts";
import type { Variable } from "../../../lib/core/variable.ts";
import { methods } from "../../../lib/model/registry.ts";
import { RngNoise, useBackend } from "../../../lib/tensor/mod.ts";
import { smallOptions } from "../../contracts/model_trial.ts";
import { assertClose } from "../../tensor/numeric.ts";
import { createModel, randomBatch } from "./network_trial.ts";

const one = (kind: "state" | "action"): Variable => ({ kind: "categorical", name: kind, categories: 3 });
const variables = { stateVariables: [one("state")], actionVariables: [one("action")] };

for (const id of ["gnn", "nps", "grader"]) {
  const method = await methods.find((entry) => entry.id === id)!.load();
  for (const backend of ["cpu", "wasm"] as const) {
    Deno.test(`${id} has the gradients of its plain network in a world of one variable on ${backend}`, async () => {
      await useBackend(backend);
      const batch = randomBatch(variables, { steps: 3, size: 7 });
      const [fast, plain] = [true, false].map((fast) => {
        const model = createModel(method, { variables, options: smallOptions(method), steps: 3, fast });
        const { losses, gradients } = model.gradients(batch, new RngNoise(new Rng(4)));
        const numbers = gradients.map((gradient) => gradient?.dataSync<"float32">().slice() ?? new Float32Array());
        const loss = losses.loss.dataSync()[0]!;
        tf.dispose([...Object.values(losses), ...gradients.flatMap((gradient) => gradient ?? [])]);
        model.dispose();
        return { loss, numbers };
      }) as [{ loss: number; numbers: Float32Array[] }, { loss: number; numbers: Float32Array[] }];
      assertClose([fast.loss], [plain.loss], { tolerance: 1e-5 });
      plain.numbers.forEach((expected, p) => {
        const size = maxOf([...expected.map(Math.abs)]);
        expected.forEach((value, i) => assert(Math.abs(fast.numbers[p]![i]! - value) <= 1e-4 * size + 1e-8, `${p}`));
      });
      tf.dispose([batch.observation, batch.actions, batch.nextObservations]);
    });
  }
}
