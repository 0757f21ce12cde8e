import { metricText } from "../../lib/records/metric_id.ts";
import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs";
import { Rng } from "../../lib/core/rng.ts";
import { decodeValues } from "../../lib/core/variable.ts";
import { chooseObserved, partiallyObserved } from "../../lib/envs/partial_observation.ts";
import { environments } from "../../lib/envs/registry.ts";
import { runExperiment } from "../../lib/experiment/runner.ts";
import { type RunSpec, runSpecSchema } from "../../lib/experiment/run_spec.ts";
import { specHash } from "../../lib/experiment/spec_hash.ts";
import type { DynamicsModel, MethodEntry, WindowBatch } from "../../lib/model/dynamics_model.ts";
import { methods } from "../../lib/model/registry.ts";
import { useBackend } from "../../lib/tensor/mod.ts";

await useBackend("wasm");

/** Small sizes for each option that a method may have. */
const small: Readonly<Record<string, object>> = {
  mlp: { hidden: [8] },
  fcdl: { featureWidth: 8, predictorWidths: [8], encoderWidths: [8], decoderWidths: [8], codes: 4, codeWidth: 4 },
  ncd: { featureWidth: 8, predictorWidths: [8], auxiliaryWidths: [8] },
  oracle: { featureWidth: 8, predictorWidths: [8] },
  cdl: { featureWidths: [8, 8], predictorWidths: [8] },
  grader: { width: 8 },
};

function specOf(method: string, observation?: RunSpec["observation"]): RunSpec {
  return runSpecSchema.parse({
    suite: "sensors",
    environment: { id: "chemical", variables: 5, colors: 3, noisyNodes: [2], episodeLength: 10 },
    method: { id: method, ...small[method] },
    planner: { candidates: 8, elites: 4, iterations: 2 },
    training: { environments: 3, randomLoops: 30, loops: 11, batchSize: 16 },
    evaluation: { everyLoops: 11, episodes: 2, batchSize: 32 },
    ...(observation ? { observation } : {}),
    seed: 1,
  });
}

/** Values by "updates split metric", costs and times left out. */
async function recordsOf(spec: RunSpec, known: readonly MethodEntry[] = methods): Promise<Map<string, number | null>> {
  const records = new Map<string, number | null>();
  const registries = { environments, methods: known };
  for await (const event of runExperiment(spec, { clock: () => 0, codeVersion: "0.1.0", registries })) {
    if (event.kind !== "metrics") continue;
    for (const { updates, split, value, ...metric } of event.metrics) {
      if (metric.name !== "cost") records.set(`${updates} ${split} ${metricText(metric)}`, value);
    }
  }
  return records;
}

for (const method of Object.keys(small)) {
  Deno.test(`${method} trains and is evaluated on Chemical with hidden and noisy variables`, async () => {
    const records = await recordsOf(specOf(method, { hiddenShare: 0.4, noisyShare: 0.4, noise: 0.3 }));
    for (const split of ["train", "n2"]) {
      for (const metric of ["return", "accuracy", "nll"]) {
        assert.ok(Number.isFinite(records.get(`11 ${split} ${metric}`)), `${metric} of ${split}`);
      }
    }
    assert.equal([...records.keys()].filter((key) => key.startsWith("11 train accuracy/")).length, 3);
  });
}

Deno.test("no hidden value reaches a model: not as an input, a target, a transition or an observation to plan from", async () => {
  const observation = { hiddenShare: 0.4, noisyShare: 0, noise: 0 };
  const spec = specOf("oracle", observation);
  const { hidden } = chooseObserved(5, { observation, rng: new Rng(1).fork("observed variables") });
  assert.equal(hidden.length, 2);
  const variables = Array.from({ length: 5 }, () => ({ kind: "categorical" as const, name: "", categories: 3 }));
  const isHidden = (rows: Float32Array, width: number) => {
    for (let row = 0; row < rows.length; row += width) {
      const values = width === 5 ? rows.subarray(row, row + 5) : decodeValues(variables, rows.subarray(row, row + 15));
      for (const index of hidden) assert.equal(values[index], 0);
    }
  };
  const looked = { update: 0, predict: 0, evaluate: 0 };
  const encodedOf = (batch: WindowBatch) => isHidden(batch.observation.dataSync() as Float32Array, 15);
  const spied = (model: DynamicsModel): DynamicsModel => ({
    parameterCount: model.parameterCount,
    state: () => model.state(),
    restore: (state) => model.restore(state),
    dispose: () => model.dispose(),
    update(batch, options) {
      looked.update++;
      encodedOf(batch);
      isHidden(batch.nextObservations.dataSync() as Float32Array, 15);
      const { values, nextValues } = options.data.transitions();
      isHidden(values, 5);
      isHidden(nextValues, 5);
      const validation = options.data.validationBatch();
      encodedOf(validation);
      isHidden(validation.nextObservations.dataSync() as Float32Array, 15);
      tf.dispose([validation.observation, validation.actions, validation.nextObservations]);
      return model.update(batch, options);
    },
    predict(observations, actions) {
      // Imagined states are the model's own; what an episode shows is its first row.
      if (looked.predict++ === 0) isHidden("values" in observations ? observations.values : observations.encoded, 5);
      return model.predict(observations, actions);
    },
    evaluate(batch) {
      looked.evaluate++;
      encodedOf(batch);
      return model.evaluate(batch);
    },
  });
  const oracle = methods.find(({ id }) => id === "oracle")!;
  const module = await oracle.load();
  const entry: MethodEntry = {
    ...oracle,
    load: () => Promise.resolve({ ...module, create: (context, options) => spied(module.create(context, options)) }),
  };
  await recordsOf(spec, [entry]);
  assert.deepEqual([looked.update, looked.evaluate, looked.predict > 0], [11, 8, true]);
});

Deno.test("noise of probability 0 changes no observation", async () => {
  const world = await environments.find(({ id }) => id === "chemical")!.load()
    .then((module) => module.create(module.parseOptions({ variables: 5, colors: 3 }), 1));
  const seen = partiallyObserved(world, { observed: { hidden: [], noisy: [0, 3] }, noise: 0 });
  const { values } = world.reset("train", { count: 8, rng: new Rng(1) });
  const rows = Float32Array.from({ length: 8 * 15 }, (_, i) => values[Math.floor(i / 3)] === i % 3 ? 1 : 0);
  assert.deepEqual(seen.spec.sensor!.apply(rows, new Rng(2)), rows);
});

Deno.test("a spec without the field observation keeps its identity, and each setting has one spelling", () => {
  const plain = specOf("mlp");
  assert.equal("observation" in plain, false);
  assert.equal(specHash({ ...plain, observation: undefined }), specHash(plain));
  assert.notEqual(specHash(specOf("mlp", { hiddenShare: 0.2, noisyShare: 0, noise: 0 })), specHash(plain));
  const issue = (observation: object) => runSpecSchema.safeParse({ ...plain, observation }).error?.issues[0]?.message;
  assert.equal(issue({ hiddenShare: 0.5 }), undefined);
  assert.equal(issue({}), "expected a share above 0 or no observation field");
  assert.equal(issue({ noisyShare: 0.5 }), "expected noise above 0 exactly if noisyShare is");
  assert.equal(issue({ hiddenShare: 0.5, noise: 0.5 }), "expected noise above 0 exactly if noisyShare is");
  assert.equal(issue({ hiddenShare: 1 }), "expected a share below 1");
  assert.equal(
    issue({ hiddenShare: 0.6, noisyShare: 0.6, noise: 1 }),
    "expected a share of at most 1 with hiddenShare",
  );
});
