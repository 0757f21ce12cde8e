import assert from "node:assert/strict";
import type { StoreReader } from "../../lib/store/store.ts";
import { buildSuite } from "../../reports/build/suite.ts";
import { environmentResults } from "../../reports/read/environment_results.ts";
import { loadSuiteResults, SuiteReading } from "../../reports/read/suite_reading.ts";
import { largeSuiteMetrics, largeSuiteRuns } from "../speed/large_store.ts";
import { lease, progress } from "../contracts/store_data.ts";
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
