import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs";
import { runSpecSchema } from "../../lib/experiment/run_spec.ts";
import { useBackend } from "../../lib/tensor/mod.ts";
import { memoryOfLoops } from "./memory_trial.ts";

const sizes = { featureWidth: 8, predictorWidths: [8, 8] };
const methods = [
  { id: "fcdl", ...sizes, encoderWidths: [8], decoderWidths: [8], codes: 4, codeWidth: 4 },
  { id: "cdl", featureWidths: [8], predictorWidths: [8] },
  { id: "mlp", hidden: [16] },
];

for (const method of methods) {
  Deno.test(`200 loops of ${method.id} keep tensors and the wasm heap as large as they were`, async () => {
    await useBackend("wasm");
    const before = tf.memory().numTensors;
    const spec = runSpecSchema.parse({
      suite: "memory",
      environment: { id: "chemical", variables: 5, colors: 3, noisyNodes: [2] },
      method,
      planner: { candidates: 8, elites: 4, iterations: 2 },
      training: { environments: 2, randomLoops: 50, loops: 200, batchSize: 16 },
      evaluation: {},
      seed: 1,
    });
    const [first, ...rest] = await memoryOfLoops(spec, { loops: 200, every: 20 });
    for (const reading of rest) {
      for (const name of ["tensors", "tensorBytes", "wasmBytes"] as const) {
        assert.equal(reading[name], first![name], `${name} after ${reading.loop} loops`);
      }
    }
    assert.equal(tf.memory().numTensors, before, "all tensors are freed");
  });
}
