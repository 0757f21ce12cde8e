import { wholeMetric } from "../../lib/records/metric_id.ts";
import assert from "node:assert/strict";
import fc from "fast-check";
import { isHeld, type MetricQuery, type MetricRow, type Store } from "../../lib/store/store.ts";
import { addHeld, blob, byKey, holder, lastOf, lease, metric, newRun, progress, provenance } from "./store_data.ts";
import { testExecutions } from "./execution_contract.ts";
import { startWorker } from "./store_process.ts";

/** A new, empty store that a test owns. */
export interface StoreFixture {
  /** What `openStore` takes. */
  readonly location: string;
  /** Removes all that the fixture made; every store is closed by then. */
  remove(): Promise<void>;
}

/** Registers the tests that every driver of the Store port passes. */
export function testStoreContract(driver: string, options: { create(): Promise<StoreFixture> }): void {
  const test = (name: string, body: (store: Store, location: string) => Promise<void>) =>
    Deno.test(`${driver}: ${name}`, async () => {
      const fixture = await options.create();
      try {
        const { openStore } = await import("../../lib/store/open_store.ts");
        const store = await openStore(fixture.location);
        try {
          await body(store, fixture.location);
        } finally {
          await store.close();
        }
      } finally {
        await fixture.remove();
      }
    });

  testExecutions(test);

  test("addRuns adds what is missing and leaves what is there", async (store) => {
    const before = Date.now();
    assert.deepEqual(await store.addRuns([newRun("a"), newRun("b")]), ["a", "b"]);
    assert.deepEqual(await store.addRuns([{ ...newRun("b"), suite: "other" }, newRun("c")]), ["c"]);
    assert.deepEqual((await store.listRuns()).map((run) => run.id), ["a", "b", "c"]);
    const { createdAtMs, updatedAtMs, revision: _, ...run } = (await store.getRun("b"))!;
    assert.deepEqual(run, {
      ...newRun("b"),
      execution: "e-suite",
      status: "pending",
      error: null,
      progress: null,
      provenance: null,
      origins: [],
      leaseUntilMs: null,
      leaseMs: null,
      elapsedMs: 0,
    });
    assert.equal(createdAtMs, updatedAtMs);
    assert.ok(createdAtMs >= before - 5 && createdAtMs <= Date.now() + 5);
    assert.equal(await store.getRun("nobody"), null);
  });

  test("every change raises the revision of its run and of the store, whoever makes it", async (store, location) => {
    assert.equal(await store.revision(), 0);
    const { openStore } = await import("../../lib/store/open_store.ts");
    const other = await openStore(location);
    try {
      await store.addRuns([newRun("a"), newRun("b", "other")]);
      const changes: Readonly<Record<string, () => Promise<unknown>>> = {
        addRuns: () => other.addRuns([newRun("c")]),
        claim: () => other.claim("a", lease("w", 1000)),
        heartbeat: () => other.heartbeat("a", { worker: "w", leaseMs: 60_000, nowMs: 1000 }),
        recordOrigin: () => store.recordOrigin("a", { ...holder, fromLoop: 0, provenance }),
        recordMetrics: () => store.recordMetrics("a", [metric({})], holder),
        // Once more, with the same clock and the same content: a reader must not have to look.
        recordAgain: () => store.recordMetrics("a", [metric({ value: 2 })], holder),
        putArtifact: () => other.putArtifact("a", { ...blob("codebook", [1]), nowMs: 1000 }),
        replaceArtifact: () => other.putArtifact("a", { ...blob("codebook", [2]), nowMs: 1000 }),
        finish: () => other.finish("a", { worker: "w", status: "interrupted", elapsedMs: 1, nowMs: 1000 }),
        resetRuns: () => store.resetRuns(["a"], { nowMs: 1000 }),
      };
      const untouched = (await store.getRun("b"))!.revision;
      for (const [name, change] of Object.entries(changes)) {
        const before = await store.revision();
        await change();
        const after = await store.revision();
        assert.ok(after > before, `${name}: ${after} after ${before}`);
        const changed = name === "addRuns" ? "c" : "a";
        assert.deepEqual((await store.listRuns({ changedAfter: before })).map((run) => run.id), [changed], name);
        assert.equal((await store.getRun(changed))!.revision, after, name);
      }
      assert.equal((await store.getRun("b"))!.revision, untouched);
      assert.deepEqual(await store.listRuns({ changedAfter: await store.revision() }), []);
      assert.deepEqual((await store.listRuns({ suite: "other", changedAfter: 0 })).map((run) => run.id), ["b"]);
      const suites = (await store.listSuites()).map(({ suite, revision }) => ({ suite, revision }));
      assert.deepEqual(suites, [{ suite: "other", revision: untouched }, {
        suite: "suite",
        revision: await store.revision(),
      }]);
      const settled = await store.revision();
      await store.addRuns([newRun("a")]);
      await store.claim("a", lease("x", 2000));
      await store.claim("a", lease("y", 2000)); // Refused: nothing changes.
      assert.equal(await store.revision(), settled + 1);
    } finally {
      await other.close();
    }
  });

  test("addRuns adds all or none", async (store) => {
    const broken = { ...newRun("b"), seed: null as unknown as number };
    await assert.rejects(store.addRuns([newRun("a"), broken]), /^Error: Cannot add runs: /);
    assert.deepEqual(await store.listRuns(), []);
  });

  test("listRuns keeps the order of creation and filters by suite and status", async (store) => {
    await store.addRuns([newRun("z", "one"), newRun("a", "two"), newRun("m", "one")]);
    await store.claim("m", lease("w", 0));
    const ids = async (filter: Parameters<Store["listRuns"]>[0]) => (await store.listRuns(filter)).map((run) => run.id);
    assert.deepEqual(await ids({}), ["z", "a", "m"]);
    assert.deepEqual(await ids({ suite: "one" }), ["z", "m"]);
    assert.deepEqual(await ids({ status: ["pending"] }), ["z", "a"]);
    assert.deepEqual(await ids({ suite: "one", status: ["running", "done"] }), ["m"]);
    assert.deepEqual(await ids({ suite: "none" }), []);
    assert.deepEqual(await ids({ status: [] }), []);
  });

  test("listSuites counts runs by status", async (store) => {
    assert.deepEqual(await store.listSuites(), []);
    await store.addRuns([newRun("a", "two"), newRun("b", "one"), newRun("c", "two"), newRun("d", "two")]);
    const far = Date.now() + 1e6;
    await store.claim("a", lease("w", far));
    await store.finish("a", { worker: "w", status: "failed", error: "It broke", elapsedMs: 1, nowMs: far + 7 });
    const [one, two] = await store.listSuites();
    const none = { pending: 0, running: 0, interrupted: 0, done: 0, failed: 0 };
    assert.deepEqual([one!.suite, one!.runs, one!.byStatus], ["one", 1, { ...none, pending: 1 }]);
    assert.deepEqual([two!.suite, two!.runs, two!.byStatus], ["two", 3, { ...none, pending: 2, failed: 1 }]);
    assert.equal(two!.updatedAtMs, far + 7);
  });

  test("claim gives a run to one worker until its lease ends", async (store) => {
    await store.addRuns([newRun("a")]);
    assert.equal(await store.claim("a", { worker: "first", leaseMs: 100, nowMs: 1000 }), true);
    assert.equal((await store.getRun("a"))!.leaseUntilMs, 1100);
    assert.equal((await store.getRun("a"))!.status, "running");
    assert.equal(await store.claim("a", lease("second", 1099)), false);
    assert.equal(await store.claim("a", lease("first", 1099)), false);
    assert.equal(await store.claim("a", lease("second", 1100)), true);
  });

  test("a worker that lost its lease learns it from heartbeat, and its finish is refused", async (store) => {
    await store.addRuns([newRun("a")]);
    await store.claim("a", { worker: "slow", leaseMs: 100, nowMs: 1000 });
    await store.claim("a", { worker: "quick", leaseMs: 100, nowMs: 1200 });
    assert.equal(await store.heartbeat("a", { worker: "slow", leaseMs: 100, nowMs: 1201, progress }), false);
    assert.equal((await store.getRun("a"))!.progress, null);
    assert.equal(await store.finish("a", { worker: "slow", status: "done", elapsedMs: 1, nowMs: 1202 }), false);
    assert.equal((await store.getRun("a"))!.status, "running");
    assert.equal(await store.heartbeat("a", { worker: "quick", leaseMs: 100, nowMs: 1250 }), true);
  });

  test("heartbeat extends the lease, even a late one, and keeps progress", async (store) => {
    await store.addRuns([newRun("a")]);
    await store.claim("a", { worker: "w", leaseMs: 100, nowMs: 1000 });
    assert.equal(await store.heartbeat("a", { worker: "w", leaseMs: 100, nowMs: 1500, progress, elapsedMs: 40 }), true);
    assert.equal(await store.claim("a", lease("other", 1599)), false);
    assert.equal(await store.heartbeat("a", { worker: "w", leaseMs: 100, nowMs: 1550 }), true);
    const run = (await store.getRun("a"))!;
    assert.deepEqual(run.progress, progress);
    assert.equal(run.elapsedMs, 40);
    assert.equal(run.updatedAtMs, 1550);
    assert.equal(await store.heartbeat("nobody", { worker: "w", leaseMs: 100, nowMs: 1550 }), false);
  });

  test("finish ends the lease; done is final, failed and interrupted can be claimed again", async (store) => {
    await store.addRuns([newRun("a"), newRun("b"), newRun("c")]);
    for (const [id, status] of [["a", "done"], ["b", "failed"], ["c", "interrupted"]] as const) {
      await store.claim(id, lease("w", 1000));
      const error = status === "failed" ? { error: "Cannot train: loss is NaN" } : {};
      await store.finish(id, { worker: "w", status, ...error, elapsedMs: 12.5, nowMs: 1001 });
      const run = (await store.getRun(id))!;
      assert.equal(run.status, status);
      assert.equal(run.error, status === "failed" ? "Cannot train: loss is NaN" : null);
      assert.equal(run.elapsedMs, 12.5);
      assert.equal(await store.heartbeat(id, { worker: "w", leaseMs: 1, nowMs: 1002 }), false);
      assert.equal(await store.finish(id, { worker: "w", status, elapsedMs: 1, nowMs: 1003 }), false);
    }
    assert.equal(await store.claim("a", lease("w", 1e9)), false);
    assert.equal(await store.claim("b", lease("w", 1002)), true);
    assert.equal((await store.getRun("b"))!.error, null);
    assert.equal(await store.claim("c", lease("w", 1002)), true);
  });

  test("methods that need a run name the unknown one", async (store) => {
    const lost = /: there is no such run, expected the id of a run in the store, got "x"$/;
    await assert.rejects(store.claim("x", lease("w", 0)), lost);
    await assert.rejects(store.finish("x", { worker: "w", status: "done", elapsedMs: 0, nowMs: 0 }), lost);
    await assert.rejects(store.recordOrigin("x", { ...holder, fromLoop: 0, provenance }), lost);
    await assert.rejects(store.resetRuns(["x"], { nowMs: 0 }), lost);
    await assert.rejects(store.recordMetrics("x", [metric({})], holder), lost);
    await assert.rejects(store.putArtifact("x", { ...blob("checkpoint", [1]), nowMs: 0 }), lost);
    assert.equal(await store.getArtifact("x", "checkpoint"), null);
    assert.deepEqual(await store.listArtifacts("x"), []);
  });

  test("recordOrigin keeps what each stretch of a run was made with", async (store) => {
    await addHeld(store, [newRun("a")]);
    const on = (backend: string) => ({ ...provenance, backend });
    const origins = async (fromLoop: number, backend: string) => {
      assert.equal(await store.recordOrigin("a", { ...holder, fromLoop, provenance: on(backend) }), true);
      const run = (await store.getRun("a"))!;
      assert.deepEqual(run.provenance, run.origins.at(-1)!.provenance);
      return run.origins.map((origin) => [origin.fromLoop, origin.provenance.backend]);
    };
    assert.deepEqual(await origins(0, "wasm"), [[0, "wasm"]]);
    assert.deepEqual(await origins(40, "wasm"), [[0, "wasm"]]);
    assert.deepEqual(await origins(40, "cpu"), [[0, "wasm"], [40, "cpu"]]);
    // What was done from loop 30 on is done again, so nothing of the cpu's is left.
    assert.deepEqual(await origins(30, "tensorflow"), [[0, "wasm"], [30, "tensorflow"]]);
    assert.deepEqual(await origins(50, "wasm"), [[0, "wasm"], [30, "tensorflow"], [50, "wasm"]]);
    assert.deepEqual((await store.getRun("a"))!.origins[0], { fromLoop: 0, provenance: on("wasm") });
    assert.deepEqual(await origins(0, "cpu"), [[0, "cpu"]]);
  });

  test("a worker whose lease was taken over writes nothing more, whatever it tries", async (store) => {
    await store.addRuns([newRun("a")]);
    await store.claim("a", { worker: "slow", leaseMs: 100, nowMs: 1000 });
    await store.claim("a", { worker: "w", leaseMs: 100, nowMs: 1200 });
    await store.recordMetrics("a", [metric({})], holder);
    await store.putArtifact("a", { ...blob("checkpoint", [1]), nowMs: 1200 });
    await store.recordOrigin("a", { ...holder, fromLoop: 0, provenance });
    const everything = async () => [
      await store.listRuns(),
      await store.queryMetrics({}),
      await store.getArtifact("a", "checkpoint"),
    ];
    const before = await everything();
    const end = { elapsedMs: 1, nowMs: 1300, discard: ["checkpoint"] };
    for (const worker of ["slow", "never had it"]) {
      assert.equal(await store.heartbeat("a", { worker, leaseMs: 100, nowMs: 1201, progress }), false);
      assert.equal(await store.recordMetrics("a", [metric({ value: 9 }), metric({ updates: 9 })], { worker }), false);
      assert.equal(await store.putArtifact("a", { ...blob("checkpoint", [2]), worker, nowMs: 1201 }), false);
      assert.equal(await store.putArtifact("a", { ...blob("replay", [2]), worker, nowMs: 1201 }), false);
      assert.equal(
        await store.recordOrigin("a", { worker, fromLoop: 0, provenance: { ...provenance, backend: "x" } }),
        false,
      );
      for (const status of ["done", "failed", "interrupted"] as const) {
        assert.equal(await store.finish("a", { ...end, worker, status, error: "late" }), false);
      }
    }
    assert.deepEqual(await everything(), before);
    assert.equal(await store.finish("a", { ...end, ...holder, status: "done" }), true);
    assert.equal(
      await store.recordMetrics("a", [metric({ value: 9 })], holder),
      false,
      "nobody holds a run that is over",
    );
    assert.equal(await store.getArtifact("a", "checkpoint"), null);
  });

  test("a lease further ahead than its own length is void: the clock that gave it was wrong", async (store) => {
    await store.addRuns([newRun("a"), newRun("b")]);
    const day = 86_400_000;
    for (const id of ["a", "b"]) await store.claim(id, { worker: "ahead", leaseMs: 100, nowMs: day });
    assert.equal(isHeld((await store.getRun("a"))!, day + 99), true);
    assert.equal(isHeld((await store.getRun("a"))!, day - 1), false);
    assert.equal(await store.claim("a", { worker: "w", leaseMs: 100, nowMs: 1000 }), true);
    // A longer lease of a right clock stands.
    assert.equal(await store.claim("a", { worker: "other", leaseMs: 1, nowMs: 1000 }), false);
    assert.equal(await store.heartbeat("a", { worker: "ahead", leaseMs: 100, nowMs: 1001 }), false);
    assert.deepEqual(await store.resetRuns(["b"], { nowMs: 1000 }), []);
    assert.equal((await store.getRun("b"))!.status, "pending");
  });

  test("resetRuns forgets all of its runs, or none where somebody holds one", async (store) => {
    await store.addRuns([newRun("a"), newRun("b"), newRun("c")]);
    await store.claim("b", lease("other", 1000));
    await store.recordMetrics("b", [metric({})], { worker: "other" });
    const before = await store.listRuns();
    assert.deepEqual(await store.resetRuns(["a", "b", "c"], { nowMs: 2000 }), ["b"]);
    assert.deepEqual(await store.listRuns(), before);
    assert.equal((await store.queryMetrics({})).length, 1);
    assert.deepEqual(await store.resetRuns(["a", "b", "c"], { nowMs: 61_000 }), []);
    assert.deepEqual(await store.queryMetrics({}), []);
    assert.equal(await store.heartbeat("b", { worker: "other", leaseMs: 100, nowMs: 61_001 }), false);
  });

  test("resetRuns removes what a run made and frees it", async (store) => {
    await addHeld(store, [newRun("a"), newRun("b")]);
    for (const id of ["a", "b"]) {
      await store.heartbeat(id, { ...holder, leaseMs: 500, nowMs: 1000, progress, elapsedMs: 5 });
      await store.recordMetrics(id, [metric({})], holder);
      await store.putArtifact(id, { ...blob("checkpoint", [1, 2]), nowMs: 1000 });
      await store.recordOrigin(id, { ...holder, fromLoop: 0, provenance });
    }
    assert.deepEqual(await store.resetRuns(["a"], { nowMs: 2000 }), []);
    const { createdAtMs: _, revision: _revision, ...run } = (await store.getRun("a"))!;
    assert.deepEqual(run, {
      ...newRun("a"),
      execution: "e-suite",
      status: "pending",
      error: null,
      progress: null,
      provenance: null,
      origins: [],
      leaseUntilMs: null,
      leaseMs: null,
      elapsedMs: 0,
      updatedAtMs: 2000,
    });
    assert.deepEqual((await store.queryMetrics({})).map((row) => row.runId), ["b"]);
    assert.deepEqual(await store.listArtifacts("a"), []);
    assert.equal((await store.listArtifacts("b")).length, 1);
    assert.equal(await store.heartbeat("a", { worker: "w", leaseMs: 1, nowMs: 2001 }), false);
    assert.equal(await store.claim("a", lease("other", 2001)), true);
  });

  test("recordMetrics replaces a value under the same key and keeps null as missing", async (store) => {
    await addHeld(store, [newRun("a")]);
    await store.recordMetrics("a", [], holder);
    await store.recordMetrics(
      "a",
      [metric({ value: 1 }), metric({ value: 2 }), metric({ split: "n2", value: null })],
      holder,
    );
    await store.recordMetrics("a", [metric({ value: 3.25, elapsedMs: 9 })], holder);
    assert.deepEqual(await store.queryMetrics({}), [
      { runId: "a", ...metric({ split: "n2", value: null }) },
      { runId: "a", ...metric({ value: 3.25, elapsedMs: 9 }) },
    ]);
    // Every part of the key tells rows apart.
    await store.recordMetrics(
      "a",
      [metric({ updates: 6 }), metric({ envSteps: 11 }), metric({ name: "success" })],
      holder,
    );
    assert.equal((await store.queryMetrics({})).length, 5);
  });

  test("recordMetrics refuses what is not finite, names it and writes nothing", async (store) => {
    await addHeld(store, [newRun("a")]);
    for (const value of [NaN, Infinity, -Infinity]) {
      await assert.rejects(store.recordMetrics("a", [metric({}), metric({ name: "nll", value })], holder), {
        name: "RangeError",
        message: "Cannot record metrics of run a: metric nll of split train at update 5 is not finite, " +
          `expected a finite number or null for missing, got ${value}`,
      });
    }
    await assert.rejects(store.recordMetrics("a", [metric({ updates: -1 })], holder), /no valid updates/);
    await assert.rejects(store.recordMetrics("a", [metric({ envSteps: 0.5 })], holder), /no valid envSteps/);
    await assert.rejects(store.recordMetrics("a", [metric({ elapsedMs: NaN })], holder), /no valid elapsedMs/);
    assert.deepEqual(await store.queryMetrics({}), []);
  });

  test("queryMetrics returns what was recorded, at full precision, in a stable order", async (store) => {
    const arbitrary = fc.uniqueArray(
      fc.record({
        envSteps: fc.nat(),
        updates: fc.nat(3),
        split: fc.constantFrom("train", "n2", "n4"),
        name: fc.constantFrom("return", "accuracy", 'größe, "q"\n'),
        qualifier: fc.constantFrom("", "x3", "a/b"),
        value: fc.option(fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => value + 0)),
        elapsedMs: fc.double({ min: 0, max: 1e9, noNaN: true }).map((value) => value + 0),
      }),
      { selector: (row) => [row.split, row.name, row.qualifier, row.updates, row.envSteps].join("|"), maxLength: 40 },
    );
    let run = 0;
    await fc.assert(
      fc.asyncProperty(arbitrary, async (metrics) => {
        const runId = `run-${run++}`;
        await addHeld(store, [newRun(runId)]);
        await store.recordMetrics(runId, metrics, holder);
        const expected = metrics.map((row): MetricRow => ({ runId, ...row })).sort(byKey);
        assert.deepEqual(await store.queryMetrics({ runIds: [runId] }), expected);
        assert.deepEqual(await store.queryMetrics({ runIds: [runId], last: true }), lastOf(expected));
      }),
      { numRuns: 30 },
    );
  });

  test("queryMetrics filters by suite, runs, metrics and splits, in any combination", async (store) => {
    await addHeld(store, [newRun("b", "one"), newRun("a", "one"), newRun("c", "two")]);
    for (const id of ["a", "b", "c"]) {
      await store.recordMetrics(id, [
        metric({}),
        metric({ split: "n2" }),
        metric({ name: "success" }),
        metric({ updates: 9, envSteps: 90, value: null }),
      ], holder);
    }
    const keys = async (query: MetricQuery) =>
      (await store.queryMetrics(query)).map((row) => `${row.runId} ${row.split} ${row.name} ${row.updates}`);
    assert.deepEqual(await keys({ suite: "one" }), [
      ...["b n2 return 5", "b train return 5", "b train return 9", "b train success 5"],
      ...["a n2 return 5", "a train return 5", "a train return 9", "a train success 5"],
    ]);
    assert.deepEqual(await keys({ runIds: ["c"], metrics: [wholeMetric("success")] }), ["c train success 5"]);
    assert.deepEqual(await keys({ suite: "two", splits: ["n2", "n4"] }), ["c n2 return 5"]);
    assert.deepEqual(await keys({ suite: "two", runIds: ["a"] }), []);
    assert.deepEqual(await keys({ runIds: [] }), []);
    assert.deepEqual(await keys({ metrics: [] }), []);
    // The last record of a series counts even when its value is missing: nothing older stands in for it.
    assert.deepEqual(
      await store.queryMetrics({ runIds: ["a"], metrics: [wholeMetric("return")], splits: ["train"], last: true }),
      [
        { runId: "a", ...metric({ updates: 9, envSteps: 90, value: null }) },
      ],
    );
  });

  test("a metric and its qualifiers are series of their own, and asked for one by one", async (store) => {
    await addHeld(store, [newRun("a")]);
    const ids = [["", 1], ["best", 2], ["a/b", 3]] as const;
    for (const updates of [1, 2]) {
      await store.recordMetrics("a", ids.map(([qualifier, value]) => metric({ qualifier, value, updates })), holder);
    }
    const values = async (query: MetricQuery) => (await store.queryMetrics(query)).map(({ value }) => value);
    assert.deepEqual(await values({ last: true }), [1, 3, 2]);
    assert.deepEqual(await values({ metrics: [wholeMetric("return")] }), [1, 1]);
    assert.deepEqual(await values({ metrics: [{ name: "return", qualifier: "a/b" }], last: true }), [3]);
    assert.deepEqual(await values({ metrics: [wholeMetric("return/a/b")] }), []);
  });

  test("last goes by updates, then by environment steps", async (store) => {
    await addHeld(store, [newRun("a")]);
    await store.recordMetrics("a", [
      metric({ updates: 5, envSteps: 100, value: 1 }),
      metric({ updates: 6, envSteps: 20, value: 2 }),
      metric({ updates: 6, envSteps: 30, value: 3 }),
    ], holder);
    assert.deepEqual((await store.queryMetrics({ last: true })).map((row) => row.value), [3]);
  });

  test("streamMetrics yields the rows of queryMetrics, and writes may come between", async (store) => {
    await addHeld(store, [newRun("a"), newRun("b")]);
    for (const id of ["a", "b"]) {
      await store.recordMetrics(
        id,
        Array.from({ length: 9000 }, (_, i) => metric({ updates: i, envSteps: i * 10 })),
        holder,
      );
    }
    for (const query of [{}, { last: true }, { runIds: ["b"], splits: ["train"] }, { suite: "none" }]) {
      const streamed: MetricRow[] = [];
      for await (const row of store.streamMetrics(query)) streamed.push(row);
      assert.deepEqual(streamed, await store.queryMetrics(query));
    }
    let count = 0;
    for await (const row of store.streamMetrics({ runIds: ["b"] })) {
      if (count++ % 1000 === 0) {
        await store.recordMetrics("a", [metric({ name: "other", updates: row.updates })], holder);
      }
    }
    assert.equal(count, 9000);
    assert.equal((await store.queryMetrics({ metrics: [wholeMetric("other")] })).length, 9);
    for await (const _ of store.streamMetrics({})) break; // A reader that leaves early holds nothing open.
  });

  test("artifacts are kept byte for byte, replaced, listed by name and deleted", async (store) => {
    await addHeld(store, [newRun("a"), newRun("b")]);
    const bytes = Uint8Array.from({ length: 100_000 }, (_, i) => i * 7);
    await store.putArtifact("a", { ...blob("checkpoint", [1]), nowMs: 1 });
    await store.putArtifact("a", { ...holder, name: "checkpoint", contentType: "application/x-test", bytes, nowMs: 2 });
    await store.putArtifact("a", { ...blob("big", []), nowMs: 3 });
    await store.putArtifact("b", { ...blob("checkpoint", [9]), nowMs: 4 });
    assert.deepEqual(await store.getArtifact("a", "checkpoint"), {
      name: "checkpoint",
      contentType: "application/x-test",
      bytes,
      updatedAtMs: 2,
    });
    assert.deepEqual(await store.listArtifacts("a"), [
      { name: "big", contentType: "application/octet-stream", updatedAtMs: 3 },
      { name: "checkpoint", contentType: "application/x-test", updatedAtMs: 2 },
    ]);
    assert.deepEqual((await store.getArtifact("a", "big"))!.bytes, new Uint8Array());
    // Discarding what is not there is no error.
    const end = { ...holder, status: "done", elapsedMs: 1, nowMs: 5 } as const;
    assert.equal(await store.finish("a", { ...end, discard: ["checkpoint", "none"] }), true);
    assert.deepEqual((await store.listArtifacts("a")).map((artifact) => artifact.name), ["big"]);
    assert.equal(await store.getArtifact("a", "checkpoint"), null);
    assert.deepEqual((await store.getArtifact("b", "checkpoint"))!.bytes, Uint8Array.of(9));
  });

  test("a closed store refuses with a sentence, and close can be called again", async (store) => {
    await addHeld(store, [newRun("a")]);
    await store.close();
    await store.close();
    await assert.rejects(store.listRuns(), {
      message: "Cannot list runs: the store is closed, expected an open store, got a closed one",
    });
  });

  test("what one opener writes, another one reads", async (store, location) => {
    const { openStore } = await import("../../lib/store/open_store.ts");
    const other = await openStore(location);
    const reader = await openStore(location, { readOnly: true });
    try {
      await addHeld(store, [newRun("a")]);
      await other.recordMetrics("a", [metric({})], holder);
      assert.equal((await store.queryMetrics({})).length, 1);
      assert.equal((await reader.queryMetrics({})).length, 1);
      await assert.rejects(
        reader.resetRuns(["a"], { nowMs: 1e6 }),
        /^Error: Cannot reset runs: the database is read-only/,
      );
    } finally {
      await other.close();
      await reader.close();
    }
  });

  Deno.test(`${driver}: processes that open a new store at the same moment all get it`, async () => {
    const { openStore } = await import("../../lib/store/open_store.ts");
    for (let round = 0; round < 3; round++) {
      const fixture = await options.create();
      try {
        const names = ["one", "two", "three", "four"];
        const workers = names.map((worker) => startWorker("open", { location: fixture.location, worker }));
        await Promise.all(workers.map((worker) => worker.ready));
        await Promise.all(workers.map((worker) => worker.go()));
        assert.deepEqual(await Promise.all(workers.map((worker) => worker.lines())), names.map(() => ["added"]));
        const store = await openStore(fixture.location);
        assert.deepEqual((await store.listRuns()).map((run) => run.id).sort(), names.toSorted());
        await store.close();
      } finally {
        await fixture.remove();
      }
    }
  });

  test("two processes that claim the same 50 runs get each run once", async (store, location) => {
    const ids = Array.from({ length: 50 }, (_, i) => `run-${i}`);
    await store.addRuns(ids.map((id) => newRun(id)));
    const workers = ["one", "two"].map((worker) => startWorker("claim", { location, worker }));
    await Promise.all(workers.map((worker) => worker.ready));
    await Promise.all(workers.map((worker) => worker.go()));
    const claimed = await Promise.all(workers.map((worker) => worker.lines()));
    assert.deepEqual(claimed.flat().sort(), ids.toSorted());
    assert.equal((await store.listRuns({ status: ["running"] })).length, 50);
  });

  test("every write acknowledged before a kill -9 is there afterwards", async (store, location) => {
    await addHeld(store, [newRun("a")]);
    const worker = startWorker("write", { location, worker: "w" });
    await worker.ready;
    await worker.go();
    const acknowledged = await worker.lines({ killAfter: 40 });
    assert.ok(acknowledged.length >= 40);
    const rows = await store.queryMetrics({ runIds: ["a"] });
    const losses = new Map(rows.filter((row) => row.name === "loss").map((row) => [row.updates, row.value]));
    for (const line of acknowledged) assert.equal(losses.get(Number(line)), Number(line) / 3);
    // A call is one transaction: both of its rows or neither.
    assert.equal(rows.length, losses.size * 2);
    assert.ok(losses.size <= acknowledged.length + 1);
  });
}
