import { deepEqual, equal, notEqual, ok, rejects } from "node:assert/strict";
import { expandSuite, type PlannedRun } from "../../lib/experiment/expand_suite.ts";
import { parseSuite, seedsOf, type Suite } from "../../lib/experiment/suite.ts";
import { suites } from "../../lib/experiment/suite_registry.ts";
import { refuseUnsupported } from "../../lib/experiment/unsupported.ts";
import { useBackend } from "../../lib/tensor/mod.ts";
import { describePlan, describeRuns } from "../../tasks/bench/dry_run.ts";
import { codeBlocks, sectionOf } from "./markdown.ts";

const what = "suite my_suite.json";

async function pageOf(name: string): Promise<string> {
  return await Deno.readTextFile(new URL(`../../${name}`, import.meta.url));
}

/** The JSON that a section shows. */
function exampleOf(page: string, heading: string): Record<string, unknown> {
  const blocks = codeBlocks(sectionOf(page, heading), "json");
  equal(blocks.length, 1);
  return JSON.parse(blocks[0]!);
}

async function plannedRuns(value: unknown): Promise<{ suite: Suite; runs: readonly PlannedRun[] }> {
  const suite = parseSuite(value, { what });
  const runs = await expandSuite(suite);
  await refuseUnsupported(runs);
  return { suite, runs };
}

for (const [name, heading] of [["docs/suites.md", "A complete example"], ["README.md", "Run a suite of your own"]]) {
  Deno.test(`the suite in ${name} is one that bench takes`, async () => {
    const value = exampleOf(await pageOf(name!), heading!);
    const { suite, runs } = await plannedRuns(value);
    equal(
      runs.length,
      suite.environments.length * suite.variants.length * suite.methods.length * seedsOf(suite).length,
    );
    ok(suites.every(({ id }) => id !== suite.name));
    ok((await Deno.stat(new URL(`../../${value.$schema}`, import.meta.url))).isFile);
    for (const { spec } of runs) ok(spec.training.randomLoops >= (spec.environment.episodeLength as number));
  });
}

Deno.test("docs/suites.md shows what --dry-run prints of its example", async () => {
  const page = await pageOf("docs/suites.md");
  const section = sectionOf(page, "A complete example");
  const { suite, runs } = await plannedRuns(exampleOf(page, section.heading));
  await useBackend("cpu");
  const plan = { runs, status: new Map(runs.map((run) => [run.id, "missing" as const])) };
  const printed = [
    `${suite.title} (${suite.name}), ${describePlan(plan)}`,
    await describeRuns(plan),
    "Nothing was written.",
  ];
  deepEqual(codeBlocks(section, "text"), [printed.join("\n\n")]);
});

Deno.test("more seeds, as docs/suites.md adds them, leave the runs that there are", async () => {
  const page = await pageOf("docs/suites.md");
  const value = exampleOf(page, "A complete example");
  const added = /write `"seeds": "([^"]+)"`\s+in\s+place of `"([^"]+)"`/.exec(page)!;
  equal(value.seeds, added[2]);
  const before = (await plannedRuns(value)).runs.map(({ id }) => id);
  const after = (await plannedRuns({ ...value, seeds: added[1] })).runs.map(({ id }) => id);
  deepEqual(after.slice(0, before.length), before);
  equal(after.length, before.length / 2 * 5);
});

Deno.test("a run's identity has all that docs/suites.md says, and its remarks do not count", async () => {
  const value = exampleOf(await pageOf("docs/suites.md"), "A complete example");
  const firstId = async (change: Record<string, unknown>) => (await plannedRuns({ ...value, ...change })).runs[0]!.id;
  const id = await firstId({});
  equal(await firstId({ title: "Other", description: "Other", notes: ["Other"] }), id);
  for (
    const change of [
      { name: "other" },
      { environments: [{ id: "chemical", variables: 5, colors: 3, noisyNodes: [2], shiftScale: 50 }] },
      { variants: [{ observation: { hiddenShare: 0.2 } }] },
      { methods: [{ ...(value.methods as object[])[0], label: "other" }] },
      { planner: { horizon: 2 } },
      { training: { loops: 1 } },
      { evaluation: { episodes: 1 } },
      { seeds: [2] },
    ]
  ) notEqual(await firstId(change), id, JSON.stringify(change));
});

Deno.test("what docs/suites.md says is refused is refused with that sentence", async () => {
  const page = await pageOf("docs/suites.md");
  const example = exampleOf(page, "A complete example");
  const [block] = codeBlocks(sectionOf(page, "What is refused"), "");
  const refusals = block!.split("\n\n").map((pair) => pair.split("\n"));
  ok(refusals.length >= 5);
  for (const [change, message] of refusals) {
    const value = { ...example, ...JSON.parse(`{${change}}`) };
    await rejects(plannedRuns(value), { name: "RangeError", message: message! }, change!);
  }
});
