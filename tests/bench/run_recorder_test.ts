import { deepEqual, equal, match, ok } from "node:assert/strict";
import type { ExperimentEvent } from "../../lib/experiment/events.ts";
import { openSqliteStore } from "../../lib/store/sqlite_store.ts";
import type { Store } from "../../lib/store/store.ts";
import { StoreUnavailable } from "../../lib/store/store_unavailable.ts";
import { RunRecorder } from "../../lib/bench/run_recorder.ts";
import type { WorkerMessage, WorkerOutcome } from "../../lib/bench/worker_messages.ts";
import { metric, newRun, provenance } from "../contracts/store_data.ts";

const patience = { totalMs: 400, stoppingMs: 100, firstPauseMs: 5, longestPauseMs: 50 };
const checkpoint: ExperimentEvent = { kind: "checkpoint", bytes: Uint8Array.of(1, 2, 3), loop: 5 };
const progress: ExperimentEvent = { kind: "progress", progress: { loop: 5, loops: 10, envSteps: 50, updates: 5 } };
const records: ExperimentEvent = { kind: "metrics", metrics: [metric({})] };
const artifact: ExperimentEvent = {
  ...{ kind: "artifact", name: "graphs", contentType: "application/json" },
  bytes: Uint8Array.of(7),
};
const everything: readonly ExperimentEvent[] = [progress, records, artifact, checkpoint, progress, { kind: "done" }];

interface Trial {
  readonly outcome: WorkerOutcome;
  readonly said: readonly WorkerMessage[];
  readonly store: Store;
}

/** Records what `script` yields as run `a`, on a store that `obstruct` may have replaced methods of. */
async function trial(
  script: () => AsyncGenerator<ExperimentEvent>,
  { obstruct, check, signal, say, totalMs }: {
    readonly obstruct?: (store: Store) => Partial<Store>;
    readonly check: (trial: Trial) => Promise<void> | void;
    readonly signal?: AbortSignal;
    readonly totalMs?: number;
    readonly say?: (message: WorkerMessage) => void;
  },
): Promise<void> {
  const folder = await Deno.makeTempDir();
  const store = await openSqliteStore(`${folder}/store.sqlite`, { busyTimeoutMs: 20 });
  try {
    await store.addRuns([newRun("a")]);
    await store.claim("a", { worker: "w", leaseMs: 60_000, nowMs: Date.now() });
    const said: WorkerMessage[] = [];
    const obstructed: Store = Object.assign(bound(store), obstruct?.(store));
    const recorder = new RunRecorder(obstructed, {
      ...{ runId: "a", worker: "w", leaseMs: 60_000, earlierMs: 0 },
      patience: { ...patience, totalMs: totalMs ?? patience.totalMs },
      signal: signal ?? new AbortController().signal,
      say(message) {
        said.push(message);
        say?.(message);
      },
    });
    const outcome = await recorder.record(script(), { fromLoop: 0, provenance, change: null });
    await check({ outcome, said, store });
  } finally {
    await store.close();
    await Deno.remove(folder, { recursive: true });
  }
}

/** A store's methods as properties, so that single ones can be replaced. */
function bound(store: Store): Store {
  const names = Object.getOwnPropertyNames(Object.getPrototypeOf(store)).filter((name) => name !== "constructor");
  const methods = store as unknown as Record<string, (...args: readonly unknown[]) => unknown>;
  return Object.fromEntries(
    names.map((name) => [name, (...args: readonly unknown[]) => methods[name]!.apply(store, [...args])]),
  ) as unknown as Store;
}

async function* play(
  events: readonly ExperimentEvent[],
  end: () => void = () => {},
): AsyncGenerator<ExperimentEvent> {
  for (const event of events) yield await Promise.resolve(event);
  end();
}

/** Fails every method that writes, `count` times each. */
function failing(
  store: Store,
  { count, obstacle }: { readonly count: number; readonly obstacle: StoreUnavailable["obstacle"] },
): Partial<Store> {
  const methods = ["heartbeat", "recordOrigin", "recordMetrics", "putArtifact", "finish"] as const;
  return Object.fromEntries(methods.map((name) => {
    let left = count;
    return [name, (...args: readonly unknown[]) => {
      if (left-- > 0) return Promise.reject(new StoreUnavailable(`Cannot ${name}: the disk is full`, obstacle));
      return (store[name] as (...args: readonly unknown[]) => Promise<boolean>).apply(store, [...args]);
    }];
  }));
}

Deno.test("RunRecorder: a store that fails for a while loses nothing, and the worker says what it waits for", () =>
  trial(() => play(everything), {
    obstruct: (store) => failing(store, { count: 3, obstacle: "full" }),
    async check({ outcome, said, store }) {
      equal(outcome.kind, "done");
      equal(said.filter((message) => message.kind === "waiting" && message.obstacle === "full").length, 15);
      const run = (await store.getRun("a"))!;
      equal(run.status, "done");
      deepEqual(run.origins, [{ fromLoop: 0, provenance }]);
      deepEqual(await store.queryMetrics({}), [{ runId: "a", ...metric({}) }]);
      deepEqual((await store.listArtifacts("a")).map(({ name }) => name), ["graphs"]);
    },
  }));

Deno.test("RunRecorder: a store that stays out of reach leaves the run interrupted, with its last checkpoint", () =>
  trial(() => play(everything), {
    obstruct: (store) => {
      const reject = () => Promise.reject(new StoreUnavailable("Cannot record metrics: locked", "locked"));
      let beats = 0;
      return { heartbeat: (...args) => beats++ < 2 ? store.heartbeat(...args) : reject() };
    },
    async check({ outcome, store }) {
      deepEqual(outcome, { kind: "left", error: "Cannot record metrics: locked" });
      const run = (await store.getRun("a"))!;
      equal(run.status, "interrupted");
      equal(run.error, "Cannot record metrics: locked");
      deepEqual((await store.getArtifact("a", "checkpoint"))!.bytes, Uint8Array.of(1, 2, 3));
    },
  }));

Deno.test("RunRecorder: who was asked to stop waits for the store for a short time only", async () => {
  const stop = new AbortController();
  stop.abort();
  const startMs = performance.now();
  await trial(() => play([checkpoint]), {
    signal: stop.signal,
    totalMs: 60_000,
    obstruct: () => ({ putArtifact: () => Promise.reject(new StoreUnavailable("Cannot store checkpoint", "full")) }),
    check({ outcome }) {
      equal(outcome.kind, "left");
      ok(performance.now() - startMs < 20_000);
    },
  });
});

Deno.test("RunRecorder: only an error of the experiment itself fails the run and discards its checkpoint", async () => {
  const lossIsNaN = () => {
    throw new RangeError("Cannot go on with the run: the loss is not finite, expected a number, got NaN");
  };
  await trial(() => play([checkpoint], lossIsNaN), {
    async check({ outcome, store }) {
      equal(outcome.kind, "failed");
      const run = (await store.getRun("a"))!;
      equal(run.status, "failed");
      match(run.error!, /the loss is not finite/);
      equal(await store.getArtifact("a", "checkpoint"), null);
    },
  });
  // A number that cannot be kept comes from the experiment too.
  await trial(() => play([checkpoint, { kind: "metrics", metrics: [metric({ value: NaN })] }]), {
    async check({ outcome, store }) {
      equal(outcome.kind, "failed");
      match((await store.getRun("a"))!.error!, /is not finite, expected a finite number or null/);
    },
  });
  const kept = async ({ outcome, store }: Trial) => {
    equal(outcome.kind, "left");
    equal((await store.getRun("a"))!.status, "interrupted");
    ok(await store.getArtifact("a", "checkpoint"));
  };
  // A broken pipe, and a store that is broken for good.
  await trial(() => play(everything), {
    say(message) {
      if (message.kind === "progress") throw new Deno.errors.BrokenPipe("Broken pipe (os error 32)");
    },
    check: ({ outcome }) => equal(outcome.kind, "left"),
  });
  await trial(() => play([checkpoint, records]), {
    obstruct: () => ({ recordMetrics: () => Promise.reject(new Error("Cannot record metrics: damaged")) }),
    check: kept,
  });
});

Deno.test("RunRecorder: exhausted memory is the process's end, not the run's", () =>
  trial(
    () =>
      play([checkpoint], () => {
        throw new RangeError("Array buffer allocation failed");
      }),
    {
      async check({ outcome, store }) {
        deepEqual(outcome, { kind: "died", error: "Array buffer allocation failed" });
        equal((await store.getRun("a"))!.status, "running");
        ok(await store.getArtifact("a", "checkpoint"));
      },
    },
  ));

Deno.test("RunRecorder: a worker that lost its lease writes nothing more", () =>
  trial(() => play(everything), {
    obstruct: (store) => ({
      async recordMetrics(...args) {
        // Its machine slept: another worker has the run now.
        ok(await store.claim("a", { worker: "other", leaseMs: 60_000, nowMs: Date.now() + 120_000 }));
        return await store.recordMetrics(...args);
      },
    }),
    async check({ outcome, store }) {
      deepEqual(outcome, { kind: "lost" });
      deepEqual(await store.queryMetrics({}), []);
      deepEqual(await store.listArtifacts("a"), []);
      equal((await store.getRun("a"))!.status, "running");
    },
  }));
