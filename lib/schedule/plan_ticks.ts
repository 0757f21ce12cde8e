import { type CronTimes, cronTimes } from "./cron_times.ts";
import { type LedgerChange, type Mark, missedTick, type Tick, waitingTick } from "./ledger.ts";
import type { ScheduleEntry } from "./schedule_config.ts";

/** Ticks that one look lists, at most: of every minute over sixteen hours. Older ones are missed as one. */
const MOST_TICKS = 1000;

/** What the next look at one entry starts from. */
export interface Look {
  /** Null before the first. */
  readonly mark: Mark | null;
  /** The entry's: those that wait or have started, and all due since the mark or since `now`, whichever is earlier. */
  readonly ticks: readonly Tick[];
  readonly now: number;
}

/**
 * What became due since the last look, and what of it is run: pure, so that any clock can be played through.
 *
 * Each time of the entry becomes one tick, whose key is that time: one that is in the ledger is never due again. A
 * clock that jumped ahead is like a machine that was off: what it jumped over is missed, by the entry's policy. After
 * one that was set back, what lies ahead again and was not started is due again; what was started is not.
 *
 * @returns What to write, all at once.
 */
export function planTicks(entry: ScheduleEntry, { mark, ticks, now }: Look): LedgerChange {
  const rule = `${entry.cron} ${entry.timeZone}`;
  const next: Mark = { entry: entry.name, lookedUntil: now, rule };
  // Nothing was asked for before it was on the schedule.
  const isNew = mark === null || mark.rule !== rule;
  const from = isNew ? now : Math.min(mark.lookedUntil, now);
  const ahead = mark !== null && now < mark.lookedUntil ? notStartedAhead(ticks, now) : null;
  const forgotten = new Set(ahead?.forget ?? []);
  const kept = ticks.filter((tick) => !forgotten.has(tick));
  const taken = new Set(kept.map(({ dueAt }) => dueAt));
  const due = dueTimes(cronTimes(entry.cron, entry.timeZone), { from, now });
  const fresh = due.times.filter((time) => !taken.has(time)).map((dueAt) =>
    waitingTick({ entry: entry.name, dueAt }, now)
  );
  const changes = decide(entry, { fresh, open: kept.filter(({ state }) => state !== "finished"), now });
  if (due.rest) {
    const first = waitingTick({ entry: entry.name, dueAt: due.rest.first }, now);
    changes.unshift({ ...missedTick(first, { reason: "off", at: now }), through: due.rest.last });
  }
  return {
    marks: [next],
    ticks: [...(ahead?.shortened ?? []), ...changes],
    forget: ahead?.forget.map(({ entry, dueAt }) => ({ entry, dueAt })) ?? [],
  };
}

/** Ticks that never started and whose time the clock, set back, has yet to reach. */
function notStartedAhead(ticks: readonly Tick[], now: number): { readonly forget: Tick[]; readonly shortened: Tick[] } {
  const forget = ticks.filter(({ state, dueAt }) => (state === "missed" || state === "waiting") && dueAt > now);
  const shortened = ticks.filter(({ dueAt, through }) => dueAt <= now && through !== null && through > now)
    .map((tick) => ({ ...tick, through: now }));
  return { forget, shortened };
}

interface Due {
  /** Rising. */
  readonly times: readonly number[];
  /** Those before, where there were too many. */
  readonly rest: { readonly first: number; readonly last: number } | null;
}

function dueTimes(cron: CronTimes, { from, now }: { readonly from: number; readonly now: number }): Due {
  const times: number[] = [];
  for (let time = cron.after(from); time !== null && time <= now; time = cron.after(time)) {
    if (times.length === MOST_TICKS) {
      const last = cron.upTo(now, MOST_TICKS + 1);
      return { times: last.slice(1), rest: { first: times[0]!, last: last[0]! } };
    }
    times.push(time);
  }
  return { times, rest: null };
}

interface Decision {
  /** Found by this look, rising. */
  readonly fresh: readonly Tick[];
  /** Of earlier looks: what waits, has started or was missed. */
  readonly open: readonly Tick[];
  readonly now: number;
}

/** New and changed ticks by the entry's policy for those that cannot start when they are due. */
function decide(entry: ScheduleEntry, { fresh, open, now }: Decision): Tick[] {
  const waiting = open.filter(({ state }) => state === "waiting");
  if (entry.missed === "all") return [...fresh];
  if (entry.missed === "latest") {
    const newest = fresh.at(-1);
    if (!newest) return [];
    return [
      ...waiting.map((tick) => missedTick(tick, { reason: "superseded", at: now })),
      ...fresh.slice(0, -1).map((tick) => missedTick(tick, { reason: "off", at: now })),
      newest,
    ];
  }
  const isLate = ({ dueAt }: Tick) => now - dueAt > entry.graceMinutes * 60_000;
  const late = waiting.filter(isLate);
  const isFree = !open.some((tick) => tick.state === "started" || (tick.state === "waiting" && !isLate(tick)));
  const last = fresh.findLast((tick) => !isLate(tick));
  return [
    ...late.map((tick) => missedTick(tick, { reason: "busy", at: now })),
    ...fresh.map((tick) => {
      if (isLate(tick)) return missedTick(tick, { reason: "off", at: now });
      if (!isFree) return missedTick(tick, { reason: "overlap", at: now });
      return tick === last ? tick : missedTick(tick, { reason: "superseded", at: now });
    }),
  ];
}
