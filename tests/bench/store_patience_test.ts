import { equal, ok, rejects } from "node:assert/strict";
import { type StoreObstacle, StoreUnavailable } from "../../lib/store/store_unavailable.ts";
import { withPatience } from "../../lib/bench/store_patience.ts";

const patience = { totalMs: 500, stoppingMs: 60, firstPauseMs: 10, longestPauseMs: 40 };
const never = new AbortController().signal;

Deno.test("withPatience tries again with growing pauses, at last with the longest", async () => {
  const triedMs: number[] = [];
  const waited: StoreObstacle[] = [];
  const value = await withPatience(() => {
    triedMs.push(performance.now());
    return triedMs.length < 6 ? Promise.reject(new StoreUnavailable("locked", "locked")) : Promise.resolve("done");
  }, { patience, signal: never, onWait: ({ obstacle }) => waited.push(obstacle) });
  equal(value, "done");
  equal(waited.join(), "locked,locked,locked,locked,locked");
  const pauses = triedMs.slice(1).map((ms, i) => ms - triedMs[i]!);
  for (const [i, least] of [10, 20, 40, 40, 40].entries()) ok(pauses[i]! >= least - 1, `${pauses}`);
});

Deno.test("withPatience gives up after its time, and at once for an error that will not pass", async () => {
  const startMs = performance.now();
  const full = () => Promise.reject(new StoreUnavailable("Cannot store: the disk is full", "full"));
  await rejects(withPatience(full, { patience, signal: never, onWait() {} }), { message: /disk is full/ });
  const elapsedMs = performance.now() - startMs;
  ok(elapsedMs > 300 && elapsedMs < 5_000, `${elapsedMs}`);
  let tries = 0;
  const damaged = () => {
    tries++;
    return Promise.reject(new Error("damaged"));
  };
  await rejects(withPatience(damaged, { patience, signal: never, onWait() {} }), { message: "damaged" });
  equal(tries, 1);
});

Deno.test("withPatience is short with a run that was asked to stop, before or meanwhile", async () => {
  const long = { ...patience, totalMs: 60_000, longestPauseMs: 60_000, firstPauseMs: 20 };
  const locked = () => Promise.reject(new StoreUnavailable("locked", "locked"));
  for (const abortAfterMs of [0, 100]) {
    const stop = new AbortController();
    if (abortAfterMs === 0) stop.abort();
    else setTimeout(() => stop.abort(), abortAfterMs);
    const startMs = performance.now();
    await rejects(withPatience(locked, { patience: long, signal: stop.signal, onWait() {} }), StoreUnavailable);
    ok(performance.now() - startMs < 10_000);
  }
});
