import type { Provenance, RunStatus } from "./run_records.ts";

/** What began an execution. */
export type Trigger = "command line" | "schedule" | "API";

/** Which code an execution began with. */
export interface CodeIdentity {
  /** Version, commit and whether files differed from it, as a run's provenance has it. */
  readonly version: string;
  /** Hash of what results can depend on, whatever the commit; null where it is not known. */
  readonly hash: string | null;
}

/** What computes. */
export interface Engine {
  /** `auto` where each run has the one that was measured to be the best, which its provenance names. */
  readonly backend: string;
  /** Version of each library: `tfjs`, `tensorflow` where its C library may be used, `blas` where a system BLAS is. */
  readonly library: Readonly<Record<string, string>>;
}

/** What an execution was begun as and with; never changed afterwards. */
export interface ExecutionOrigin {
  /** Hash of all settings that its suite's runs share, see `settingsHash`; null where it is not known. */
  readonly settings: string | null;
  readonly code: CodeIdentity;
  readonly engine: Engine;
  /** The machine that began it. */
  readonly machine: Provenance["machine"];
  readonly trigger: Trigger;
}

/**
 * Where an execution stands, told from its runs: all done; one of them trained now; all over, but some failed; or
 * something left to do that nobody does.
 */
export type ExecutionState = "complete" | "running" | "failed" | "unfinished";

/** What is needed to begin an execution. */
export interface NewExecution extends ExecutionOrigin {
  /** Unlike any other's, of any store: see `newExecutionId`. */
  readonly id: string;
  readonly suite: string;
  /** Unix time, ms. */
  readonly startedAtMs: number;
}

/** One execution of a suite: its runs are of one experiment, and numbers are averaged over no others. */
export interface Execution extends NewExecution {
  /** Names that users gave it, such as `v1`, in order of the alphabet. */
  readonly tags: readonly string[];
  readonly runs: number;
  readonly byStatus: Readonly<Record<RunStatus, number>>;
  readonly state: ExecutionState;
  /** When the last of its runs was done or failed, Unix time, ms; null while there is something left to do. */
  readonly endedAtMs: number | null;
  /** Unix time, ms. */
  readonly updatedAtMs: number;
  /** The largest revision of its runs. */
  readonly revision: number;
  /** What of its record is not what was written, in a sentence; absent where it is sound. */
  readonly damage?: string;
}

/** An {@link ExecutionState} from how many runs there are of each status. */
export function executionState(byStatus: Execution["byStatus"]): ExecutionState {
  const { pending, running, interrupted, done, failed } = byStatus;
  if (running > 0) return "running";
  if (pending + interrupted > 0 || done + failed === 0) return "unfinished";
  return failed > 0 ? "failed" : "complete";
}

/**
 * The execution whose numbers a suite's page and files show: the one begun last of those that are complete, else the one
 * begun last.
 *
 * @param executions Of one suite, in order of creation.
 */
export function shownExecution(executions: readonly Execution[]): Execution | null {
  return newest(executions.filter(({ state }) => state === "complete")) ?? newest(executions);
}

/** The execution begun last; of two at the same moment the one that the store got last. */
export function newest(executions: readonly Execution[]): Execution | null {
  return executions.reduce<Execution | null>(
    (last, each) => last && last.startedAtMs > each.startedAtMs ? last : each,
    null,
  );
}

/**
 * Id of an execution, which says when it began (UTC): `e20261125-201530-7f3a1c`. It begins with a letter, since
 * spreadsheets take a date for more than its text.
 *
 * @param distinction Six hexadecimal digits that no other execution of that second has.
 */
export function executionIdOf(startedAtMs: number, distinction: string): string {
  const moment = new Date(startedAtMs).toISOString();
  const [date, time] = [moment.slice(0, 10), moment.slice(11, 19)].map((part) => part.replace(/[-:]/g, ""));
  return `e${date}-${time}-${distinction}`;
}
