import { deepEqual, equal } from "node:assert/strict";
import {
  memoryLedger,
  parseScheduleConfig,
  runSchedule,
  type ScheduleEvent,
  Scheduler,
  type Stretch,
  type StretchEnd,
  type Tick,
} from "../../lib/schedule/mod.ts";
import { play } from "./simulated_machine.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const from = Date.parse("2026-06-01T00:00Z");

function configOf(...schedule: Record<string, unknown>[]) {
  return parseScheduleConfig({ schedule }, { what: "test" });
}

function said({ kind, tick }: ScheduleEvent): string {
  return `${kind} ${tick.entry} ${new Date(tick.dueAt).toISOString().slice(11, 16)}`;
}

async function all(ledger: { ticks(since: number): Promise<readonly Tick[]> }): Promise<readonly Tick[]> {
  return (await ledger.ticks(-Infinity)).toSorted((a, b) => a.dueAt - b.dueAt);
}

Deno.test("of what waits, the highest priority starts first, then the oldest", async () => {
  const config = configOf(
    { name: "long", suite: "a", cron: "0 1 1 6 *" },
    { name: "low", suite: "b", cron: "10 1 1 6 *" },
    { name: "high", suite: "c", cron: "20 1 1 6 *", priority: 5 },
  );
  const { events } = await play({ config, from, spanMs: 12 * HOUR, incidents: [] });
  deepEqual(events.map(said), [
    ...["started long 01:00", "finished long 01:00", "started high 01:20", "finished high 01:20"],
    ...["started low 01:10", "finished low 01:10"],
  ]);
});

Deno.test("two entries of one suite never run side by side, whatever may run at once", async () => {
  const { events } = await play({
    config: {
      ...configOf(
        { name: "x", suite: "a", cron: "0 1 1 6 *" },
        { name: "y", suite: "a", cron: "30 1 1 6 *", priority: 9 },
        { name: "z", suite: "b", cron: "40 1 1 6 *" },
      ),
      atOnce: 2,
    },
    ...{ from, spanMs: 12 * HOUR, incidents: [] },
  });
  deepEqual(events.map(said), [
    ...["started x 01:00", "started z 01:40", "finished x 01:00", "started y 01:30", "finished z 01:40"],
    "finished y 01:30",
  ]);
});

Deno.test("an execution that has spent its budget, over kills, is stopped and its tick ends as out of time", async () => {
  const config = configOf({ name: "x", suite: "a", cron: "0 1 * * *", budgetMinutes: 120 });
  const incidents = [{ at: 2 * HOUR, kind: "kill" as const, ms: 30 * MINUTE }];
  const { ledger, events } = await play({ config, from, spanMs: 12 * HOUR, incidents, lookEveryMs: MINUTE });
  deepEqual(events.map(said), ["started x 01:00", "resumed x 01:00", "finished x 01:00"]);
  const [tick] = await all(ledger);
  deepEqual([tick?.result, tick?.stretches, tick?.execution], ["out of time", 2, `${from + HOUR} x`]);
  // The last minute before the kill was not noted.
  const late = tick!.endedAt! - (from + 4.5 * HOUR - HOUR);
  equal(late >= 0 && late <= 2 * MINUTE, true, String(late));
});

Deno.test("what stops by itself is gone on with after a rest, and has failed after five times", async () => {
  let now = from;
  const ledger = memoryLedger();
  const config = configOf({ name: "x", suite: "a", cron: "0 1 * * *" });
  const events: string[] = [];
  const scheduler = new Scheduler({
    ...{ config, ledger, clock: { now: () => now, elapsed: () => now } },
    execute: () => Promise.resolve({ result: "stopped" }),
    onEvent: (event) => void events.push(`${said(event)} at ${new Date(now).toISOString().slice(11, 16)}`),
  });
  for (; now < from + 2 * HOUR; now += MINUTE / 2) {
    await scheduler.step();
    await new Promise((resolve) => setTimeout(resolve, 0));
  }
  deepEqual(events.filter((event) => !event.startsWith("stopped")), [
    ...["started x 01:00 at 01:00", "resumed x 01:00 at 01:01", "resumed x 01:00 at 01:02", "resumed x 01:00 at 01:03"],
    ...["resumed x 01:00 at 01:04", "finished x 01:00 at 01:04"],
  ]);
  const [tick] = await all(ledger);
  deepEqual([tick?.result, tick?.error], ["failed", "it broke off 5 times"]);
});

Deno.test("an execution that throws has failed, with its sentence", async () => {
  let now = from;
  const ledger = memoryLedger();
  const config = configOf({ name: "x", suite: "a", cron: "0 1 * * *" });
  const clock = { now: () => now, elapsed: () => now };
  const execute = (): Promise<StretchEnd> => Promise.reject(new RangeError('Cannot find suite "a"'));
  const scheduler = new Scheduler({ config, ledger, clock, execute });
  await scheduler.step();
  now += 2 * HOUR;
  await scheduler.step();
  await scheduler.stop();
  const [tick] = await all(ledger);
  deepEqual([tick?.state, tick?.result, tick?.error], ["finished", "failed", 'Cannot find suite "a"']);
});

Deno.test("what an entry that was taken off the schedule left behind ends, and it begins anew when it comes back", async () => {
  let now = from;
  const ledger = memoryLedger();
  const clock = { now: () => now, elapsed: () => now };
  const step = async (...names: string[]) => {
    const config = configOf(...names.map((name) => ({ name, suite: name, cron: "0 1 * * *" })));
    // Killed right after: nothing it started goes on.
    await new Scheduler({ config, ledger, clock, execute: () => new Promise(() => {}) }).step();
  };
  await step("x", "y");
  now += 2 * HOUR;
  await step("x", "y");
  await step("y");
  now += 72 * HOUR;
  await step("x", "y");
  const ticks = (await all(ledger)).filter(({ entry }) => entry === "x");
  deepEqual(ticks.map(({ state, result, reason }) => [state, result, reason]), [["finished", "removed", null]]);
});

Deno.test("runSchedule stops what runs when it is told to, and leaves it to go on with", async () => {
  const ledger = memoryLedger();
  const config = configOf({ name: "x", suite: "a", cron: "* * * * *" });
  const stop = new AbortController();
  let now = from - 1;
  const stretches: Stretch[] = [];
  const execute = (stretch: Stretch) => {
    stretches.push(stretch);
    return new Promise<StretchEnd>((resolve) =>
      stretch.signal.addEventListener("abort", () => resolve({ result: "stopped" }))
    );
  };
  const clock = { now: () => now, elapsed: () => now };
  const waited: number[] = [];
  const pause = (ms: number) => {
    waited.push(ms);
    now += ms;
    if (stretches.length > 0 && waited.length > 5) stop.abort();
    return Promise.resolve();
  };
  const run = () =>
    runSchedule(new Scheduler({ config, ledger, clock, execute }), { clock, signal: stop.signal, pause });
  await run();
  equal(waited.every((ms) => ms <= 30_000), true);
  const [first, ...rest] = await all(ledger);
  deepEqual([first?.state, first?.stretches], ["started", 1]);
  deepEqual(rest.map(({ startedAt }) => startedAt), rest.map(() => null));
});
