import assert from "node:assert/strict";
import { buildRun } from "../../reports/build_run.ts";
import { suiteVerdicts } from "../../reports/build_verdicts.ts";
import { loadRunResults, loadSuiteResults } from "../../reports/results.ts";
import { demoQuickSuite } from "../demo/demo_data.ts";
import { demoStore } from "../demo/demo_store.ts";

Deno.test("loadRunResults finds the control of the run's own seed", async () => {
  await using demo = await demoStore([{
    ...demoQuickSuite,
    methods: [{ id: "fcdl" }, { id: "fixed-graph", label: "no-edges", graph: "none" }],
  }]);
  const { store } = demo;
  const results = (await loadRunResults(store, "quick-fcdl-2"))!;
  assert.ok(results.control!.every(({ runId }) => runId === "quick-no-edges-2"));
  const [section] = buildRun(results);
  assert.equal(section!.id, "learned");
  const suite = (await loadSuiteResults(store, "quick"))!;
  const [note] = suiteVerdicts(suite, "chemical-fork-5x3");
  assert.match(note!.lines[0]!, /^FCDL: .*leaving edges out under the shift/);
});

Deno.test("suiteVerdicts: methods without graphs, and suites without the control", async () => {
  await using demo = await demoStore([demoQuickSuite]);
  const [note] = suiteVerdicts((await loadSuiteResults(demo.store, "quick"))!, "chemical-fork-5x3");
  assert.match(note!.lines[1]!, /^MLP: no causal graph to check\.$/);
  assert.equal(
    note!.lines.at(-1),
    "Not compared with leaving edges out: no finished run of the control without learnable edges in this suite.",
  );
});
