import { deepEqual, equal, throws } from "node:assert/strict";
import { parseJsonText } from "../../lib/core/json_text.ts";
import { parseScheduleConfig } from "../../lib/schedule/schedule_config.ts";

function config(text: string) {
  const { value, source } = parseJsonText(text, "bench.config.json");
  return parseScheduleConfig(value, source);
}

function refused(text: string, message: string): void {
  throws(() => config(text), { message: `Cannot read bench.config.json, ${message}` }, text);
}

/** A file with one entry, which begins in line 3, column 5. */
function withEntry(fields: string): string {
  return `{\n  "schedule": [\n    { "suite": "quick", "cron": "30 2 * * *", ${fields} }\n  ]\n}`;
}

Deno.test("parseScheduleConfig fills what is left out", () => {
  const { entries, ...rest } = config(
    '{ "timeZone": "Europe/Berlin", "schedule": [{ "suite": "quick", "cron": "@daily" }] }',
  );
  deepEqual(rest, { atOnce: 1, alerts: {} });
  deepEqual(entries, [{
    ...{ name: "quick", suite: "quick", cron: "@daily", timeZone: "Europe/Berlin", priority: 0 },
    ...{ missed: "latest", graceMinutes: 10 },
  }]);
});

Deno.test("parseScheduleConfig refuses with line, column, rule and value", () => {
  refused(
    withEntry('"cronn": 1'),
    "line 3, column 47: schedule.0.cronn is not a field, expected one of name, suite, cron, timeZone, priority, " +
      'budgetMinutes, methods, seeds, missed, graceMinutes, got "cronn"',
  );
  refused(
    withEntry('"timeZone": "Mars/Olympus"'),
    "line 3, column 59: schedule.0.timeZone is not allowed, expected a time zone such as UTC or Europe/Berlin, " +
      'got "Mars/Olympus"',
  );
  refused(
    withEntry('"seeds": "3-1"'),
    'line 3, column 56: schedule.0.seeds is not allowed, expected seeds such as 1-8 or 1,3,5, each once, got "3-1"',
  );
  refused(
    withEntry('"missed": "some"'),
    'line 3, column 57: schedule.0.missed is not allowed, expected one of "latest"|"skip"|"all", got "some"',
  );
  refused(
    '{\n  "schedule": [{ "suite": "quick", "cron": "61 * * * *" }]\n}',
    "line 2, column 44: schedule.0.cron is not allowed, expected five cron fields (minute, hour, day, month, weekday) " +
      'such as 30 2 * * *, or @daily and the like (Invalid value for minute: 61), got "61 * * * *"',
  );
  refused(
    '{\n  "schedule": [\n    { "suite": "quick", "cron": "@daily" },\n    { "suite": "quick", "cron": "@hourly" }\n  ]\n}',
    "line 4, column 16: schedule.1.suite is not allowed, expected a name that no other entry has: give one of them a " +
      'name of its own, got "quick"',
  );
  refused(
    '{ "schedule": [{ "suite": "quick", "cron": "@daily" }],\n"alerts": { "webhook": { "url": "ftp://x" } } }',
    "line 2, column 33: alerts.webhook.url is not allowed, expected an address that starts with https:// or http://, " +
      'got "ftp://x"',
  );
});

Deno.test("two entries may run one suite under names of their own", () => {
  const { entries } = config(
    '{ "schedule": [{ "suite": "quick", "cron": "@daily" }, { "name": "weekly", "suite": "quick", "cron": "@weekly" }] }',
  );
  equal(entries.map(({ name }) => name).join(), "quick,weekly");
});
