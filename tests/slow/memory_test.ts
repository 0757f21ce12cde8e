import assert from "node:assert/strict";
import { runSpecSchema } from "../../lib/experiment/run_spec.ts";
import { useBackend } from "../../lib/tensor/mod.ts";
import { memoryOfLoops } from "../training/memory_trial.ts";

/** Loops before the first and after which the last resident size is taken; LOOPS=300 makes a shorter check. */
const warmUp = 200;
const loops = Number(Deno.env.get("LOOPS") ?? 1000);

Deno.test(`${loops} loops of full-size FCDL: tensors stay constant, the resident size grows under 5 %`, async () => {
  await useBackend("wasm");
  const spec = runSpecSchema.parse({
    suite: "memory",
    environment: { id: "chemical", rule: "fork", variables: 10, colors: 5, noisyNodes: [2, 4, 6] },
    method: { id: "fcdl" },
    planner: {},
    training: { randomLoops: 100, loops: warmUp + loops },
    evaluation: {},
    seed: 1,
  });
  const readings = await memoryOfLoops(spec, { loops: warmUp + loops, every: 20 });
  const after = readings.filter(({ loop }) => loop >= warmUp);
  for (const { tensors, tensorBytes } of after) {
    assert.equal(tensors, after[0]!.tensors);
    assert.equal(tensorBytes, after[0]!.tensorBytes);
  }
  // The garbage collector's moment is chance: means of five readings.
  const meanRss = (part: typeof after) => part.reduce((sum, { rssBytes }) => sum + rssBytes / part.length, 0);
  const first = meanRss(after.slice(0, 5));
  const last = meanRss(after.slice(-5));
  const growth = last / first - 1;
  console.log(
    `${after[0]!.tensors} tensors, ${(after.at(-1)!.wasmBytes / 2 ** 20).toFixed(0)} MiB wasm heap; resident ` +
      `${(first / 2 ** 20).toFixed(0)} MiB after ${warmUp} loops, ${(last / 2 ** 20).toFixed(0)} MiB after ` +
      `${warmUp + loops} (${(100 * growth).toFixed(1)} %)`,
  );
  assert.ok(growth < 0.05, `the resident size grew by ${(100 * growth).toFixed(1)} %`);
});
