import type { ScheduleClock, Scheduler } from "./scheduler.ts";

/** A clock that jumps and a machine that slept are noticed within this time, ms. */
const LOOK_EVERY_MS = 30_000;

/** How a schedule waits. */
export interface RunScheduleOptions {
  readonly clock: ScheduleClock;
  /** Ends the schedule; what runs is stopped, and the ledger says what is left. */
  readonly signal: AbortSignal;
  /** Waits, at most until the signal aborts. */
  pause(ms: number, signal: AbortSignal): Promise<void>;
}

/**
 * Runs a schedule until the signal aborts.
 *
 * @throws What the ledger throws; what ran is stopped first.
 */
export async function runSchedule(scheduler: Scheduler, { signal, pause }: RunScheduleOptions): Promise<void> {
  try {
    while (!signal.aborted) {
      await scheduler.step();
      // Timers may fire a little early: a millisecond more is on the right side of a tick.
      const ms = Math.min(LOOK_EVERY_MS, (scheduler.nextStepMs() ?? LOOK_EVERY_MS) + 1);
      if (!signal.aborted) await pause(ms, signal);
    }
  } finally {
    await scheduler.stop();
  }
}
