import { z } from "zod";
import type { Source } from "../core/json_text.ts";
import { labelSchema, LONGEST_LABEL } from "../core/label.ts";
import { parseWith } from "../core/parse.ts";
import { parseSeeds } from "../experiment/seeds.ts";
import { cronRule, timeZoneRule } from "./cron_times.ts";

/** A text under a rule, null for none, that follows "expected". */
function ruled(rule: (text: string) => string | null) {
  return z.string().superRefine((text, context) => {
    const broken = rule(text);
    if (broken !== null) context.addIssue({ code: "custom", message: `expected ${broken}` });
  });
}

function seedsRule(text: string): string | null {
  try {
    parseSeeds(text);
    return null;
  } catch {
    return "seeds such as 1-8 or 1,3,5, each once";
  }
}

function urlRule(text: string): string | null {
  const protocol = URL.canParse(text) ? new URL(text).protocol : "";
  return protocol === "https:" || protocol === "http:" ? null : "an address that starts with https:// or http://";
}

const name = labelSchema.max(LONGEST_LABEL);

/** What becomes of starts that were due while none could be made. */
const missed = z.enum(["latest", "skip", "all"]).default("latest").describe(
  "Starts that were due while nothing could start them: only the latest is made up for, none, or all one by one",
);

const entrySchema = z.strictObject({
  name: name.optional().describe("What the ledger calls it; the suite's name when absent"),
  suite: z.string().min(1).max(1000).describe("A built-in suite's name, or a suite file beside this file"),
  cron: ruled(cronRule).describe("Minute, hour, day of the month, month, weekday, such as 30 2 * * *; or @daily"),
  timeZone: ruled(timeZoneRule).optional().describe("Where the clock of `cron` hangs; the file's when absent"),
  priority: z.int().min(-100).max(100).default(0).describe("Of several that wait the highest starts first"),
  budgetMinutes: z.number().positive().max(100 * 24 * 60).optional().describe(
    "An execution that has trained for longer is stopped with its checkpoints, and the next start goes on with it",
  ),
  methods: z.array(name).min(1).optional().describe("Labels of the suite's methods to run; all when absent"),
  seeds: ruled(seedsRule).optional().describe("Such as 1-3; the suite's when absent"),
  missed,
  graceMinutes: z.number().min(0).max(24 * 60).default(10).describe(
    "Where `missed` is `skip`, a start that could not be made within this time counts as missed",
  ),
});

const alertsSchema = z.strictObject({
  webhook: z.strictObject({
    url: ruled(urlRule).describe("Gets each alert as JSON by POST"),
    attempts: z.int().min(1).max(20).default(5).describe("Tries before an alert is given up, ever longer apart"),
  }).optional().describe("Off when absent"),
  command: z.array(z.string()).min(1).optional().describe(
    "A program and its arguments, run once for each alert, which it reads as JSON; no shell. Off when absent",
  ),
});

/** What `bench.config.json` holds. */
export const scheduleConfigSchema = z.strictObject({
  $schema: z.string().optional().describe("Where an editor finds this schema"),
  timeZone: ruled(timeZoneRule).default("UTC").describe("Where the clock of every `cron` hangs that names no other"),
  atOnce: z.int().min(1).max(16).default(1).describe("Suites that may run side by side; one never runs beside itself"),
  schedule: z.array(entrySchema).min(1).describe("What starts when"),
  alerts: alertsSchema.default({}).describe("Who is told when something got worse or failed"),
}).superRefine(({ schedule }, context) => {
  const names = new Set<string>();
  for (const [i, { name, suite }] of schedule.entries()) {
    const given = name ?? suite;
    if (names.has(given)) {
      const path = ["schedule", i, name === undefined ? "suite" : "name"];
      const message = "expected a name that no other entry has: give one of them a name of its own";
      context.addIssue({ code: "custom", path, message });
    }
    names.add(given);
  }
});

/** A suite on a schedule, defaults filled. */
export interface ScheduleEntry extends Omit<z.output<typeof entrySchema>, "name" | "timeZone"> {
  readonly name: string;
  readonly timeZone: string;
}

/** A checked `bench.config.json`, defaults filled. */
export interface ScheduleConfig {
  readonly atOnce: number;
  readonly entries: readonly ScheduleEntry[];
  readonly alerts: z.output<typeof alertsSchema>;
}

/**
 * Checks a schedule. Whether its suites exist is left to whoever reads them.
 *
 * @param value What a JSON file holds.
 * @param source Names it in an error, and knows where its parts stand.
 * @throws {RangeError} With the place, the field's path, the rule and the value.
 */
export function parseScheduleConfig(value: unknown, source: Source): ScheduleConfig {
  const { atOnce, schedule, alerts, timeZone } = parseWith(scheduleConfigSchema, value, source);
  const entries = schedule.map((entry) => ({
    ...entry,
    name: entry.name ?? entry.suite,
    timeZone: entry.timeZone ?? timeZone,
  }));
  return { atOnce, entries, alerts };
}

/** JSON Schema (2020-12) of `bench.config.json`. */
export function scheduleConfigJsonSchema(): Record<string, unknown> {
  const schema = z.toJSONSchema(scheduleConfigSchema, { io: "input" });
  return { ...schema, title: "Schedule", description: "What `deno task schedule` starts, and when." };
}
