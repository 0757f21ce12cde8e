import { deepEqual, equal, ok } from "node:assert/strict";
import { Rng } from "../../lib/core/rng.ts";
import { localTime, parseScheduleConfig, type ScheduleConfig, type Tick } from "../../lib/schedule/mod.ts";
import { type Incident, play, type Played, randomKills } from "./simulated_machine.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

function nightly(timeZone: string, fields: Record<string, unknown> = {}): ScheduleConfig {
  const schedule = [{ name: "nightly", suite: "quick", cron: "30 2 * * *", timeZone, ...fields }];
  return parseScheduleConfig({ schedule }, { what: "test" });
}

/** Every tick of a played time, by when it was due. */
async function ticksOf({ ledger }: Played): Promise<readonly Tick[]> {
  return (await ledger.ticks(-Infinity)).toSorted((a, b) => a.dueAt - b.dueAt);
}

/** Each day of the zone has one tick, and each tick was started once and finished, or missed and never started. */
async function checkOnceEach(played: Played, timeZone: string, days: number): Promise<readonly Tick[]> {
  const ticks = await ticksOf(played);
  const dates = ticks.map(({ dueAt }) => localTime(dueAt, timeZone).slice(0, 10));
  deepEqual([...new Set(dates)], dates, "a day twice");
  equal(Date.parse(dates.at(-1)!) - Date.parse(dates[0]!), (dates.length - 1) * DAY, "a day is missing");
  ok(Math.abs(dates.length - days) <= 1, `${dates.length} days`);
  for (const tick of ticks) {
    const starts = played.events.filter(({ kind, tick: { dueAt } }) => kind === "started" && dueAt === tick.dueAt);
    const ends = played.events.filter(({ kind, tick: { dueAt } }) => kind === "finished" && dueAt === tick.dueAt);
    if (tick.state === "missed") {
      equal(starts.length, 0);
      ok(tick.reason === "off" || tick.reason === "superseded", tick.reason ?? "no reason");
    } else {
      equal(starts.length, 1, `${dates[0]} started ${starts.length} times`);
      // The last one may still run.
      if (tick !== ticks.at(-1) || tick.state === "finished") {
        equal(tick.state, "finished");
        equal(tick.result, "complete");
        equal(ends.length, 1);
      }
    }
  }
  return ticks;
}

/** Both changes of the zone lie in the time from its start on. */
const months = [
  // Morocco's clocks go back for Ramadan and forward after it: both changes in one month.
  { timeZone: "Africa/Casablanca", from: "2026-02-10T12:00Z", days: 45 },
  { timeZone: "Europe/Berlin", from: "2026-03-15T12:00Z", days: 31 },
  { timeZone: "Europe/Berlin", from: "2026-10-10T12:00Z", days: 31 },
];

for (const [m, { timeZone, from, days }] of months.entries()) {
  Deno.test(`a month from ${from} in ${timeZone}, killed ten times, the clock set back once: each night once`, async () => {
    let finished = 0;
    let missed = 0;
    let killedRunning = 0;
    for (let seed = 0; seed < 4; seed++) {
      const rng = new Rng(100 * m + seed);
      const spanMs = days * DAY;
      const kills = randomKills(rng, { count: 10, spanMs, longestMs: 30 * HOUR });
      // Set back to before a start that was just made, or whose execution has ended: by the clock it is due again.
      const at = (5 + rng.integer(days - 10)) * DAY + 14.5 * HOUR + rng.integer(HOUR);
      const back: Incident = seed % 2 === 0
        ? { at, kind: "clock", ms: -3 * HOUR }
        : { at: at + 15 * HOUR, kind: "clock", ms: -20 * HOUR };
      const incidents = [...kills, back];
      const simulation = { config: nightly(timeZone), from: Date.parse(from), spanMs, incidents };
      const played = await play({ ...simulation, workMs: () => 10 * HOUR });
      const ticks = await checkOnceEach(played, timeZone, days);
      finished += ticks.filter(({ state }) => state === "finished").length;
      missed += ticks.filter(({ state }) => state === "missed").length;
      killedRunning += played.killedRunning;
    }
    // Else nothing of interest was played.
    ok(finished > 3 * days && killedRunning > 0 && missed > 0, `${finished} ${missed} ${killedRunning}`);
  });
}

Deno.test("with `all`, no night of a month is missed whatever was off", async () => {
  const spanMs = 31 * DAY;
  const incidents = randomKills(new Rng(7), { count: 10, spanMs, longestMs: 60 * HOUR });
  const config = nightly("Europe/Berlin", { missed: "all" });
  // The last days are quiet, so that what waits is made up for.
  const quiet = incidents.filter(({ at }) => at < 24 * DAY);
  const played = await play({ config, from: Date.parse("2026-10-10T12:00Z"), spanMs, incidents: quiet });
  const ticks = await checkOnceEach(played, "Europe/Berlin", 31);
  deepEqual(ticks.filter(({ state }) => state !== "finished").length, 0);
});

Deno.test("a suite that takes longer than a day never runs beside itself; starts that it covers are superseded", async () => {
  const spanMs = 20 * DAY;
  const incidents = randomKills(new Rng(8), { count: 5, spanMs, longestMs: HOUR });
  const played = await play({
    ...{ config: nightly("UTC"), from: Date.parse("2026-06-01T12:00Z"), spanMs, incidents },
    workMs: () => 50 * HOUR,
  });
  const ticks = await ticksOf(played);
  ok(ticks.filter(({ state }) => state === "finished").length >= 5);
  ok(ticks.some(({ reason }) => reason === "superseded"));
});

Deno.test("a clock that jumps a year ahead and back loses no night after it", async () => {
  const spanMs = 10 * DAY;
  const incidents: Incident[] = [
    { at: 3 * DAY, kind: "clock", ms: 365 * DAY },
    { at: 3 * DAY + HOUR, kind: "clock", ms: -365 * DAY },
  ];
  const config = nightly("UTC");
  const played = await play({
    config,
    from: Date.parse("2026-06-01T12:00Z"),
    spanMs,
    incidents,
    lookEveryMs: 10 * MINUTE,
  });
  const ticks = await ticksOf(played);
  const normal = ticks.filter(({ dueAt }) => dueAt < Date.parse("2026-07-01"));
  deepEqual(normal.map(({ state }) => state), Array(10).fill("finished"));
  // The one that the wrong clock asked for is known by its time, and won't be asked for again then.
  deepEqual(ticks.slice(10).map(({ state, dueAt }) => [state, new Date(dueAt).toISOString()]), [
    ["finished", "2027-06-04T02:30:00.000Z"],
  ]);
});
