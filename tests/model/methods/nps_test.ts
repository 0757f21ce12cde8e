import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs";
import { maxOf } from "../../../lib/core/extremes.ts";
import { Rng } from "../../../lib/core/rng.ts";
import type { WindowBatch } from "../../../lib/model/dynamics_model.ts";
import { nps } from "../../../lib/model/methods/nps.ts";
import { RngNoise, useBackend } from "../../../lib/tensor/mod.ts";
import { createModel, mixed, noData, randomBatch, uneven, type Variables } from "./network_trial.ts";

const options = {
  rules: 5,
  ruleWidth: 3,
  ruleSelectorWidth: 5,
  contextSelectorWidth: 4,
  encoderWidths: [7, 6],
  ruleHidden: [8, 7],
};

/** Selectors so wide that most choices are certain, as with the default widths. */
const sure = { ...options, ruleSelectorWidth: 300, contextSelectorWidth: 300 };

/** Numbers of a method's gradients on a batch and of its evaluation. */
function measure(
  batch: WindowBatch,
  { variables, options, fast }: {
    variables: Variables;
    options: Record<string, unknown>;
    fast: boolean;
  },
): Result {
  const model = createModel(nps, { variables, options, steps: 3, fast });
  const { losses, gradients } = model.gradients(batch, new RngNoise(new Rng(4)));
  const { logProb, prediction } = model.evaluate(batch);
  const result = {
    loss: losses.loss.dataSync()[0]!,
    gradients: gradients.map((gradient) => gradient!.dataSync<"float32">().slice()),
    logProb: logProb.dataSync<"float32">().slice(),
    names: model.parameterNames,
  };
  tf.dispose([...gradients as tf.Tensor[], logProb, prediction]);
  tf.dispose(losses as unknown as tf.TensorContainer);
  model.dispose();
  return result;
}

interface Result {
  readonly loss: number;
  readonly gradients: readonly Float32Array[];
  readonly logProb: Float32Array;
  readonly names: readonly string[];
}

for (const backend of ["cpu", "wasm"] as const) {
  for (const [kind, variables] of Object.entries({ uneven, mixed })) {
    for (
      const { what, factor = 1, chosen = options } of [{ what: "" }, { what: " seen shifted", factor: 1.25 }, {
        what: " and certain choices",
        chosen: sure,
      }]
    ) {
      const inputs = `${kind} variables${what}`;
      Deno.test(`nps has the values and gradients of all rules on all rows, ${inputs}, on ${backend}`, async () => {
        await useBackend(backend);
        // More rows than all rules are applied to at once.
        const drawn = randomBatch(variables, { steps: 3, size: 70 });
        const batch = { ...drawn, observation: drawn.observation.mul<tf.Tensor2D>(factor), isShifted: factor !== 1 };
        const fast = measure(batch, { variables, options: chosen, fast: true });
        const plain = measure(batch, { variables, options: chosen, fast: false });
        assert(Math.abs(fast.loss - plain.loss) <= 1e-5 * Math.abs(plain.loss), `${fast.loss}, ${plain.loss}`);
        fast.logProb.forEach((value, i) => {
          const expected = plain.logProb[i]!;
          assert(Math.abs(value - expected) <= 2e-5 * Math.max(1, Math.abs(expected)), `${i}: ${value}, ${expected}`);
        });
        fast.names.forEach((name, p) => {
          const expected = plain.gradients[p]!;
          const size = maxOf(expected.map(Math.abs));
          assert(size > 0, `${name}: the test needs a gradient that is not 0`);
          fast.gradients[p]!.forEach((value, i) => {
            assert(Math.abs(value - expected[i]!) <= 1e-4 * size, `${name}[${i}]: ${value}, ${expected[i]}`);
          });
        });
        tf.dispose([batch, drawn.observation] as unknown as tf.TensorContainer);
      });
    }
  }
}

Deno.test("nps learns the same with tables as with all rules on all rows", async () => {
  await useBackend("wasm");
  const learn = async (fast: boolean) => {
    const model = createModel(nps, { variables: uneven, options, steps: 3, fast });
    const noise = new RngNoise(new Rng(5));
    const losses: number[] = [];
    for (let seed = 0; seed < 8; seed++) {
      const batch = randomBatch(uneven, { steps: 3, size: 60, seed });
      const result = model.update(batch, { noise, data: noData });
      losses.push(result.loss.dataSync()[0]!);
      tf.dispose([batch, result] as unknown as tf.TensorContainer);
    }
    const state = await model.state();
    model.dispose();
    return { losses, state };
  };
  const fast = await learn(true);
  const plain = await learn(false);
  fast.losses.forEach((loss, k) => assert(Math.abs(loss / plain.losses[k]! - 1) < 1e-4, `${loss}, ${plain.losses[k]}`));
  for (const [name, { data }] of Object.entries(plain.state)) {
    // The optimiser divides by a gradient's size, so moments are compared through what they do.
    if (name.startsWith("adam")) continue;
    data.forEach((value, i) => {
      const found = fast.state[name]!.data[i]!;
      assert(Math.abs(found - value) <= 2e-4 * Math.max(1, Math.abs(value)), `${name}[${i}]: ${found}, ${value}`);
    });
  }
});
