import assert from "node:assert/strict";
import type { StoreReader } from "../../lib/store/store.ts";
import { buildSuite } from "../../reports/build/suite.ts";
import { environmentResults } from "../../reports/read/environment_results.ts";
import { RunList } from "../../reports/read/run_list.ts";
import { loadSuiteResults, SuiteReading } from "../../reports/read/suite_reading.ts";
import { largeSuiteMetrics, largeSuiteRuns } from "../speed/large_store.ts";
import { lease, progress } from "../contracts/store_data.ts";
import { newExecution } from "../contracts/execution_contract.ts";
import { newRun } from "../contracts/store_data.ts";
import { demoStore } from "../demo/demo_store.ts";

const size = { suite: "s", environments: 2, methods: 3, seeds: 3, evaluations: 2 };

Deno.test("SuiteReading: each reading is what reading all anew gives, and keeps what did not change", async () => {
  await using demo = await demoStore([]);
  const { store } = demo;
  const runs = largeSuiteRuns(size);
  const environments = [...new Set(runs.map((run) => run.environment))];
  const reading = new SuiteReading(store, "s");
  assert.equal(await reading.read(), null);
  await store.addRuns(runs.slice(0, 15));
  let last = (await reading.read())!;
  assert.equal(await reading.read(), last);
  const check = async (changed: readonly string[]) => {
    const results = (await reading.read())!;
    const anew = (await loadSuiteResults(store, "s"))!;
    assert.deepEqual(results, anew);
    assert.deepEqual(buildSuite(results), buildSuite(anew));
    for (const environment of environments) {
      const isSame = environmentResults(results, environment) === environmentResults(last, environment);
      assert.equal(isSame, !changed.includes(environment), `${environment} after a change of ${changed}`);
    }
    last = results;
  };
  for (const run of runs.slice(0, 15)) {
    await store.claim(run.id, lease("w", 1000));
    await store.recordMetrics(run.id, largeSuiteMetrics(run, size), { worker: "w" });
    if (run.seed !== 1) await store.finish(run.id, { worker: "w", status: "done", elapsedMs: 1, nowMs: 1000 });
  }
  await check(environments);
  const open = runs.find((run) => run.seed === 1)!;
  await store.heartbeat(open.id, { ...lease("w", 1000), progress });
  await check([open.environment]);
  await store.resetRuns([runs[0]!.id], { nowMs: 1e9 });
  await check([runs[0]!.environment]);
  // Another suite's changes are none.
  await store.addRuns([{ ...runs[0]!, id: "other", suite: "t" }]);
  assert.equal(await reading.read(), last);
  await store.addRuns(runs.slice(15, 16));
  await check([runs[15]!.environment]);
  // A new method may change every colour.
  await store.addRuns([{ ...runs[0]!, id: "new", method: "aaa" }]);
  await check(environments);
});

Deno.test("SuiteReading: readers at the same time each see what was written before they asked", async () => {
  await using demo = await demoStore([]);
  const runs = largeSuiteRuns(size);
  const reading = new SuiteReading(demo.store, "s");
  await demo.store.addRuns(runs.slice(0, 1));
  const first = reading.read();
  await demo.store.addRuns(runs.slice(1, 2));
  const second = reading.read();
  await first;
  assert.equal((await second)!.runs.length, 2);
});

Deno.test("SuiteReading: a reading that fails loses nothing, the next one catches up", async () => {
  await using demo = await demoStore([]);
  let isBroken = false;
  const store: StoreReader = {
    getRun: (id) => demo.store.getRun(id),
    listRuns: (filter) => demo.store.listRuns(filter),
    listExecutions: (filter) => demo.store.listExecutions(filter),
    listSuites: () => demo.store.listSuites(),
    revision: () => demo.store.revision(),
    queryMetrics: (query) => isBroken ? Promise.reject(new Error("Cannot read")) : demo.store.queryMetrics(query),
    streamMetrics: (query) => demo.store.streamMetrics(query),
    getArtifact: (runId, name) => demo.store.getArtifact(runId, name),
    listArtifacts: (runId) => demo.store.listArtifacts(runId),
  };
  const reading = new SuiteReading(store, "s");
  await demo.store.addRuns(largeSuiteRuns(size));
  isBroken = true;
  await assert.rejects(reading.read(), { message: "Cannot read" });
  isBroken = false;
  assert.deepEqual(await reading.read(), await loadSuiteResults(demo.store, "s"));
});

Deno.test("a suite shows its last complete execution, else its last, and forgets what was removed", async () => {
  await using demo = await demoStore([]);
  const { store } = demo;
  const shown = new SuiteReading(store, "suite");
  const list = new RunList(store, { suite: "suite" });
  const third = new SuiteReading(store, "suite", { execution: "three" });
  const see = async () => {
    const results = await shown.read();
    assert.deepEqual(results, await loadSuiteResults(store, "suite"));
    assert.deepEqual((await list.read()).map(({ id }) => id), results?.runs.map(({ id }) => id) ?? []);
    return [results?.execution?.id, results?.runs.map(({ id }) => id).join(" ")];
  };
  const begin = (id: string, startedAtMs: number) =>
    store.addRuns([newRun(`${id}-a`), newRun(`${id}-b`)], { execution: newExecution(id, { startedAtMs }) });
  const complete = async (id: string) => {
    for (const run of [`${id}-a`, `${id}-b`]) {
      await store.claim(run, lease("w", 1000));
      await store.finish(run, { worker: "w", status: "done", elapsedMs: 1, nowMs: 1000 });
    }
  };
  assert.deepEqual(await see(), [undefined, undefined]);
  await begin("one", 1);
  await begin("two", 2);
  assert.deepEqual(await see(), ["two", "two-a two-b"]);
  await complete("one");
  assert.deepEqual(await see(), ["one", "one-a one-b"]);
  await begin("three", 3);
  assert.deepEqual(await see(), ["one", "one-a one-b"]);
  assert.deepEqual((await third.read())!.runs.map(({ id }) => id), ["three-a", "three-b"]);
  await complete("two");
  assert.deepEqual(await see(), ["two", "two-a two-b"]);
  await store.removeExecutions(["two"], { nowMs: 1e9 });
  assert.deepEqual(await see(), ["one", "one-a one-b"]);
  await store.removeExecutions(["one", "three"], { nowMs: 1e9 });
  assert.deepEqual(await see(), [undefined, undefined]);
  assert.equal(await third.read(), null);
  assert.equal(await loadSuiteResults(store, "suite", { execution: "nobody" }), null);
});
