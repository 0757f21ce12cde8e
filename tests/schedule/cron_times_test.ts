import { deepEqual, equal, match, ok } from "node:assert/strict";
import fc from "fast-check";
import { cronRule, cronTimes, timeZoneRule } from "../../lib/schedule/cron_times.ts";
import { localTime } from "../../lib/schedule/next_starts.ts";

const DAY = 24 * 3600_000;

function startsOf(cron: string, timeZone: string, { from, count }: { from: string; count: number }): string[] {
  const starts: string[] = [];
  let at: number | null = Date.parse(from);
  while (starts.length < count && (at = cronTimes(cron, timeZone).after(at)) !== null) {
    starts.push(new Date(at).toISOString());
  }
  return starts;
}

Deno.test("a daily start in the hour that a clock skips comes at the end of that hour, on the same day", () => {
  deepEqual(startsOf("30 2 * * *", "Europe/Berlin", { from: "2026-03-27T12:00Z", count: 3 }), [
    ...["2026-03-28T01:30:00.000Z", "2026-03-29T01:00:00.000Z", "2026-03-30T00:30:00.000Z"],
  ]);
});

Deno.test("a daily start in the hour that a clock repeats comes the first time only", () => {
  deepEqual(startsOf("30 2 * * *", "Europe/Berlin", { from: "2026-10-24T00:00Z", count: 3 }), [
    ...["2026-10-24T00:30:00.000Z", "2026-10-25T00:30:00.000Z", "2026-10-26T01:30:00.000Z"],
  ]);
});

Deno.test("a start of every hour goes on evenly through a change", () => {
  deepEqual(startsOf("0 * * * *", "Europe/Berlin", { from: "2026-10-24T23:30Z", count: 3 }), [
    ...["2026-10-25T00:00:00.000Z", "2026-10-25T01:00:00.000Z", "2026-10-25T02:00:00.000Z"],
  ]);
});

Deno.test("every day of a year has one daily start, whatever zone, hour and changes", () => {
  const zones = [
    ...["Europe/Berlin", "America/New_York", "America/Santiago", "Asia/Beirut", "Africa/Casablanca", "Africa/Cairo"],
    ...["Australia/Lord_Howe", "America/Havana", "Pacific/Apia", "Europe/London", "Asia/Kolkata", "UTC"],
  ];
  for (const zone of zones) {
    for (const cron of ["30 2 * * *", "0 0 * * *", "59 23 * * *", "15 1 * * *"]) {
      const starts = startsOf(cron, zone, { from: "2025-12-31T11:00Z", count: 366 });
      const days = starts.map((start) => localTime(Date.parse(start), zone).slice(0, 10));
      equal(new Set(days).size, 366, `${cron} ${zone}`);
      equal(Date.parse(days[365]!) - Date.parse(days[0]!), 365 * DAY, `${cron} ${zone}`);
    }
  }
});

Deno.test("cronTimes.upTo is what after finds, from the other side", () => {
  const crons = ["*/17 * * * *", "30 2 * * *", "0 */3 * * *", "5,35 1-3 * * *"];
  const zone = fc.constantFrom("Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "UTC");
  // Spans of days around the changes, to the millisecond.
  const from = fc.constantFrom("2026-03-07", "2026-03-28", "2026-04-04", "2026-10-03", "2026-10-24", "2026-10-31")
    .map((day) => Date.parse(day));
  fc.assert(
    fc.property(
      fc.constantFrom(...crons),
      zone,
      from,
      fc.integer({ min: 0, max: 3 * DAY }),
      (cron, zone, from, span) => {
        const times = cronTimes(cron, zone);
        const forward: number[] = [];
        for (let at = times.after(from)!; at <= from + span; at = times.after(at)!) forward.push(at);
        if (forward.length > 0) deepEqual(times.upTo(from + span, forward.length), forward);
        for (const at of forward) {
          equal(times.after(at - 1), at);
          equal(times.upTo(at, 1)[0], at);
        }
      },
    ),
    { numRuns: 60 },
  );
});

Deno.test("cronRule takes five fields of minutes and nicknames, and says what is wrong with others", () => {
  for (const good of ["30 2 * * *", "*/5 0-6 1,15 * MON-FRI", "@daily", "0 0 L * *"]) equal(cronRule(good), null, good);
  for (const bad of ["", "x", "* * * * * *", "2026-01-01T00:00:00", "0 0 1 1 1 2020", "@reboot", "5-1 * * * *"]) {
    match(cronRule(bad)!, /^five cron fields .*30 2 \* \* \*/, bad);
  }
  match(cronRule("61 * * * *")!, /\(Invalid value for minute: 61\)$/);
  equal(cronRule("0 0 30 2 *"), "a time that comes");
});

Deno.test("timeZoneRule knows time zones", () => {
  equal(timeZoneRule("Europe/Berlin"), null);
  ok(timeZoneRule("Mars/Olympus"));
});
