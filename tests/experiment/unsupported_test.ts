import { deepEqual, equal, rejects } from "node:assert/strict";
import { expandSuite } from "../../lib/experiment/expand_suite.ts";
import { parseSuite } from "../../lib/experiment/suite.ts";
import { loadSuite, suites } from "../../lib/experiment/suite_registry.ts";
import { refuseUnsupported, unsupportedPairs } from "../../lib/experiment/unsupported.ts";

const reason = "Cannot use grader: its tests of independence count categories, expected categorical variables only, " +
  'got the continuous variable "ball x"';

Deno.test("unsupportedPairs asks each method once for each environment, whatever the seeds", async () => {
  const suite = parseSuite({
    name: "mine",
    title: "Mine",
    environments: [{ id: "chemical", variables: 4, colors: 3, noisyNodes: [2] }, { id: "magnetic" }],
    methods: [{ id: "mlp" }, { id: "grader" }],
    seeds: "1-3",
  }, { what: "suite mine.json" });
  const runs = await expandSuite(suite);
  deepEqual(await unsupportedPairs(runs), [{ method: "grader", environment: "magnetic", reason }]);
  await rejects(refuseUnsupported(runs), {
    name: "RangeError",
    message: "Cannot run suite mine: a method cannot run on an environment, expected pairs that fit (--methods " +
      `chooses methods), got grader on magnetic: ${reason}`,
  });
  equal(await refuseUnsupported(await expandSuite(suite, { methods: ["mlp"] })), undefined);
});

for (const { id } of suites) {
  Deno.test(`suite ${id} has only methods that can run on its environments`, async () => {
    deepEqual(await unsupportedPairs(await expandSuite(await loadSuite(id))), []);
  });
}
