import assert from "node:assert/strict";
import { createApp } from "../../routes/app.ts";
import { newExecution } from "../contracts/execution_contract.ts";
import { lease, metric, newRun } from "../contracts/store_data.ts";
import { demoStore } from "../demo/demo_store.ts";

const html = { headers: { accept: "text/html" } };

Deno.test("a suite's page names its last complete execution and what began since; each has a page and files", async () => {
  await using demo = await demoStore([]);
  const { store } = demo;
  const app = createApp({ store: () => Promise.resolve(store), now: () => 2000, version: "0.0.0-test" });
  const text = async (path: string) => {
    const response = await app.request(path, html);
    assert.equal(response.status, 200, path);
    return (await response.text()).replace(/<[^>]+>/g, "").replace(/\s+/g, " ");
  };
  const execute = async (id: string, startedAtMs: number, value: number) => {
    const run = { ...newRun(`${id}-run`), environment: "e", method: "m", spec: {} };
    await store.addRuns([run], { execution: newExecution(id, { startedAtMs }) });
    await store.claim(run.id, lease("w", 1000));
    await store.recordMetrics(run.id, [metric({ value })], { worker: "w" });
    return () => store.finish(run.id, { worker: "w", status: "done", elapsedMs: 1, nowMs: 2000 });
  };
  await (await execute("first", 60_000, 12.5))();
  const finish = await execute("second", 120_000, 77.5);
  const csv = async (path: string) => (await (await app.request(path)).text()).trim().split("\r\n").slice(1);
  const before = await text("/suites/suite");
  assert.match(before, /Execution first of 1970-01-01 00:01, complete: 1 of 1 run; code 0\.2\.0\+abc; wasm,/);
  assert.match(before, /Begun since: second \(running, 0 of 1 run\)\./);
  assert.match(before, /12\.50?/);
  assert.doesNotMatch(before, /77\.5/);
  assert.deepEqual((await csv("/suites/suite/metrics.csv")).map((line) => line.split(",").at(-1)), ["first"]);
  await finish();
  const after = await text("/suites/suite");
  assert.match(after, /Execution second of 1970-01-01 00:02, complete/);
  assert.doesNotMatch(after, /Begun since/);
  assert.match(after, /77\.5/);
  const old = await text("/executions/first");
  assert.match(old, /Execution first of .*Begun since: second \(complete, 1 of 1 run\)/);
  assert.doesNotMatch(old, /77\.5/);
  const chart = /\/charts\/executions\/first\/[\w-]+/.exec(
    await (await app.request("/executions/first", html)).text(),
  )!;
  assert.match(await (await app.request(`${chart[0]}.csv`)).text(), /12\.5/);
  for (const file of ["metrics", "summary"]) {
    const lines = await csv(`/executions/first/${file}.csv`);
    assert.deepEqual([...new Set(lines.map((line) => line.split(",").at(-1)))], ["first"]);
  }
  const { execution, executions, runs } = await (await app.request("/api/suites/suite")).json();
  assert.equal(execution, "second");
  assert.deepEqual(executions.map(({ id }: { id: string }) => id), ["first", "second"]);
  assert.deepEqual(runs.map(({ id }: { id: string }) => id), ["second-run"]);
  for (const path of ["/executions/none", "/executions/none/metrics.csv", "/charts/executions/none/x.png"]) {
    const response = await app.request(path, { headers: { accept: "application/json" } });
    assert.equal(response.status, 404);
    assert.match(await response.text(), /Cannot find execution \\"none\\": the store has no such execution/);
  }
  const home = await text("/");
  assert.match(home, /1 done/);
  assert.match(home, /2 executions/);
});

Deno.test("an execution whose run lost its lease looks unfinished", async () => {
  await using demo = await demoStore([]);
  const { store } = demo;
  await store.addRuns([newRun("a")], { execution: newExecution("one") });
  await store.claim("a", { worker: "w", leaseMs: 1000, nowMs: 1000 });
  const see = async (nowMs: number) => {
    const app = createApp({ store: () => Promise.resolve(store), now: () => nowMs, version: "0.0.0-test" });
    return /\((running|unfinished)|, (running|unfinished):/.exec(
      await (await app.request("/suites/suite", html)).text(),
    )![0];
  };
  assert.deepEqual([await see(1500), await see(2500)], [", running:", ", unfinished:"]);
});
