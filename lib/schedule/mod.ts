/**
 * Suites on a schedule: what `bench.config.json` says, when each is due, and who starts it once. Knows no store
 * of results, no process and no clock of its own.
 *
 * @module
 */
export {
  type Ledger,
  type LedgerChange,
  type Mark,
  memoryLedger,
  type MissedReason,
  type Tick,
  type TickKey,
  type TickResult,
} from "./ledger.ts";
export { type LedgerFile, openLedger } from "./sqlite_ledger.ts";
export { localTime, type NextStart, nextStarts } from "./next_starts.ts";
export { runSchedule, type RunScheduleOptions } from "./run_schedule.ts";
export {
  parseScheduleConfig,
  type ScheduleConfig,
  scheduleConfigJsonSchema,
  type ScheduleEntry,
} from "./schedule_config.ts";
export {
  type ScheduleClock,
  type ScheduleEvent,
  Scheduler,
  type SchedulerOptions,
  type Stretch,
  type StretchEnd,
} from "./scheduler.ts";
