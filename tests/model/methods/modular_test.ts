import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs";
import { maxOf } from "../../../lib/core/extremes.ts";
import { Rng } from "../../../lib/core/rng.ts";
import { modular } from "../../../lib/model/methods/modular.ts";
import { RngNoise, useBackend } from "../../../lib/tensor/mod.ts";
import { createModel, mixed, noData, randomBatch, uneven, type Variables } from "./network_trial.ts";

const two: Variables = {
  stateVariables: ["x", "y"].map((name) => ({ kind: "categorical", name, categories: 2 })),
  actionVariables: [{ kind: "continuous", name: "a", low: 0, high: 1 }],
};

// One sample: x = 0, y = 1, a = 1; next x = 0, y = 0. Input [1, 0, 0, 1, 1]. One hidden unit a variable.
//   x: weights 1 on x = 0 and 1 on a: hidden 2; logits [h, 0]·... with head [0.5, 0]: [1, 0].
//   y: weights -1 on a: hidden relu(-1) = 0; head biases [0, ln 3]: logits [0, ln 3], probabilities [1/4, 3/4].
// Loss = (ln(1 + e^-1) + ln 4) / 2.
const STATE = {
  "layer.0.weight": { shape: [2, 5, 1], data: [1, 0, 0, 0, 1, 0, 0, 0, 0, -1] },
  "layer.0.bias": { shape: [2, 1, 1], data: [0, 0] },
  "head.0.weight": { shape: [2, 1, 2], data: [0.5, 0, 0.7, 0.2] },
  "head.0.bias": { shape: [2, 1, 2], data: [0, 0, 0, Math.log(3)] },
};
const COUNT = 10 + 2 + 4 + 4;

for (const backend of ["cpu", "wasm"] as const) {
  Deno.test(`modular makes the update computed by hand on ${backend}`, async () => {
    await useBackend(backend);
    const model = createModel(modular, { variables: two, options: { hidden: [1] }, steps: 1 });
    const zeros = () => ({ shape: [COUNT], data: new Float32Array(COUNT) });
    model.restore({
      ...Object.fromEntries(
        Object.entries(STATE).map(([name, { shape, data }]) => [name, { shape, data: Float32Array.from(data) }]),
      ),
      "adam.mean": zeros(),
      "adam.square": zeros(),
      "adam.updates": { shape: [1], data: Float32Array.of(0) },
    });
    const batch = {
      observation: tf.tensor2d([[1, 0, 0, 1]]),
      actions: tf.tensor3d([[[1]]]),
      nextObservations: tf.tensor3d([[[1, 0, 1, 0]]]),
    };
    const result = model.gradients(batch, new RngNoise(new Rng(0)));
    near(result.losses.loss.dataSync(), [(Math.log(1 + Math.exp(-1)) + Math.log(4)) / 2]);
    // d loss / d logits = (p - target) / 2. For x: q = 1/(1 + e^-1), so [(q - 1)/2, (1 - q)/2].
    const q = 1 / (1 + Math.exp(-1));
    const x = (q - 1) / 2;
    const expected = {
      // d loss / d hidden of x = 0.5 x; the hidden unit of y is off.
      "layer.0.weight": [0.5 * x, 0, 0, 0.5 * x, 0.5 * x, 0, 0, 0, 0, 0],
      "layer.0.bias": [0.5 * x, 0],
      "head.0.weight": [2 * x, -2 * x, 0, 0],
      "head.0.bias": [x, -x, -3 / 8, 3 / 8],
    };
    assert.deepEqual(model.parameterNames, Object.keys(expected));
    Object.values(expected).forEach((values, i) => near(result.gradients[i]!.dataSync(), values));
    tf.dispose(result.gradients as tf.Tensor[]);
    // Adam's first step is the learning rate against the gradient's sign.
    tf.dispose(model.update(batch, { noise: new RngNoise(new Rng(0)), data: noData }) as unknown as tf.TensorContainer);
    const after = await model.state();
    for (const [name, values] of Object.entries(expected)) {
      const start = STATE[name as keyof typeof STATE].data;
      near(after[name]!.data, values.map((gradient, i) => start[i]! - 1e-3 * Math.sign(gradient)));
    }
    model.dispose();
    tf.dispose(batch);
  });
}

for (const [kind, variables] of Object.entries({ mixed, uneven })) {
  Deno.test(`modular's gradients are those of finite differences on ${kind} variables`, async () => {
    await useBackend("cpu");
    const model = createModel(modular, { variables, options: { hidden: [5, 4] }, steps: 1 });
    const batch = randomBatch(variables, { steps: 1 });
    const loss = () => {
      const { losses, gradients } = model.gradients(batch, new RngNoise(new Rng(4)));
      const value = losses.loss.dataSync()[0]!;
      tf.dispose(gradients as tf.Tensor[]);
      return value;
    };
    const { gradients } = model.gradients(batch, new RngNoise(new Rng(4)));
    const state = await model.state();
    for (const [i, name] of model.parameterNames.entries()) {
      const analytic = gradients[i]!.dataSync();
      const size = maxOf(analytic.map(Math.abs));
      for (const at of [0, Math.floor(analytic.length / 2)]) {
        const moved = (by: number) => {
          const data = state[name]!.data.slice();
          data[at] = data[at]! + by;
          model.restore({ ...state, [name]: { ...state[name]!, data } });
          return loss();
        };
        const step = 1e-3;
        const numeric = (moved(step) - moved(-step)) / (2 * step);
        // A float32 loss is known to its last bit, which a difference divides by the step.
        const rounding = Math.abs(loss()) * 2 ** -23 / step;
        assert(
          Math.abs(numeric - analytic[at]!) <= 0.01 * size + 2 * rounding,
          `${name}[${at}]: ${analytic[at]}, ${numeric}`,
        );
      }
    }
    tf.dispose(gradients as tf.Tensor[]);
    tf.dispose(batch as unknown as tf.TensorContainer);
    model.dispose();
  });
}

function near(actual: ArrayLike<number>, expected: readonly number[]): void {
  assert.equal(actual.length, expected.length);
  expected.forEach((value, i) => assert(Math.abs(actual[i]! - value) < 1e-6, `[${i}] ${actual[i]}, ${value}`));
}
