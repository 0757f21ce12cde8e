import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs";
import { Rng } from "../../../lib/core/rng.ts";
import type { ModelContext, WindowBatch } from "../../../lib/model/dynamics_model.ts";
import { fcdl } from "../../../lib/model/methods/fcdl.ts";
import { forcePlainOperations, RngNoise, useBackend } from "../../../lib/tensor/mod.ts";

/** The paper's Chemical: N nodes of c colours, B windows of T steps. */
const { nodes, colors, batch, steps } = { nodes: 10, colors: 5, batch: 256, steps: 3 };

const context: ModelContext = {
  stateVariables: Array.from({ length: nodes }, (_, i) => ({ kind: "categorical", name: `x${i}`, categories: colors })),
  actionVariables: [{ kind: "categorical", name: "action", categories: nodes * colors }],
  globalGraph: () => new Uint8Array(nodes * (nodes + 1)).fill(1),
};

/** Views of a tensor, and the bracket that TensorFlow.js reports round a custom gradient. */
const free = ["Identity", "Reshape", "forward"];

for (const [fast, ceiling] of [[true, 920], [false, 910]] as const) {
  Deno.test(`a full-size update of plain operations with fast ${fast} launches at most ${ceiling}`, async () => {
    await useBackend("wasm");
    forcePlainOperations(true);
    try {
      const launches = await launchesOfUpdate(fast);
      assert.ok(launches <= ceiling, `${launches} operations`);
      // Less would be no update.
      assert.ok(launches > ceiling / 2, `${launches} operations`);
    } finally {
      forcePlainOperations(false);
    }
  });
}

/** Operations of one update that a GPU would run as kernels. */
async function launchesOfUpdate(fast: boolean): Promise<number> {
  const training = { learningRate: 1e-3, gradientClip: 0.05, predictionSteps: steps, fast };
  const model = fcdl.create(context, { options: fcdl.parseOptions({ codes: 16 }), training, rng: new Rng(1) });
  const windows = randomWindows(new Rng(1));
  const data = {
    episodes: 0,
    validationBatch: () => assert.fail("asked for a validation batch"),
    transitions: () => assert.fail("asked for transitions"),
  };
  // Else every output is read to look for NaN.
  tf.env().set("CHECK_COMPUTATION_FOR_ERRORS", false);
  const noise = new RngNoise(new Rng(2));
  const { kernels } = await tf.profile(() => tf.dispose(model.update(windows, { noise, data })));
  tf.dispose(windows as unknown as tf.TensorContainer);
  model.dispose();
  return kernels.filter(({ name }) => !free.includes(name)).length;
}

function randomWindows(rng: Rng): WindowBatch {
  return {
    observation: oneHots([batch], { count: nodes, categories: colors, rng }) as tf.Tensor2D,
    actions: oneHots([batch, steps], { count: 1, categories: nodes * colors, rng }) as tf.Tensor3D,
    nextObservations: oneHots([batch, steps], { count: nodes, categories: colors, rng }) as tf.Tensor3D,
  };
}

function oneHots(shape: readonly number[], options: { count: number; categories: number; rng: Rng }): tf.Tensor {
  const { count, categories, rng } = options;
  const rows = shape.reduce((product, size) => product * size, 1);
  const data = new Float32Array(rows * count * categories);
  for (let i = 0; i < rows * count; i++) data[i * categories + rng.integer(categories)] = 1;
  return tf.tensor(data, [...shape, count * categories]);
}
