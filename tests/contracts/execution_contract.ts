import assert from "node:assert/strict";
import type { NewExecution } from "../../lib/records/execution.ts";
import type { Store } from "../../lib/store/store.ts";
import { blob, holder, lease, metric, newRun } from "./store_data.ts";

/** An execution that was not begun. */
export function newExecution(id: string, fields: Partial<NewExecution> = {}): NewExecution {
  return {
    id,
    suite: "suite",
    startedAtMs: 1000,
    settings: "0123456789abcdef",
    code: { version: "0.2.0+abc", hash: "fedcba9876543210" },
    engine: { backend: "wasm", library: { tfjs: "4.22.0" } },
    machine: { cpu: "tést", cores: 2 },
    trigger: "schedule",
    ...fields,
  };
}

/** Registers what every driver promises of executions. */
export function testExecutions(
  test: (name: string, body: (store: Store, location: string) => Promise<void>) => void,
): void {
  const ids = async (store: Store) => (await store.listExecutions()).map(({ id }) => id);

  test("executions are listed in the order of their start, with where their runs stand", async (store) => {
    assert.deepEqual(await store.listExecutions(), []);
    await store.addRuns([newRun("c")], { execution: newExecution("late", { startedAtMs: 2000 }) });
    await store.addRuns([newRun("a"), newRun("b")], { execution: newExecution("early") });
    await store.addRuns([newRun("d", "other")], { execution: newExecution("other", { suite: "other" }) });
    assert.deepEqual(await ids(store), ["early", "other", "late"]);
    assert.deepEqual((await store.listExecutions({ suite: "other" })).map(({ id }) => id), ["other"]);
    const none = { pending: 0, running: 0, interrupted: 0, done: 0, failed: 0 };
    const early = async () => (await store.listExecutions())[0]!;
    const { updatedAtMs: _, revision, ...begun } = await early();
    assert.deepEqual(begun, {
      ...newExecution("early"),
      ...{ tags: [], runs: 2, byStatus: { ...none, pending: 2 }, state: "unfinished", endedAtMs: null },
    });
    assert.equal(revision, (await store.getRun("b"))!.revision);
    const far = Date.now() + 1e6;
    await store.claim("a", lease("w", far));
    assert.equal((await early()).state, "running");
    await store.finish("a", { worker: "w", status: "done", elapsedMs: 1, nowMs: far });
    assert.equal((await early()).state, "unfinished");
    await store.claim("b", lease("w", far));
    await store.finish("b", { worker: "w", status: "failed", elapsedMs: 1, nowMs: far + 5 });
    assert.deepEqual([(await early()).state, (await early()).endedAtMs], ["failed", far + 5]);
    await store.claim("b", lease("w", far));
    await store.finish("b", { worker: "w", status: "done", elapsedMs: 1, nowMs: far + 9 });
    assert.deepEqual([(await early()).state, (await early()).endedAtMs], ["complete", far + 9]);
    const suites = await store.listSuites();
    assert.deepEqual(suites.map(({ suite, executions, runs }) => [suite, executions, runs]), [
      ["other", 1, 1],
      ["suite", 2, 3],
    ]);
  });

  test("runs and metrics are told apart by their execution", async (store) => {
    await store.addRuns([newRun("a")], { execution: newExecution("one") });
    await store.addRuns([newRun("b")], { execution: newExecution("two") });
    // What is there stays in its execution.
    assert.deepEqual(await store.addRuns([newRun("a"), newRun("c")], { execution: newExecution("two") }), ["c"]);
    const runsOf = async (execution: string) => (await store.listRuns({ execution })).map(({ id }) => id);
    assert.deepEqual([await runsOf("one"), await runsOf("two"), await runsOf("none")], [["a"], ["b", "c"], []]);
    assert.equal((await store.getRun("c"))!.execution, "two");
    for (const id of ["a", "b"]) {
      await store.claim(id, lease("w", 1000));
      await store.recordMetrics(id, [metric({})], { worker: "w" });
    }
    assert.deepEqual((await store.queryMetrics({ execution: "two" })).map((row) => row.runId), ["b"]);
    assert.deepEqual((await store.queryMetrics({ suite: "suite", execution: "one" })).map((row) => row.runId), ["a"]);
    for await (const row of store.streamMetrics({ execution: "two" })) assert.equal(row.runId, "b");
  });

  test("openExecution decides on all that there is, and writes all or nothing", async (store) => {
    const first = await store.openExecution("suite", (stored) => {
      assert.deepEqual(stored, { executions: [], runs: [] });
      return { execution: newExecution("one"), runs: [newRun("a")] };
    });
    assert.equal(first, "one");
    await store.addRuns([newRun("x", "other")]);
    const refuse = () =>
      store.openExecution("suite", () => {
        throw new RangeError("not like this");
      });
    await assert.rejects(refuse(), /^RangeError: Cannot open an execution of suite suite: not like this$/);
    const broken = { ...newRun("b"), seed: null as unknown as number };
    await assert.rejects(
      store.openExecution("suite", () => ({ execution: newExecution("two"), runs: [newRun("c"), broken] })),
    );
    assert.deepEqual((await store.listExecutions({ suite: "suite" })).map(({ id }) => id), ["one"]);
    const again = await store.openExecution("suite", ({ executions, runs }) => {
      assert.deepEqual(runs.map(({ id }) => id), ["a"]);
      return { execution: executions[0]!, runs: [newRun("a"), newRun("b")] };
    });
    assert.equal(again, "one");
    assert.deepEqual((await store.listRuns({ execution: "one" })).map(({ id }) => id), ["a", "b"]);
  });

  test("of several who begin the same execution the first does, and the others join in", async (store, location) => {
    const { openStore } = await import("../../lib/store/open_store.ts");
    const other = await openStore(location);
    try {
      const begin = (by: Store, id: string) =>
        by.openExecution("suite", ({ executions }) => ({
          execution: executions[0] ?? newExecution(id),
          runs: [newRun("a")],
        }));
      const opened = await Promise.all([begin(store, "one"), begin(other, "two"), begin(store, "three")]);
      assert.equal(new Set(opened).size, 1);
      assert.equal((await store.listRuns()).length, 1);
    } finally {
      await other.close();
    }
  });

  test("tags are given and taken, and every change is seen", async (store) => {
    await store.addRuns([newRun("a")], { execution: newExecution("one") });
    const tags = async () => (await store.listExecutions())[0]!.tags;
    const before = await store.revision();
    await store.tagExecution("one", { add: ["v2", "v1"] });
    assert.deepEqual(await tags(), ["v1", "v2"]);
    assert.ok(await store.revision() > before);
    await store.tagExecution("one", { add: ["v1", "paper"], remove: ["v2", "none"] });
    assert.deepEqual(await tags(), ["paper", "v1"]);
    await assert.rejects(store.tagExecution("two", { add: ["x"] }), /there is no such execution, .* got "two"$/);
  });

  test("removeExecutions removes all that belongs to them, or nothing where a run is held", async (store) => {
    for (const id of ["one", "two", "three"]) {
      await store.addRuns([newRun(`${id}-a`)], { execution: newExecution(id) });
      await store.claim(`${id}-a`, { ...holder, leaseMs: 60_000, nowMs: 1000 });
      await store.recordMetrics(`${id}-a`, [metric({})], holder);
      await store.putArtifact(`${id}-a`, { ...blob("codebook", [1]), nowMs: 1000 });
      if (id !== "two") await store.finish(`${id}-a`, { ...holder, status: "done", elapsedMs: 1, nowMs: 1000 });
    }
    assert.deepEqual(await store.removeExecutions(["one", "two"], { nowMs: 2000 }), ["two-a"]);
    assert.deepEqual(await ids(store), ["one", "two", "three"]);
    const before = await store.revision();
    assert.deepEqual(await store.removeExecutions(["three", "one"], { nowMs: 2000 }), []);
    assert.deepEqual(await ids(store), ["two"]);
    assert.ok(await store.revision() > before);
    assert.deepEqual((await store.queryMetrics({})).map((row) => row.runId), ["two-a"]);
    assert.deepEqual([await store.getRun("one-a"), await store.listArtifacts("one-a")], [null, []]);
    assert.equal((await store.listArtifacts("two-a")).length, 1);
    await assert.rejects(store.removeExecutions(["two", "x"], { nowMs: 1e9 }), /there is no such execution, .* "x"$/);
    assert.deepEqual(await ids(store), ["two"]);
    assert.deepEqual(await store.removeExecutions(["two"], { nowMs: 1e9 }), []);
    assert.deepEqual([await ids(store), await store.listRuns()], [[], []]);
  });
}
