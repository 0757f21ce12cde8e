import { equal } from "node:assert/strict";
import { minOf } from "../../lib/core/extremes.ts";
import type { Rng } from "../../lib/core/rng.ts";
import {
  type Ledger,
  memoryLedger,
  type ScheduleConfig,
  type ScheduleEvent,
  Scheduler,
  type Stretch,
  type StretchEnd,
} from "../../lib/schedule/mod.ts";

const HOUR = 3600_000;

/** What happens to the machine, by ms since its start. */
export interface Incident {
  readonly at: number;
  /** `kill` ends the process at once, `stop` as SIGTERM does; `clock` moves the wall's clock by `ms`. */
  readonly kind: "kill" | "stop" | "clock";
  /** How long nothing runs, or how far the clock moves. */
  readonly ms: number;
}

/** A time that is played through. */
export interface Simulation {
  readonly config: ScheduleConfig;
  /** Wall's clock at the start, ms since 1970. */
  readonly from: number;
  readonly spanMs: number;
  readonly incidents: readonly Incident[];
  /** How long the executions of a tick train in all; 3 hours when absent. */
  workMs?(dueAt: number): number;
  /** Opens the ledger, again for each process; one in memory when absent. */
  openLedger?(): Ledger;
  /** Longest time between two looks at the clock. */
  readonly lookEveryMs?: number;
}

/** What was seen. */
export interface Played {
  readonly ledger: Ledger;
  readonly events: readonly ScheduleEvent[];
  /** Ticks that were killed while they ran. */
  readonly killedRunning: number;
  readonly end: number;
}

interface Running {
  readonly key: string;
  readonly suite: string;
  readonly since: number;
  resolve(end: StretchEnd): void;
}

/**
 * Plays a schedule on a machine whose time is a number: executions take what they take, the process ends when it is
 * told to and starts again later with nothing but its ledger. That no suite runs beside itself is checked throughout.
 */
export async function play(simulation: Simulation): Promise<Played> {
  const { config, from, spanMs, workMs = () => 3 * HOUR, lookEveryMs = 2 * HOUR } = simulation;
  const incidents = simulation.incidents.toSorted((a, b) => a.at - b.at);
  const inMemory = memoryLedger();
  const openLedger = simulation.openLedger ?? (() => inMemory);
  let ledger = openLedger();
  const events: ScheduleEvent[] = [];
  const left = new Map<string, number>();
  let running: Running[] = [];
  let elapsed = 0;
  let wall = from;
  let killedRunning = 0;

  /** Accounts for what has trained; what is left is on disk. */
  const leave = (which: Running) => {
    left.set(which.key, left.get(which.key)! - (elapsed - which.since));
    running = running.filter((each) => each !== which);
  };
  const execute = ({ entry, tick, signal, onExecution }: Stretch): Promise<StretchEnd> =>
    new Promise((resolve) => {
      equal(running.some(({ suite }) => suite === entry.suite), false, `${entry.suite} runs beside itself`);
      const key = `${tick.dueAt} ${entry.name}`;
      if (!left.has(key)) left.set(key, workMs(tick.dueAt));
      onExecution(key);
      const which = { key, suite: entry.suite, since: elapsed, resolve };
      running.push(which);
      const stop = () => {
        leave(which);
        resolve({ result: "stopped" });
      };
      if (signal.aborted) stop();
      else signal.addEventListener("abort", stop);
    });
  const clock = { now: () => wall, elapsed: () => elapsed };
  const newScheduler = () =>
    new Scheduler({ config, ledger, clock, execute, onEvent: (event) => void events.push(event) });

  let scheduler: Scheduler | null = newScheduler();
  let startsAt = 0;
  const pass = (ms: number) => {
    elapsed += ms;
    wall += ms;
  };
  while (elapsed < spanMs) {
    if (!scheduler && elapsed >= startsAt) {
      ledger = openLedger();
      scheduler = newScheduler();
    }
    if (scheduler) await scheduler.step();
    const ends = running.map(({ key, since }) => since + left.get(key)!);
    const look = scheduler ? Math.min(lookEveryMs, (scheduler.nextStepMs() ?? lookEveryMs) + 1) : Infinity;
    const next = minOf([
      ...[spanMs, elapsed + look, scheduler ? Infinity : startsAt, incidents[0]?.at ?? Infinity],
      ...ends,
    ]);
    pass(Math.max(0, next - elapsed));
    for (const which of running.filter(({ key, since }) => since + left.get(key)! <= elapsed)) {
      leave(which);
      which.resolve({ result: "complete" });
    }
    await settled();
    while (incidents[0] && incidents[0].at <= elapsed) {
      const { kind, ms } = incidents.shift()!;
      if (kind === "clock") {
        wall += ms;
        continue;
      }
      if (kind === "stop") await scheduler?.stop();
      killedRunning += running.length;
      for (const which of running) leave(which);
      scheduler = null;
      startsAt = Math.max(startsAt, elapsed + ms);
    }
  }
  return { ledger, events, killedRunning, end: wall };
}

/** Lets what hangs on promises happen. */
function settled(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}

/** Kills and stops at random moments, each followed by a time in which nothing runs. */
export function randomKills(
  rng: Rng,
  { count, spanMs, longestMs }: { readonly count: number; readonly spanMs: number; readonly longestMs: number },
): Incident[] {
  return Array.from({ length: count }, (_, i) => ({
    at: Math.floor(rng.uniform() * spanMs),
    kind: i % 2 === 0 ? "kill" : "stop",
    ms: Math.floor(60_000 + rng.uniform() * longestMs),
  }));
}
