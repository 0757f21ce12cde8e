import assert from "node:assert/strict";
import type { Store } from "../../lib/store/store.ts";
import { seenStore } from "../../routes/seen_store.ts";
import { SharedPause } from "../../routes/shared_pause.ts";
import { StoreWatch } from "../../routes/store_watch.ts";
import { demoStore } from "../demo/demo_store.ts";
import { lease, metric, newRun } from "../contracts/store_data.ts";

/** A store that counts the calls of each method. */
function counting(store: Store): { readonly store: Store; readonly calls: Map<string, number> } {
  const calls = new Map<string, number>();
  const counted = new Proxy(store, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name);
      if (typeof member !== "function") return member;
      return (...args: readonly unknown[]) => {
        calls.set(String(name), (calls.get(String(name)) ?? 0) + 1);
        return member.apply(target, args);
      };
    },
  });
  return { store: counted, calls };
}

Deno.test("StoreWatch: a version changes with its own suite or run, and with everything for all", async () => {
  await using demo = await demoStore([]);
  const { store } = demo;
  let nowMs = 1000;
  const seen = seenStore(store, () => nowMs);
  const watch = new StoreWatch({ store: () => Promise.resolve(seen), now: () => nowMs });
  const subjects = [{}, { suite: "one" }, { suite: "two" }, { run: "a" }, { run: "b" }];
  let last = await Promise.all(subjects.map((subject) => watch.version(subject)));
  const changed = async () => {
    const versions = await Promise.all(subjects.map((subject) => watch.version(subject)));
    const changes = subjects.filter((_, index) => versions[index] !== last[index]);
    last = versions;
    return changes;
  };
  assert.deepEqual(await changed(), []);
  await store.addRuns([newRun("a", "one"), newRun("b", "two")]);
  assert.deepEqual(await changed(), subjects);
  assert.deepEqual(await changed(), []);
  await store.claim("a", { worker: "w", leaseMs: 500, nowMs });
  assert.deepEqual(await changed(), [{}, { suite: "one" }, { run: "a" }]);
  await store.recordMetrics("a", [metric({})], { worker: "w" });
  assert.deepEqual(await changed(), [{}, { suite: "one" }, { run: "a" }]);
  nowMs = 1500; // The lease ends: nothing is written.
  assert.deepEqual(await changed(), [{}, { suite: "one" }, { run: "a" }]);
  assert.deepEqual(await changed(), []);
  nowMs = 0; // The clock is set back.
  await store.claim("b", lease("w", 0));
  assert.deepEqual(await changed(), [{}, { suite: "two" }, { run: "b" }]);
});

Deno.test("StoreWatch: 300 pages cost one look-up while nothing changes, and one look when something does", async () => {
  await using demo = await demoStore([]);
  await demo.store.addRuns(Array.from({ length: 40 }, (_, index) => newRun(`r${index}`, `s${index % 4}`)));
  const { store, calls } = counting(demo.store);
  const seen = seenStore(store, () => 0);
  const watch = new StoreWatch({ store: () => Promise.resolve(seen), now: () => 0 });
  const ask = () =>
    Promise.all(
      Array.from({ length: 300 }, (_, index) =>
        watch.version(index % 3 === 0 ? {} : index % 3 === 1 ? { suite: `s${index % 4}` } : { run: `r${index % 2}` })),
    );
  await ask();
  calls.clear();
  await ask();
  assert.deepEqual([...calls], [["revision", 1]]);
  await store.claim("r0", lease("w", 0));
  calls.clear();
  await ask();
  assert.deepEqual([...calls].sort(), [["getRun", 2], ["listRuns", 1], ["listSuites", 1], ["revision", 1]]);
});

Deno.test("SharedPause: all go on at the same time; closing ends it", async () => {
  const closing = new AbortController();
  const pause = new SharedPause(60_000, { closing: closing.signal });
  const first = pause.next();
  assert.equal(pause.next(), first);
  closing.abort();
  await first;
  await pause.next();
});
