import { deepEqual, equal, ok, rejects } from "node:assert/strict";
import { type PlannedRun } from "../../lib/experiment/expand_suite.ts";
import { type RunSpec, runSpecSchema } from "../../lib/experiment/run_spec.ts";
import { openSqliteStore } from "../../lib/store/sqlite_store.ts";
import type { Store } from "../../lib/store/store.ts";
import { type PoolEvent, runPool } from "../../tasks/bench/worker_pool.ts";
import type { WorkerOutcome } from "../../tasks/bench/worker_messages.ts";
import type { StartWorker, WorkerOptions } from "../../tasks/bench/worker_process.ts";

const spec: RunSpec = runSpecSchema.parse({
  suite: "pool",
  environment: { id: "chemical" },
  method: { id: "mlp" },
  seed: 1,
});

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
    onEvent?(event: PoolEvent): void;
  },
): Promise<Result> {
  let running = 0;
  let mostAtOnce = 0;
  const events: PoolEvent[] = [];
  const startWorker: StartWorker = (worker) => {
    const stopped = Promise.withResolvers<void>();
    mostAtOnce = Math.max(mostAtOnce, ++running);
    const outcome = options.behave(worker, stopped.promise).finally(() => running--);
    return { processId: 0, outcome, stop: stopped.resolve, kill: stopped.resolve };
  };
  await runPool({
    store,
    location: "unused",
    writableFolder: "unused",
    runs: options.runs,
    workers: options.workers ?? 2,
    backend: "cpu",
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
  return async ({ runId, worker, onMessage }) => {
    onMessage({ kind: "started", resumed: false });
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

Deno.test("runPool tries a run whose worker died twice more, then records it as failed", () =>
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
    equal(run.status, "failed");
    equal(run.error, "Cannot train the run: its worker process died 3 times, the last time with SIGKILL");
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
        options.onMessage({ kind: "started", resumed: false });
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
