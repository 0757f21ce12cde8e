import { metricOf } from "../metric_of.ts";
import assert from "node:assert/strict";
import type { MetricRow, Run } from "../../lib/store/store.ts";
import { buildRun } from "../../reports/build/run.ts";
import { runVerdicts, suiteVerdicts } from "../../reports/build/verdicts.ts";
import { loadRunResults, type SuiteResults } from "../../reports/read/results.ts";
import { loadSuiteResults } from "../../reports/read/suite_reading.ts";
import { demoQuickSuite } from "../demo/demo_data.ts";
import { demoStore } from "../demo/demo_store.ts";

/**
 * Last records of suite `quick` as it was: FCDL with two codes and λ = 0.4, and the control without learnable edges of
 * the same sizes (fixed-graph, none), seeds 1-3, 1,000 updates.
 */
const oldDemo: Readonly<Record<string, Readonly<Record<string, number>>>> = JSON.parse(
  await Deno.readTextFile(new URL("old_quick.json", import.meta.url)),
);

function oldDemoResults(): SuiteResults {
  const runs = Object.keys(oldDemo).map((id): Run => {
    const [method = "", seed] = id.split(" ");
    return {
      ...{ id, suite: "quick", environment: "chemical-fork-5x3", method, seed: Number(seed), status: "done" },
      spec: { method: method === "fcdl" ? { id: "fcdl" } : { id: "fixed-graph", graph: "none" } },
      ...{ error: null, progress: null, provenance: null, leaseUntilMs: null },
      ...{ createdAtMs: 0, updatedAtMs: 0, elapsedMs: 0 },
    } as Run;
  });
  const finals = Object.entries(oldDemo).flatMap(([runId, values]) =>
    Object.entries(values).map(([key, value]): MetricRow => {
      const [split = "", metric = ""] = key.split(" ");
      return { runId, split, ...metricOf(metric), value, envSteps: 20_000, updates: 1000, elapsedMs: 1 };
    })
  );
  return { suite: "quick", runs, finals, curves: [] };
}

Deno.test("the old demo's FCDL ignores contexts and is no better than leaving edges out", () => {
  const [note] = suiteVerdicts(oldDemoResults(), "chemical-fork-5x3");
  assert.equal(note!.tone, "warning");
  assert.equal(note!.lines.length, 1, "the control is not judged");
  const [line] = note!.lines;
  assert.match(line!, /^FCDL: codes ignore contexts on 3 of 3 seeds \(3\.5 to 37\.9 % of the uncertainty/);
  assert.match(line!, /the shift changes the code on 3 of 3 seeds/);
  assert.match(line!, /graphs too sparse on 3 of 3 seeds/);
  assert.match(line!, /No better than leaving edges out under the shift: return 24\.41 against 23\.70 \(\+0\.71; 95 %/);
  assert.match(line!, /accuracy 95\.0 % against 92\.7 % \(\+2\.3; 95 % interval \u22127\.3 to \+11\.9, 3 seeds\)/);
  assert.ok(!/sound/i.test(line!));
});

Deno.test("a run of the old demo says so at its top, with the numbers", () => {
  const { runs, finals } = oldDemoResults();
  for (const run of runs.filter(({ method }) => method === "fcdl")) {
    const of = (id: string) => finals.filter(({ runId }) => runId === id);
    const [note, table] = runVerdicts({ run, finals: of(run.id), control: of(`no-edges ${run.seed}`) });
    assert.ok(note!.kind === "note" && table!.kind === "table");
    assert.match(note!.title, /^Codes ignore contexts; the shift changes the code; graphs too sparse/);
    assert.ok(note!.lines.some((line) => /knowing the code takes away [\d.]+ % of the uncertainty/.test(line)));
    assert.ok(table!.rows.some((row) => row[0]!.text === "Contexts told apart" && row[1]!.text === "fault"));
    const control = table!.rows.find((row) => row[0]!.text === "Better than leaving edges out")!;
    // Seed 1 is lower in accuracy, seed 2 as good as equal in return; seed 3 is above, which one seed does not prove.
    assert.equal(control[1]!.text, { 1: "fault", 2: "fault", 3: "not checked" }[run.seed]);
    assert.match(control[2]!.text, /under the shift.*: return [\d.]+ against [\d.]+ \(\+[\d.]+; 1 seed/);
    assert.equal(/no better than leaving edges out/.test(note!.title), run.seed < 3);
  }
});

Deno.test("runVerdicts: a control is not judged, and a run without a control says that it was not compared", () => {
  const { runs, finals } = oldDemoResults();
  const none = runs.find(({ method }) => method === "no-edges")!;
  const [note] = runVerdicts({ run: none, finals, control: null });
  assert.ok(note!.kind === "note" && note!.tone === "info" && /control/.test(note!.title));
  const fcdl = runs.find(({ method }) => method === "fcdl")!;
  const own = finals.filter(({ runId }) => runId === fcdl.id);
  const [alone] = runVerdicts({ run: fcdl, finals: own, control: null });
  assert.ok(alone!.kind === "note");
  assert.match(alone!.title, /Not checked: better than leaving edges out\.$/);
  assert.deepEqual(runVerdicts({ run: fcdl, finals: [], control: null }), []);
});

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
