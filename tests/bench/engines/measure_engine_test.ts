import assert from "node:assert/strict";
import { askInProcess } from "../../../lib/bench/engines/ask_engine.ts";
import { differenceOf } from "../../../lib/bench/engines/engine_findings.ts";
import { measureLoop, trialLosses } from "../../../lib/bench/engines/measure_engine.ts";
import { runSpecSchema } from "../../../lib/experiment/run_spec.ts";
import { useBackend } from "../../../lib/tensor/mod.ts";

const spec = runSpecSchema.parse({
  suite: "s",
  environment: { id: "chemical", variables: 3, colors: 3, episodeLength: 6 },
  method: { id: "fcdl", featureWidth: 8, predictorWidths: [8], codes: 4 },
  training: { environments: 2, batchSize: 8, predictionSteps: 2 },
  seed: 1,
});

Deno.test("trialLosses: wasm computes what cpu does; the same again; another start differs", async () => {
  await useBackend("cpu");
  const plain = await trialLosses(spec);
  assert.equal(plain.length, 2);
  assert(plain.every((losses) => "gradient_norm" in losses && Object.keys(losses).length > 1));
  assert.deepEqual(await trialLosses(spec), plain);
  assert.notEqual(differenceOf(await trialLosses({ ...spec, seed: 2 }), plain), null);
  await useBackend("wasm");
  assert.equal(differenceOf(await trialLosses(spec), plain), null);
});

Deno.test("measureLoop: an update and a plan take time, and as many rounds as asked", async () => {
  await useBackend("wasm");
  let now = 0;
  const { updateMs, planMs } = await measureLoop(spec, { clock: () => now += 1, rounds: 3, limitMs: 1000 });
  assert.deepEqual([updateMs, planMs], [1, 1]);
});

Deno.test("askInProcess: a process of its own answers; one that cannot says why", async () => {
  const answer = await askInProcess({ engine: "wasm", spec, blas: null, what: "losses" });
  assert.equal(answer.kind, "losses");
  const failed = await askInProcess({ engine: "tpu", spec, blas: null, what: "loop" });
  assert(failed.kind === "failed");
  assert.match(failed.error, /^Cannot find backend "tpu"/);
});
