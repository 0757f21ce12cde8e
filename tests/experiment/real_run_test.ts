import { metricText } from "../../lib/records/metric_id.ts";
import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs";
import { runExperiment } from "../../lib/experiment/runner.ts";
import { type RunSpec, runSpecSchema } from "../../lib/experiment/run_spec.ts";
import { useBackend } from "../../lib/tensor/mod.ts";

await useBackend("wasm");

const methods: readonly RunSpec["method"][] = [
  {
    id: "fcdl",
    featureWidth: 8,
    predictorWidths: [8, 8],
    encoderWidths: [8],
    decoderWidths: [8],
    codes: 4,
    codeWidth: 4,
  },
  { id: "mlp", hidden: [16] },
];

/** Chemical with a method, a few updates long. */
function smallSpec(method: RunSpec["method"], seed = 1): RunSpec {
  return runSpecSchema.parse({
    suite: "small",
    environment: { id: "chemical" },
    method,
    planner: { candidates: 8, elites: 4, iterations: 2 },
    training: { environments: 3, randomLoops: 50, loops: 30, batchSize: 16, learningRate: 1e-2 },
    evaluation: { everyLoops: 15, episodes: 2, batchSize: 64 },
    seed,
  });
}

/** Runs to the end; at each loop in `stops` the run is aborted and a new one goes on from its checkpoint. */
async function recordsOf(spec: RunSpec, stops: readonly number[] = []): Promise<Map<string, unknown>> {
  const records = new Map<string, unknown>();
  const left = [...stops];
  let checkpoint: Uint8Array | undefined;
  while (true) {
    let now = 0;
    const controller = new AbortController();
    const events = runExperiment(spec, {
      clock: () => now += 400, // progress each loop
      checkpointEveryMs: 1e9,
      signal: controller.signal,
      codeVersion: "0.1.0",
      ...(checkpoint ? { checkpoint } : {}),
    });
    for await (const event of events) {
      if (event.kind === "done") return records;
      if (event.kind === "checkpoint") checkpoint = event.bytes;
      if (event.kind === "progress" && left.length > 0 && event.progress.loop >= left[0]!) {
        left.shift();
        controller.abort();
      }
      if (event.kind === "artifact") records.set(event.name, new TextDecoder().decode(event.bytes));
      if (event.kind !== "metrics") continue;
      for (const { updates, envSteps, split, value, ...metric } of event.metrics) {
        if (metric.name !== "cost") records.set([updates, envSteps, split, metricText(metric)].join(), value);
      }
    }
  }
}

for (const method of methods) {
  Deno.test(`${method.id} on Chemical: interrupted and resumed equals unbroken to the bit, and nothing leaks`, async () => {
    await recordsOf(smallSpec(method)); // what the backend keeps for good comes with the first run
    const tensors = tf.memory().numTensors;
    const whole = await recordsOf(smallSpec(method));
    assert.deepEqual(await recordsOf(smallSpec(method), [20, 56, 57, 71]), whole);
    assert.notDeepEqual(await recordsOf(smallSpec(method, 2)), whole);
    assert.equal(tf.memory().numTensors, tensors);
    const metricsOf = (split: string) =>
      new Set([...whole.keys()].filter((key) => key.includes(`,${split},`)).map((key) => key.split(",").at(-1)!));
    for (const split of ["train", "n2", "n4", "n6"]) {
      for (const metric of ["return", "success", "accuracy", "nll", "accuracy_t3"]) {
        assert.ok(metricsOf(split).has(metric), `${metric} of ${split}`);
      }
    }
    assert.equal(metricsOf("train").has("shd/local"), method.id === "fcdl");
    assert.equal(whole.has("codebook"), method.id === "fcdl");
    assert.equal(metricsOf("train").has("plan_variable_hit_rate"), method.id === "fcdl");
    assert.ok((whole.get("30,240,train,loss") as number) < 2);
  });
}
