import { deepEqual, equal } from "node:assert/strict";
import { type LedgerChange, type Mark, memoryLedger, type Tick, waitingTick } from "../../lib/schedule/ledger.ts";
import { planTicks } from "../../lib/schedule/plan_ticks.ts";
import { parseScheduleConfig, type ScheduleEntry } from "../../lib/schedule/schedule_config.ts";

function entryOf(fields: Record<string, unknown>): ScheduleEntry {
  const schedule = [{ name: "nightly", suite: "smoke", cron: "0 2 * * *", ...fields }];
  return parseScheduleConfig({ schedule }, { what: "test" }).entries[0]!;
}

const at = (text: string) => Date.parse(`2026-${text}Z`);

/** Looks at each time in turn, as a schedule that starts nothing; returns the ledger's ticks in short. */
async function looks(entry: ScheduleEntry, times: readonly string[], began: readonly string[] = []): Promise<string[]> {
  const ledger = memoryLedger();
  for (const time of times) {
    const now = at(time);
    const mark: Mark | null = (await ledger.marks())[0] ?? null;
    const ticks = await ledger.ticks(Math.min(mark?.lookedUntil ?? now, now));
    await ledger.write(planTicks(entry, { mark, ticks, now }));
    for (const tick of await ledger.ticks(Infinity)) {
      if (began.includes(shortTime(tick.dueAt))) await ledger.write({ ticks: [{ ...tick, state: "started" }] });
    }
  }
  return (await ledger.ticks(-Infinity)).toSorted((a, b) => a.dueAt - b.dueAt).map(short);
}

function shortTime(time: number): string {
  return new Date(time).toISOString().slice(5, 16);
}

function short({ dueAt, state, reason }: Tick): string {
  return [shortTime(dueAt), state, reason].filter((part) => part !== null).join(" ");
}

Deno.test("planTicks asks for nothing that was due before an entry was on the schedule", async () => {
  deepEqual(await looks(entryOf({}), ["01-01T12:00"]), []);
  deepEqual(await looks(entryOf({}), ["01-01T12:00", "01-02T01:59", "01-02T02:00", "01-02T02:01"]), [
    "01-02T02:00 waiting",
  ]);
});

Deno.test("planTicks: of starts missed while off, `latest` makes up for the newest, `all` for each, `skip` for none", async () => {
  const times = ["01-01T12:00", "01-04T12:00"];
  deepEqual(await looks(entryOf({}), times), [
    ...["01-02T02:00 missed off", "01-03T02:00 missed off", "01-04T02:00 waiting"],
  ]);
  deepEqual(await looks(entryOf({ missed: "all" }), times), [
    ...["01-02T02:00 waiting", "01-03T02:00 waiting", "01-04T02:00 waiting"],
  ]);
  deepEqual(await looks(entryOf({ missed: "skip" }), times), [
    ...["01-02T02:00 missed off", "01-03T02:00 missed off", "01-04T02:00 missed off"],
  ]);
});

Deno.test("planTicks: `skip` starts within its time of grace, and not beside the start before", async () => {
  const entry = entryOf({ missed: "skip", cron: "0 * * * *" });
  deepEqual(await looks(entry, ["01-01T00:30", "01-01T01:10"]), ["01-01T01:00 waiting"]);
  deepEqual(await looks(entry, ["01-01T00:30", "01-01T01:11"]), ["01-01T01:00 missed off"]);
  // It never got its turn.
  deepEqual(await looks(entry, ["01-01T00:30", "01-01T01:00", "01-01T01:11"]), ["01-01T01:00 missed busy"]);
  deepEqual(await looks(entry, ["01-01T00:30", "01-01T01:00", "01-01T02:00"], ["01-01T01:00"]), [
    ...["01-01T01:00 started", "01-01T02:00 missed overlap"],
  ]);
});

Deno.test("planTicks: `latest` lets one start wait behind the running one, the newest", async () => {
  const times = ["01-01T12:00", "01-02T02:00", "01-03T02:00", "01-04T02:00"];
  deepEqual(await looks(entryOf({}), times, ["01-02T02:00"]), [
    ...["01-02T02:00 started", "01-03T02:00 missed superseded", "01-04T02:00 waiting"],
  ]);
});

Deno.test("planTicks: a clock set back repeats nothing that started, and loses nothing that did not", async () => {
  // An hour back after the start.
  deepEqual(
    await looks(entryOf({}), ["01-01T12:00", "01-02T02:00", "01-02T01:10", "01-02T02:00"], ["01-02T02:00"]),
    ["01-02T02:00 started"],
  );
  // A clock that was wrong by months: its own start is kept, the days between come in their turn.
  const wrong = ["01-01T12:00", "03-01T12:00", "01-01T12:01", "01-02T02:00", "01-03T02:00"];
  deepEqual(await looks(entryOf({}), wrong, ["03-01T02:00", "01-02T02:00"]), [
    ...["01-02T02:00 started", "01-03T02:00 waiting", "03-01T02:00 started"],
  ]);
  deepEqual(await looks(entryOf({}), wrong), ["01-02T02:00 missed superseded", "01-03T02:00 waiting"]);
});

Deno.test("planTicks begins anew with another expression or time zone", () => {
  const mark: Mark = { entry: "nightly", lookedUntil: at("01-01T00:00"), rule: "0 2 * * * Europe/Berlin" };
  const { ticks } = planTicks(entryOf({}), { mark, ticks: [], now: at("01-09T00:00") });
  deepEqual(ticks, []);
});

Deno.test("planTicks lists a thousand ticks and takes older ones together, each time once", () => {
  const entry = entryOf({ cron: "* * * * *" });
  const mark: Mark = { entry: "nightly", lookedUntil: at("01-01T00:00"), rule: "* * * * * UTC" };
  const now = at("03-01T00:00");
  const { ticks = [] }: LedgerChange = planTicks(entry, { mark, ticks: [], now });
  equal(ticks.length, 1001);
  const [rest, ...listed] = ticks;
  equal(rest!.dueAt, at("01-01T00:01"));
  equal(rest!.through! + 60_000, listed[0]!.dueAt);
  deepEqual(listed.map(({ dueAt }) => dueAt), listed.map((_, i) => now - (999 - i) * 60_000));
  // Set back into what was taken together: it ends there, and what follows is due again.
  const back = at("02-01T00:00");
  const again = planTicks(entry, { mark: { ...mark, lookedUntil: now }, ticks, now: back });
  deepEqual(again.ticks, [{ ...rest, through: back }]);
  equal(again.forget?.length, 1000);
});

Deno.test("planTicks never gives a time twice, in whatever order looks come", () => {
  const entry = entryOf({ missed: "all", cron: "*/10 * * * *" });
  const tick = { ...waitingTick({ entry: "nightly", dueAt: at("01-01T00:10") }, 0), state: "finished" as const };
  const mark: Mark = { entry: "nightly", lookedUntil: at("01-01T00:00"), rule: "*/10 * * * * UTC" };
  const { ticks } = planTicks(entry, { mark, ticks: [tick], now: at("01-01T00:20") });
  deepEqual(ticks?.map(short), ["01-01T00:20 waiting"]);
});
