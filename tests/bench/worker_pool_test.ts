import { deepEqual, equal, match, ok, rejects } from "node:assert/strict";
import { type PlannedRun } from "../../lib/experiment/expand_suite.ts";
import { type RunSpec, runSpecSchema } from "../../lib/experiment/run_spec.ts";
import { openSqliteStore } from "../../lib/store/sqlite_store.ts";
import type { Store } from "../../lib/store/store.ts";
import { StoreUnavailable } from "../../lib/store/store_unavailable.ts";
import type { Patience } from "../../lib/bench/store_patience.ts";
import type { WatchLimits } from "../../lib/bench/watchdog.ts";
import type { PoolEvent } from "../../lib/bench/pool_options.ts";
import { runPool } from "../../lib/bench/worker_pool.ts";
import type { WorkerOutcome } from "../../lib/bench/worker_messages.ts";
import { type StartWorker, startWorkerProcess, type WorkerOptions } from "../../lib/bench/worker_process.ts";

const spec: RunSpec = runSpecSchema.parse({
  suite: "pool",
  environment: { id: "chemical" },
  method: { id: "mlp" },
  seed: 1,
});

const started = { kind: "started", fromLoop: 0, change: null } as const;

function planned(count: number): PlannedRun[] {
  return Array.from({ length: count }, (_, i) => ({
    id: `run${i}`,
    suite: "pool",
    environment: "chemical-fork",
    method: "mlp",
    seed: i,
    spec: { ...spec, seed: i },
  }));
}

/** What a fake worker does with its run; it writes to the store as a real one would. */
type Behaviour = (options: WorkerOptions, stopped: Promise<void>) => Promise<WorkerOutcome>;

interface Result {
  readonly events: readonly PoolEvent[];
  readonly mostAtOnce: number;
}

async function pool(
  store: Store,
  options: {
    readonly runs: readonly PlannedRun[];
    readonly behave: Behaviour;
    readonly workers?: number;
    readonly stop?: AbortController;
    readonly leaseMs?: number;
    readonly limits?: WatchLimits;
    readonly patience?: Patience;
    onEvent?(event: PoolEvent): void;
  },
): Promise<Result> {
  let running = 0;
  let mostAtOnce = 0;
  const events: PoolEvent[] = [];
  const startWorker: StartWorker = (worker) => {
    const stopped = Promise.withResolvers<void>();
    mostAtOnce = Math.max(mostAtOnce, ++running);
    const kill = Promise.withResolvers<WorkerOutcome>();
    const outcome = Promise.race([options.behave(worker, stopped.promise), kill.promise]).finally(() => running--);
    return { outcome, stop: stopped.resolve, kill: () => kill.resolve({ kind: "died", error: "SIGKILL" }) };
  };
  await runPool({
    store,
    location: "unused",
    writableFolder: "unused",
    runs: options.runs,
    workers: options.workers ?? 2,
    backend: "cpu",
    codeVersion: () => "0.1.0",
    ...(options.limits ? { limits: options.limits } : {}),
    patience: options.patience ?? { totalMs: 300, stoppingMs: 100, firstPauseMs: 5, longestPauseMs: 20 },
    leaseMs: options.leaseMs ?? 5_000,
    checkpointEveryMs: 1000,
    heapMiB: 256,
    stop: (options.stop ?? new AbortController()).signal,
    kill: new AbortController().signal,
    startWorker,
    onEvent(event) {
      events.push(event);
      options.onEvent?.(event);
    },
  });
  return { events, mostAtOnce };
}

function finishing(store: Store, status: "done" | "failed" | "interrupted"): Behaviour {
  return async ({ runId, worker, onReport }) => {
    onReport(started);
    await new Promise((resolve) => setTimeout(resolve, 5));
    const error = status === "failed" ? { error: "loss is NaN at step 3" } : {};
    await store.finish(runId, { worker, status, ...error, elapsedMs: 5, nowMs: Date.now() });
    if (status === "failed") return { kind: status, error: "loss is NaN at step 3" };
    return status === "done" ? { kind: status, elapsedMs: 5 } : { kind: status };
  };
}

async function withStore(test: (store: Store) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  const store = await openSqliteStore(`${folder}/results.sqlite`);
  try {
    await test(store);
  } finally {
    await store.close();
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("runPool trains every run once, never more at a time than workers", () =>
  withStore(async (store) => {
    const runs = planned(7);
    await store.addRuns(runs);
    const { events, mostAtOnce } = await pool(store, { runs, behave: finishing(store, "done"), workers: 3 });
    equal(mostAtOnce, 3);
    equal(events.filter((event) => event.kind === "started").length, 7);
    equal((await store.listRuns({ status: ["done"] })).length, 7);
  }));

Deno.test("runPool goes on with the others when a run fails", () =>
  withStore(async (store) => {
    const runs = planned(4);
    await store.addRuns(runs);
    const { events } = await pool(store, {
      runs,
      behave: (options, stopped) => finishing(store, options.runId === "run1" ? "failed" : "done")(options, stopped),
    });
    deepEqual(events.filter((event) => event.kind === "failed").map((event) => event.error), ["loss is NaN at step 3"]);
    equal((await store.listRuns({ status: ["done"] })).length, 3);
    equal((await store.getRun("run1"))!.error, "loss is NaN at step 3");
  }));

Deno.test("runPool tries a run whose worker died twice more, then leaves it to be resumed and says why", () =>
  withStore(async (store) => {
    const runs = planned(2);
    await store.addRuns(runs);
    let attempts = 0;
    const { events } = await pool(store, {
      runs,
      behave: (options, stopped) => {
        if (options.runId !== "run0") return finishing(store, "done")(options, stopped);
        attempts++;
        return Promise.resolve({ kind: "died", error: "SIGKILL" });
      },
    });
    equal(attempts, 3);
    equal(events.filter((event) => event.kind === "retried").length, 2);
    const run = (await store.getRun("run0"))!;
    equal(run.status, "interrupted");
    equal(
      run.error,
      "Cannot go on with the run: its worker process died 3 times without getting further, the last time with SIGKILL",
    );
    deepEqual(events.filter((event) => event.kind === "left").map((event) => event.error), [run.error]);
    equal((await store.getRun("run1"))!.status, "done");
  }));

Deno.test("runPool counts a run as done whose worker died after it was recorded", () =>
  withStore(async (store) => {
    const runs = planned(1);
    await store.addRuns(runs);
    const { events } = await pool(store, {
      runs,
      behave: async (options, stopped) => {
        await finishing(store, "done")(options, stopped);
        return { kind: "died", error: "SIGKILL" };
      },
    });
    deepEqual(events.map((event) => event.kind), ["started", "done"]);
  }));

Deno.test("runPool stops its workers and starts no others when told to stop", () =>
  withStore(async (store) => {
    const runs = planned(5);
    await store.addRuns(runs);
    const stop = new AbortController();
    const { events } = await pool(store, {
      runs,
      stop,
      behave: async (options, stopped) => {
        options.onReport(started);
        await stopped;
        return await finishing(store, "interrupted")(options, stopped);
      },
      onEvent: (event) => event.kind === "started" && setTimeout(() => stop.abort(), 20),
    });
    equal(events.filter((event) => event.kind === "interrupted").length, 2);
    equal((await store.listRuns({ status: ["interrupted"] })).length, 2);
    equal((await store.listRuns({ status: ["pending"] })).length, 3);
  }));

Deno.test("runPool leaves a refused run resumable and says why", () =>
  withStore(async (store) => {
    const runs = planned(1);
    await store.addRuns(runs);
    const { events } = await pool(store, {
      runs,
      behave: () =>
        Promise.resolve({ kind: "refused", error: "Cannot resume from the checkpoint: it is another run's" }),
    });
    deepEqual(events.map((event) => event.kind), ["refused"]);
    equal((await store.getRun("run0"))!.status, "interrupted");
  }));

Deno.test("two pools on one store train no run twice, and both end when all is done", () =>
  withStore(async (store) => {
    const runs = planned(6);
    await store.addRuns(runs);
    const trained: string[] = [];
    const behave: Behaviour = async (options, stopped) => {
      trained.push(options.runId);
      await new Promise((resolve) => setTimeout(resolve, 30));
      return await finishing(store, "done")(options, stopped);
    };
    const [first, second] = await Promise.all([pool(store, { runs, behave }), pool(store, { runs, behave })]);
    deepEqual(trained.toSorted(), runs.map((run) => run.id));
    for (const { events } of [first, second]) equal(events.filter((event) => event.kind === "done").length, 6);
  }));

Deno.test("runPool takes over a run whose process left without a word once its lease has ended", () =>
  withStore(async (store) => {
    const runs = planned(1);
    await store.addRuns(runs);
    ok(await store.claim("run0", { worker: "gone", leaseMs: 300, nowMs: Date.now() }));
    const { events } = await pool(store, { runs, behave: finishing(store, "done") });
    deepEqual(events.map((event) => event.kind), ["elsewhere", "started", "done"]);
  }));

Deno.test("runPool extends the lease of a worker that cannot do so itself", () =>
  withStore(async (store) => {
    const runs = planned(1);
    await store.addRuns(runs);
    await pool(store, {
      runs,
      leaseMs: 200,
      behave: async (options, stopped) => {
        await new Promise((resolve) => setTimeout(resolve, 500));
        equal(await store.claim("run0", { worker: "other", leaseMs: 1000, nowMs: Date.now() }), false);
        return await finishing(store, "done")(options, stopped);
      },
    });
    equal((await store.getRun("run0"))!.status, "done");
  }));

Deno.test("runPool ends all workers and rejects when the store fails", () =>
  withStore(async (store) => {
    const runs = planned(3);
    await store.addRuns(runs);
    const failing: Store = Object.create(store, {
      claim: {
        value: (id: string, lease: Parameters<Store["claim"]>[1]) =>
          id === "run1" ? Promise.reject(new Error("Cannot claim run run1: the disk is full")) : store.claim(id, lease),
      },
      getRun: { value: (id: string) => store.getRun(id) },
      heartbeat: { value: (id: string, beat: Parameters<Store["heartbeat"]>[1]) => store.heartbeat(id, beat) },
    });
    let stops = 0;
    const behave: Behaviour = async (options, stopped) => {
      await stopped;
      stops++;
      return await finishing(store, "interrupted")(options, stopped);
    };
    await rejects(pool(failing, { runs, behave }), { message: "Cannot claim run run1: the disk is full" });
    equal(stops, 1);
  }));

Deno.test("runPool resumes a run whose worker was asked to stop by somebody else", () =>
  withStore(async (store) => {
    const runs = planned(1);
    await store.addRuns(runs);
    let attempts = 0;
    const { events } = await pool(store, {
      runs,
      behave: (...args) => finishing(store, ++attempts === 1 ? "interrupted" : "done")(...args),
    });
    deepEqual(events.map((event) => event.kind), ["started", "retried", "started", "done"]);
  }));

Deno.test("runPool counts deaths only while a run gets no further", () =>
  withStore(async (store) => {
    const runs = planned(1);
    await store.addRuns(runs);
    // Five deaths, each after another checkpoint.
    let attempts = 0;
    const { events } = await pool(store, {
      runs,
      behave: (options, stopped) => {
        options.onReport({ ...started, fromLoop: 10 * attempts });
        if (++attempts === 6) return finishing(store, "done")(options, stopped);
        return Promise.resolve({ kind: "died", error: "SIGKILL" });
      },
    });
    equal(attempts, 6);
    equal(events.at(-1)!.kind, "done");
  }));

Deno.test("runPool kills a worker that gives no sign and resumes its run; its lease is not kept alive", () =>
  withStore(async (store) => {
    const runs = planned(1);
    await store.addRuns(runs);
    let attempts = 0;
    const { events } = await pool(store, {
      runs,
      limits: { lifeMs: 300, progressMs: 60_000, stoppingLifeMs: 100, stoppingMs: 1000 },
      behave: (options, stopped) => {
        if (++attempts === 2) return finishing(store, "done")(options, stopped);
        options.onReport({ kind: "alive" });
        return new Promise(() => {}); // Stopped as a whole, as by SIGSTOP.
      },
    });
    deepEqual(events.map((event) => event.kind), ["retried", "started", "done"]);
    deepEqual(events.filter((event) => event.kind === "retried").map((event) => event.error), [
      "no sign of life for 0 s",
    ]);
  }));

Deno.test("runPool does not wait for a hung worker when told to stop", () =>
  withStore(async (store) => {
    const runs = planned(1);
    await store.addRuns(runs);
    const stop = new AbortController();
    const { events } = await pool(store, {
      runs,
      stop,
      limits: { lifeMs: 60_000, progressMs: 60_000, stoppingLifeMs: 100, stoppingMs: 60_000 },
      behave(options) {
        options.onReport({ kind: "alive" });
        options.onReport(started);
        setTimeout(() => stop.abort(), 20);
        return new Promise(() => {});
      },
    });
    deepEqual(events.map((event) => event.kind), ["started", "interrupted"]);
    equal((await store.getRun("run0"))!.status, "interrupted");
  }));

Deno.test("runPool tries again while the store is locked, and leaves what its worker left", () =>
  withStore(async (store) => {
    const runs = planned(2);
    await store.addRuns(runs);
    let refusals = 3;
    const locked: Store = Object.create(store, {
      claim: {
        value: (...args: Parameters<Store["claim"]>) =>
          refusals-- > 0 ? Promise.reject(new StoreUnavailable("Cannot claim", "locked")) : store.claim(...args),
      },
      getRun: { value: (id: string) => store.getRun(id) },
      finish: { value: (...args: Parameters<Store["finish"]>) => store.finish(...args) },
      heartbeat: { value: (...args: Parameters<Store["heartbeat"]>) => store.heartbeat(...args) },
    });
    const { events } = await pool(locked, {
      runs,
      workers: 1,
      behave: (options, stopped) =>
        options.runId === "run0"
          ? Promise.resolve({ kind: "left", error: "Cannot store checkpoint of run run0: the disk is full" })
          : finishing(store, "done")(options, stopped),
    });
    deepEqual(events.map((event) => event.kind), ["waiting", "waiting", "waiting", "left", "started", "done"]);
    const run = (await store.getRun("run0"))!;
    deepEqual([run.status, run.error], ["interrupted", "Cannot store checkpoint of run run0: the disk is full"]);
  }));

Deno.test("startWorkerProcess tells of a worker that cannot be started as of one that died", async () => {
  const worker = startWorkerProcess({
    ...{ runId: "run0", worker: "w", location: "none", writableFolder: "/no/such/folder", backend: "cpu" },
    ...{ codeVersion: "0.1.0", leaseMs: 1000, checkpointEveryMs: 1000, heapMiB: 256 },
    onReport() {},
  });
  worker.stop();
  worker.kill();
  const outcome = await worker.outcome;
  equal(outcome.kind, "died");
  match(outcome.kind === "died" ? outcome.error : "", /^it could not be started: /);
});

Deno.test("startWorkerProcess never rejects: one that nobody can listen to is ended", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const worker = startWorkerProcess({
      ...{ runId: "run0", worker: "w", location: `${folder}/store.sqlite`, writableFolder: folder, backend: "cpu" },
      ...{ codeVersion: "0.1.0", leaseMs: 1000, checkpointEveryMs: 1000, heapMiB: 256 },
      onReport() {
        throw new Error("the listener broke");
      },
    });
    deepEqual(await worker.outcome, { kind: "died", error: "it could not be heard: the listener broke" });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
