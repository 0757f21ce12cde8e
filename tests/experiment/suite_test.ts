import { deepEqual, equal, notEqual, ok, rejects, throws } from "node:assert/strict";
import { readFileSync } from "node:fs";
import { expandSuite } from "../../lib/experiment/expand_suite.ts";
import { runSpecSchema } from "../../lib/experiment/run_spec.ts";
import { runId } from "../../lib/experiment/spec_hash.ts";
import { parseSuite, seedsOf } from "../../lib/experiment/suite.ts";
import { loadSuite, suites } from "../../lib/experiment/suite_registry.ts";
import { schemaFiles } from "../../tasks/schema.ts";

const small = {
  name: "mine",
  title: "Mine",
  environments: [{ id: "chemical", variables: 4, colors: 3, noisyNodes: [2] }],
  methods: [{ id: "mlp", hidden: [8] }, { id: "mlp", label: "mlp-wide", hidden: [16] }],
  seeds: "1-2",
};

function mine(change: Record<string, unknown> = {}) {
  return parseSuite({ ...small, ...change }, { what: "suite mine.json" });
}

for (const entry of suites) {
  Deno.test(`suite ${entry.id} is valid, named after itself and expands to complete specs`, async () => {
    const suite = await loadSuite(entry.id);
    equal(suite.name, entry.id);
    const runs = await expandSuite(suite);
    equal(
      runs.length,
      suite.environments.length * suite.variants.length * suite.methods.length * seedsOf(suite).length,
    );
    equal(new Set(runs.map((run) => run.id)).size, runs.length);
    for (const run of runs) {
      deepEqual(runSpecSchema.parse(run.spec), run.spec);
      equal(runId(run.spec), run.id);
    }
  });
}

Deno.test("suites with the paper's settings take its transitions and 8 seeds", async () => {
  const short = ["smoke", "quick"];
  for (const { id } of suites.filter((entry) => !short.includes(entry.id) && !entry.id.endsWith("-short"))) {
    const suite = await loadSuite(id);
    const { environments, loops, randomLoops } = suite.training;
    const isMagnetic = suite.environments.every((environment) => environment.id === "magnetic");
    equal((loops + randomLoops) * environments, isMagnetic ? 200_000 : 161_000);
    if (isMagnetic) equal(randomLoops * environments, 2_000);
    deepEqual(seedsOf(suite), [1, 2, 3, 4, 5, 6, 7, 8]);
  }
});

Deno.test("loadSuite names the choices", async () => {
  await rejects(loadSuite("nope"), {
    name: "RangeError",
    message: 'Cannot find suite "nope": unknown name, expected one of ' +
      `${suites.map(({ id }) => id).join(", ")}, got "nope"`,
  });
});

Deno.test("the files of schemas/ are what suites and schedules are checked with (deno task schema writes them)", () => {
  for (const { path, text } of schemaFiles) equal(readFileSync(path, "utf8"), text(), path);
});

Deno.test("expandSuite goes seed by seed and fills the options' defaults", async () => {
  const runs = await expandSuite(mine());
  deepEqual(runs.map((run) => [run.seed, run.method]), [[1, "mlp"], [1, "mlp-wide"], [2, "mlp"], [2, "mlp-wide"]]);
  equal(runs[0]!.environment, "chemical-fork-4x3");
  equal(runs[0]!.spec.environment.episodeLength, 25);
  equal(runs[0]!.spec.training.batchSize, 256);
});

Deno.test("expandSuite gives a spec that says the defaults the same identity", async () => {
  const [said] = await expandSuite(mine({ training: { batchSize: 256 } }));
  const [silent] = await expandSuite(mine());
  equal(said!.id, silent!.id);
  const [other] = await expandSuite(mine({ training: { batchSize: 128 } }));
  notEqual(other!.id, silent!.id);
});

Deno.test("expandSuite selects methods by label or id, and seeds", async () => {
  const byLabel = await expandSuite(mine(), { methods: ["mlp-wide"], seeds: [9] });
  deepEqual(byLabel.map((run) => [run.method, run.seed]), [["mlp-wide", 9]]);
  equal((await expandSuite(mine(), { methods: ["mlp"] })).length, 4);
  await rejects(expandSuite(mine(), { methods: ["fcdl"] }), {
    message: 'Cannot find method "fcdl": unknown name, expected one of mlp, mlp-wide, got "fcdl"',
  });
});

Deno.test("expandSuite runs each environment under each variant, named by its label", async () => {
  const variants = [{}, { label: "hidden-50", observation: { hiddenShare: 0.5 } }];
  const runs = await expandSuite(mine({ variants }), { methods: ["mlp-wide"], seeds: [1] });
  deepEqual(runs.map((run) => run.environment), ["chemical-fork-4x3", "chemical-fork-4x3-hidden-50"]);
  deepEqual(runs[1]!.spec.observation, { hiddenShare: 0.5, noisyShare: 0, noise: 0 });
  equal(runs[0]!.id, (await expandSuite(mine(), { methods: ["mlp-wide"], seeds: [1] }))[0]!.id);
  await rejects(
    expandSuite(mine({ variants: [...variants, { label: "hidden-50", observation: { hiddenShare: 0.4 } }] })),
    /Cannot use variants\.2 of suite mine: .* expected a label of its own for each variant, got "chemical-fork-4x3-hidd/,
  );
  throws(
    () => mine({ variants: [{ label: "noisy", observation: { noise: 0.5 } }] }),
    /variants\.0\.observation\.hiddenShare .* expected a share above 0 or no observation field/,
  );
});

Deno.test("expandSuite keeps shortened runs in a suite of their own", async () => {
  const runs = await expandSuite(mine(), { steps: 12 });
  equal(runs[0]!.suite, "mine-12-steps");
  equal(runs[0]!.spec.training.loops, 12);
});

Deno.test("expandSuite keeps runs without accelerations in a suite of their own, and says nothing of them else", async () => {
  const [plain] = await expandSuite(mine(), { steps: 12, fast: false });
  equal(plain!.suite, "mine-12-steps-plain");
  equal(plain!.spec.fast, false);
  const [run] = await expandSuite(mine(), { fast: true });
  equal(run!.suite, "mine");
  ok(!("fast" in run!.spec));
});

Deno.test("expandSuite refuses unknown names, wrong options and entries that would be mixed", async () => {
  await rejects(
    expandSuite(mine({ methods: [{ id: "nope" }] })),
    /Cannot find method "nope": .* expected one of .*fcdl/,
  );
  await rejects(expandSuite(mine({ environments: [{ id: "nope" }] })), /expected one of chemical/);
  await rejects(expandSuite(mine({ methods: [{ id: "mlp", hidden: [0] }] })), {
    name: "RangeError",
    message: "Cannot use methods.0 of suite mine: Cannot read method: hidden.0 is not allowed, " +
      "expected number to be >0, got 0",
  });
  await rejects(expandSuite(mine({ methods: [{ id: "mlp" }, { id: "mlp", hidden: [2] }] })), /"mlp" twice$/);
  await rejects(
    expandSuite(mine({ environments: [{ id: "chemical" }, { id: "chemical", shiftScale: 1 }] })),
    /Cannot use environments\.1 of suite mine: .* got "chemical-fork" twice$/,
  );
});

Deno.test("parseSuite names the path, the rule and the value", () => {
  const wrong: readonly (readonly [Record<string, unknown>, string])[] = [
    [{ name: "My Suite" }, 'name is not allowed, expected lower-case letters, digits and dashes, got "My Suite"'],
    [{ seeds: "8-1" }, 'seeds is not allowed, expected seeds such as 1-8 or 1,3,5, each once, got "8-1"'],
    [{ seeds: [1, 1] }, "seeds is not allowed, expected different seeds, got [1,1]"],
    [{ seeds: 3 }, "seeds is not allowed, expected a list of different seeds, or text such as 1-8 or 1,3,5, got 3"],
    [{ methods: [] }, "methods is not allowed, expected array to have >=1 items, got []"],
    [{ evaluation: { episodes: 0 } }, "evaluation.episodes is not allowed, expected number to be >0, got 0"],
    [
      { planner: { candidates: 8, elites: 9 } },
      "planner.elites is not allowed, expected at most as many elites as the 8 candidates, got 9",
    ],
  ];
  for (const [change, rest] of wrong) {
    throws(() => mine(change), { name: "RangeError", message: `Cannot read suite mine.json: ${rest}` });
  }
});
