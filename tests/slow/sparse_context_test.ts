import { metricText } from "../../lib/records/metric_id.ts";
import assert from "node:assert/strict";
import type { ExperimentEvent } from "../../lib/experiment/events.ts";
import { runSpecSchema } from "../../lib/experiment/run_spec.ts";
import { runExperiment } from "../../lib/experiment/runner.ts";
import { useBackend } from "../../lib/tensor/mod.ts";
import { parseCodebook } from "../../lib/records/artifacts.ts";

/** Trains fcdl-sparse on the small fork for 1,000 updates and returns all that the run told. */
async function train(seed: number): Promise<ExperimentEvent[]> {
  await useBackend("wasm");
  const spec = runSpecSchema.parse({
    suite: "slow",
    environment: { id: "chemical", rule: "fork", variables: 5, colors: 3, noisyNodes: [2] },
    method: { id: "fcdl-sparse", featureWidth: 64, predictorWidths: [64, 64, 64] },
    training: { loops: 1000, learningRate: 1e-3, explorationEpsilon: 1 },
    evaluation: { everyLoops: 1000, episodes: 1 },
    seed,
  });
  const events: ExperimentEvent[] = [];
  for await (const event of runExperiment(spec, { clock: () => performance.now(), codeVersion: "test" })) {
    if (event.kind !== "checkpoint") events.push(event);
  }
  return events;
}

Deno.test("fcdl-sparse reads its codes from root and action alone, and is blind to the shift", async () => {
  const events = await train(101);
  const artifact = events.findLast((event) => event.kind === "artifact" && event.name === "codebook");
  assert.ok(artifact?.kind === "artifact");
  const codebook = parseCodebook(JSON.parse(new TextDecoder().decode(artifact.bytes)))!;
  assert.deepEqual(codebook.gates!.open, [true, false, false, false, false, true]);
  const final = (split: string, metric: string) => {
    const found = events.flatMap((event) => event.kind === "metrics" ? event.metrics : [])
      .findLast((score) => score.split === split && metricText(score) === metric);
    assert.ok(found?.value != null, `${split} ${metric} was measured`);
    return found.value;
  };
  assert.equal(final("n2", "code_agreement"), 1);
  assert.ok(final("n2", "accuracy") >= 0.95, `accuracy under the shift is ${final("n2", "accuracy")}`);
});
