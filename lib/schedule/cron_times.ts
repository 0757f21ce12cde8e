import { Cron } from "croner";

/** A cron expression's times in a time zone; times are ms since 1970, UTC. */
export interface CronTimes {
  /** The first one after a time; null where none comes. */
  after(time: number): number | null;
  /** The last `count` at or before a time, rising. */
  upTo(time: number, count: number): readonly number[];
}

/** What takes the place of five fields. */
const nicknames = /^@(?:yearly|annually|monthly|weekly|daily|hourly)$/i;

/** What a cron expression is, to follow "expected". */
const rule = "five cron fields (minute, hour, day, month, weekday) such as 30 2 * * *, or @daily and the like";

const known = new Map<string, CronTimes>();

/**
 * The times of a cron expression, of minutes at the finest. Where a daylight-saving change skips an hour, a time in it
 * (such as 2:30) comes at the hour's end; where one repeats, a time in it comes the first time only, so that a daily
 * start is there once on each day. Expressions with a wildcard or a step in minute or hour mean an interval instead:
 * they go on evenly through both changes.
 *
 * @param expression Checked, see {@link cronRule}.
 * @param timeZone Of the IANA's list, such as Europe/Berlin; checked, see {@link timeZoneRule}.
 */
export function cronTimes(expression: string, timeZone: string): CronTimes {
  const key = `${expression} ${timeZone}`;
  const times = known.get(key) ?? newTimes(expression, timeZone);
  known.set(key, times);
  return times;
}

function newTimes(expression: string, timeZone: string): CronTimes {
  // Lists of hours count as fixed times too, as in cron.
  const cron = new Cron(expression, { timezone: timeZone, mode: "5-part", fixedTimeRule: "no-wildcard", paused: true });
  return {
    after: (time) => cron.nextRun(new Date(time))?.getTime() ?? null,
    // The library counts from what lies before its reference.
    upTo: (time, count) => cron.previousRuns(count, new Date(time + 1)).map((run) => run.getTime()).reverse(),
  };
}

/** The rule that a cron expression breaks, to follow "expected"; null for none. */
export function cronRule(expression: string): string | null {
  // The library takes dates and other numbers of fields, too.
  if (!/^\S+(?: \S+){4}$/.test(expression) && !nicknames.test(expression)) return rule;
  try {
    return cronTimes(expression, "UTC").after(0) === null ? "a time that comes" : null;
  } catch (error) {
    const reason = /^CronPattern: (.*?)\.?$/s.exec((error as Error).message)?.[1];
    return reason === undefined ? rule : `${rule} (${reason})`;
  }
}

/** The rule that a time zone breaks, to follow "expected"; null for none. */
export function timeZoneRule(timeZone: string): string | null {
  try {
    new Intl.DateTimeFormat("en", { timeZone });
    return null;
  } catch {
    return "a time zone such as UTC or Europe/Berlin";
  }
}
