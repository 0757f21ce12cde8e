import { deepEqual, equal, ok } from "node:assert/strict";
import { environments } from "../../lib/envs/registry.ts";
import { runSpecSchema } from "../../lib/experiment/run_spec.ts";
import { runExperiment } from "../../lib/experiment/runner.ts";
import { parseSuite, seedsOf } from "../../lib/experiment/suite.ts";
import type { MethodEntry, MethodModule } from "../../lib/model/dynamics_model.ts";
import { methods } from "../../lib/model/registry.ts";
import { useBackend } from "../../lib/tensor/mod.ts";
import { modelContract } from "../contracts/model_contract.ts";
import { codeBlocks, sectionOf, tableOf } from "./markdown.ts";

const page = Deno.readTextFileSync(new URL("../../docs/tutorial_first_method.md", import.meta.url));
const registryEntry = { id: "additive", label: "Additive" };

/** Uses the page's method from a file, with its code as if that stood where the page says. */
async function withMethodFile<T>(use: (file: string) => Promise<T>): Promise<T> {
  const [code] = codeBlocks(sectionOf(page, "1. The method"), "ts");
  const place = new URL("../../lib/model/methods/", import.meta.url);
  const absolute = code!.replaceAll(/from "(\.\.?\/[^"]+)"/g, (_, path) => `from "${new URL(path, place)}"`);
  const file = await Deno.makeTempFile({ suffix: ".ts" });
  try {
    await Deno.writeTextFile(file, absolute);
    return await use(file);
  } finally {
    await Deno.remove(file);
  }
}

function loadMethod(): Promise<MethodModule> {
  return withMethodFile(async (file) => (await import(`file://${file}`)).additive);
}

const additive: MethodEntry = { ...registryEntry, load: loadMethod };
const registries = { environments, methods: [...methods, additive] };

// The contract that the page tells its reader to run.
await modelContract(additive);

for (const [what, args] of [["type error", ["check"]], ["lint", ["lint"]]] as const) {
  Deno.test(`the tutorial's code has no ${what}`, async () => {
    await withMethodFile(async (file) => {
      const config = new URL("../../deno.json", import.meta.url).pathname;
      const command = new Deno.Command(Deno.execPath(), {
        args: [...args, "--config", config, file],
        env: { NO_COLOR: "1" },
      });
      const { success, stderr } = await command.output();
      equal(new TextDecoder().decode(stderr).replaceAll(/^Check.*\n/gm, ""), "");
      ok(success);
    });
  });
}

Deno.test("the tutorial's line of the registry names the method that it shows", () => {
  const [line] = codeBlocks(sectionOf(page, "2. The registry"), "ts");
  for (const part of [registryEntry.id, registryEntry.label]) ok(line!.includes(`"${part}"`));
  ok(line!.includes("./methods/additive.ts") && line!.includes(".additive"));
});

Deno.test("the tutorial's page of docs has the method's options and defaults", async () => {
  const [docs] = codeBlocks(sectionOf(page, "3. The page of docs"), "md");
  const rows = tableOf(sectionOf(docs!, "Options")).slice(1);
  const told = Object.fromEntries(rows.map(([name, value]) => [name!.replaceAll("`", ""), Number(value)]));
  deepEqual(told, (await loadMethod()).parseOptions({}));
});

Deno.test("the tutorial's suite runs, and the method's graph is scored", async () => {
  await useBackend("wasm");
  const [json] = codeBlocks(sectionOf(page, "4. Try it"), "json");
  const suite = parseSuite(JSON.parse(json!), { what: "the tutorial's suite" });
  const method = suite.methods.find(({ id }) => id === additive.id)!;
  const spec = runSpecSchema.parse({
    suite: suite.name,
    environment: suite.environments[0],
    method,
    training: { ...suite.training, randomLoops: 60, loops: 10 },
    evaluation: suite.evaluation,
    seed: seedsOf(suite)[0],
  });
  const names = new Set<string>();
  for await (const event of runExperiment(spec, { clock: () => 0, codeVersion: "0", registries })) {
    if (event.kind === "metrics") { for (const { name } of event.metrics) names.add(name); }
  }
  for (const name of ["return", "accuracy", "learnable_f1"]) ok(names.has(name), `${name} in ${[...names].join()}`);
});
