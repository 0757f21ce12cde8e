import { equal, match, ok } from "node:assert/strict";
import * as tf from "@tensorflow/tfjs";
import { Rng } from "../../lib/core/rng.ts";
import { environments } from "../../lib/envs/registry.ts";
import { expandSuite } from "../../lib/experiment/expand_suite.ts";
import { parseSuite } from "../../lib/experiment/suite.ts";
import { methods } from "../../lib/model/registry.ts";
import { useBackend, withShapesOnly } from "../../lib/tensor/mod.ts";
import { describeRuns } from "../../tasks/bench/dry_run.ts";
import { modelContext } from "../../lib/experiment/model_context.ts";

const suite = {
  name: "sizes",
  title: "Sizes",
  environments: [{ id: "chemical", variables: 4, colors: 3, noisyNodes: [2] }],
  methods: [{ id: "mlp" }],
  seeds: [1],
};

async function plan(change: object) {
  const runs = await expandSuite(parseSuite({ ...suite, ...change }, { what: "suite" }));
  return { runs, status: new Map(runs.map(({ id }) => [id, "missing" as const])) };
}

for (const { id, load } of methods) {
  Deno.test(`a model of ${id} has as many parameters without values as with them, and leaves nothing`, async () => {
    await useBackend("wasm");
    const { create, parseOptions } = await load();
    const { spec } = (await plan({ methods: [{ id }] })).runs[0]!;
    const world = await environments.find((entry) => entry.id === "chemical")!.load();
    const environment = await world.create(world.parseOptions({ variables: 4, colors: 3, noisyNodes: [2] }), 1);
    const context = modelContext(environment);
    const count = () => {
      const model = create(context, { options: parseOptions({}), training: spec.training, rng: new Rng(1) });
      const { parameterCount } = model;
      model.dispose();
      return parameterCount;
    };
    const before = tf.memory().numTensors;
    equal(withShapesOnly(count), count());
    equal(tf.memory().numTensors, before);
    environment.dispose();
  });
}

Deno.test("--dry-run counts the parameters of a model that no memory holds", async () => {
  await useBackend("wasm");
  const before = Deno.memoryUsage().rss;
  // 20,000 squared was 3.2 GB; 2,000,000 squared would be 16 TB.
  const text = await describeRuns(await plan({ methods: [{ id: "mlp", hidden: [2_000_000, 2_000_000] }] }));
  match(text, /4,000,\d{3},\d{3},\d{3}$/m);
  ok(Deno.memoryUsage().rss - before < 200e6);
});
