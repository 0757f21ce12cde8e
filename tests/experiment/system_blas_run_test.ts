import { metricText } from "../../lib/records/metric_id.ts";
import assert from "node:assert/strict";
import { runExperiment } from "../../lib/experiment/runner.ts";
import { runSpecSchema } from "../../lib/experiment/run_spec.ts";
import { useBackend, useSystemBlas } from "../../lib/tensor/mod.ts";
import { countingBlas, needsBlas } from "../tensor/system_blas.ts";

const spec = runSpecSchema.parse({
  suite: "small",
  environment: { id: "chemical", variables: 4, colors: 3, noisyNodes: [2] },
  method: { id: "mlp", hidden: [64, 64] },
  planner: { candidates: 8, elites: 4, iterations: 2 },
  training: { environments: 3, randomLoops: 50, loops: 20, batchSize: 64, learningRate: 1e-2 },
  evaluation: { everyLoops: 10, episodes: 2, batchSize: 64 },
  seed: 1,
});

/** Runs to the end, or to `stopAt` and on from there. */
async function recordsOf(stopAt: number | null): Promise<Map<string, unknown>> {
  const records = new Map<string, unknown>();
  let checkpoint: Uint8Array | undefined;
  let left = stopAt;
  while (true) {
    let now = 0;
    const stop = new AbortController();
    const options = { clock: () => now += 400, checkpointEveryMs: 1e9, signal: stop.signal, codeVersion: "0.1.0" };
    for await (const event of runExperiment(spec, { ...options, ...(checkpoint ? { checkpoint } : {}) })) {
      if (event.kind === "done") return records;
      if (event.kind === "checkpoint") checkpoint = event.bytes;
      if (event.kind === "progress" && left !== null && event.progress.loop >= left) {
        left = null;
        stop.abort();
      }
      if (event.kind !== "metrics") continue;
      for (const { updates, envSteps, split, value, ...metric } of event.metrics) {
        if (metric.name !== "cost") records.set([updates, envSteps, split, metricText(metric)].join(), value);
      }
    }
  }
}

Deno.test({
  name: `runExperiment with a system BLAS: interrupted and resumed equals unbroken to the bit${needsBlas.suffix}`,
  ignore: needsBlas.ignore,
  async fn() {
    await useBackend("wasm");
    const blas = countingBlas();
    useSystemBlas(blas);
    try {
      const whole = await recordsOf(null);
      assert.ok(blas.count > 100);
      assert.ok(whole.size > 20);
      assert.deepEqual(await recordsOf(57), whole);
    } finally {
      useSystemBlas(null);
    }
  },
});
