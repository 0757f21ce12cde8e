import { cronTimes } from "./cron_times.ts";
import type { ScheduleEntry } from "./schedule_config.ts";

/** A time of an entry that lies ahead. */
export interface NextStart {
  readonly entry: ScheduleEntry;
  /** Ms since 1970, UTC. */
  readonly at: number;
}

/**
 * What a schedule asks for next, over all entries, in the order of time and then of priority.
 *
 * @param options `from`: starts after this time, ms since 1970; `count`: of so many, or fewer where no more come.
 */
export function nextStarts(
  entries: readonly ScheduleEntry[],
  { from, count }: { readonly from: number; readonly count: number },
): readonly NextStart[] {
  const starts = entries.flatMap((entry) => {
    const times = cronTimes(entry.cron, entry.timeZone);
    const found: NextStart[] = [];
    for (let at = times.after(from); at !== null && found.length < count; at = times.after(at)) {
      found.push({ entry, at });
    }
    return found;
  });
  return starts.sort((a, b) => a.at - b.at || b.entry.priority - a.entry.priority).slice(0, count);
}

/** A time as its entry's clock shows it, such as `2026-11-26 02:30 Europe/Berlin`. */
export function localTime(at: number, timeZone: string): string {
  const format = new Intl.DateTimeFormat("en-CA", {
    timeZone,
    ...{ year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit" } as const,
    hourCycle: "h23",
  });
  const parts = new Map<string, string>(format.formatToParts(at).map(({ type, value }) => [type, value]));
  const part = (type: string) => parts.get(type) ?? "";
  return `${part("year")}-${part("month")}-${part("day")} ${part("hour")}:${part("minute")} ${timeZone}`;
}
