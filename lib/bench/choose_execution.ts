import { createHash } from "node:crypto";
import { firstDifference } from "../core/difference.ts";
import { settingsParts } from "../core/settings.ts";
import type { PlannedRun } from "../experiment/expand_suite.ts";
import { canonicalJson } from "../experiment/spec_hash.ts";
import {
  type CodeIdentity,
  type Engine,
  type Execution,
  executionIdOf,
  type ExecutionOrigin,
  newest,
  type NewExecution,
} from "../records/execution.ts";
import type { Run, StoredSuite } from "../store/store.ts";

/**
 * Which execution of a suite to go on with: the last of the same code and engine (`same`), the last one that is not
 * complete whatever made it (`last`), a new one, or that of an id, which is begun where it is not there. `next` is what a
 * schedule wants each time: that of the id if it is there, else `same` if that is unfinished, else a new one of this id.
 */
export type ExecutionChoice = "same" | "last" | "new" | { readonly id: string } | { readonly next: string };

/** What decides on an execution. */
export interface ExecutionRequest extends Omit<ExecutionOrigin, "engine"> {
  readonly choice: ExecutionChoice;
  /** What this process computes with in an execution that was begun with `recorded`, or in a new one. */
  engineFor(recorded?: Engine): Engine;
  /** Unix time, ms. */
  now(): number;
}

/** An execution that was decided on, before or after it is stored. */
export interface ChosenExecution {
  readonly execution: NewExecution;
  readonly isNew: boolean;
  /** The one that `same` would have gone on with, if code or engine were the same; null where it is none. */
  readonly previous: Execution | null;
  /** What is not as in {@link previous}, such as `backend cpu after wasm`. */
  readonly changes: readonly string[];
  /** The runs with their ids in it. */
  readonly runs: readonly PlannedRun[];
}

/**
 * Decides which execution runs belong to; writes nothing.
 *
 * @throws {RangeError} If its suite has runs of the same code, or it itself has any, with other settings.
 */
export function chooseExecution(
  planned: readonly PlannedRun[],
  { request, stored }: { readonly request: ExecutionRequest; readonly stored: StoredSuite },
): ChosenExecution {
  const found = findExecution(request, stored.executions);
  const execution = found ?? beginExecution(planned[0]!.suite, { request, last: newest(stored.executions) });
  const runsOf = (of: (execution: NewExecution) => boolean) => {
    const ids = new Set(stored.executions.filter(of).map(({ id }) => id));
    return stored.runs.filter((run) => ids.has(run.execution));
  };
  refuseOtherSettings(planned, runsOf((each) => each.id === execution.id || isSameCode(each.code, execution.code)));
  const previous = found ? null : newest(stored.executions);
  const changes = previous && request.choice === "same"
    ? [
      ...changesSince(previous, execution),
      ...settingsChanges(planned, runsOf((each) => each.id === previous.id)),
    ]
    : [];
  return {
    ...{ execution, isNew: found === null, previous, changes },
    runs: runsIn(execution.id, { planned, stored: runsOf((each) => each.id === execution.id) }),
  };
}

function findExecution(request: ExecutionRequest, executions: readonly Execution[]): Execution | null {
  const { choice } = request;
  if (choice === "new") return null;
  if (choice === "last") return newest(executions.filter(({ state }) => state !== "complete")) ?? newest(executions);
  const asked = askedId(choice);
  const found = executions.find(({ id }) => id === asked) ?? null;
  if (found || (typeof choice === "object" && "id" in choice)) return found;
  const same = newest(executions.filter((each) =>
    each.damage === undefined && isSameCode(each.code, request.code) &&
    canonicalJson(each.engine) === canonicalJson(request.engineFor(each.engine))
  ));
  const isOver = same?.state === "complete" || same?.state === "failed";
  return isOver && asked !== null ? null : same;
}

function askedId(choice: ExecutionChoice): string | null {
  if (typeof choice === "string") return null;
  return "id" in choice ? choice.id : choice.next;
}

function beginExecution(
  suite: string,
  { request, last }: { readonly request: ExecutionRequest; readonly last: Execution | null },
): NewExecution {
  const { choice, settings, code, machine, trigger } = request;
  // Later than the one before, whatever the clock says: the order of executions is that of their starts.
  const startedAtMs = Math.max(Math.round(request.now()), (last?.startedAtMs ?? 0) + 1);
  return {
    ...{ suite, startedAtMs, settings, code, machine, trigger },
    id: askedId(choice) ?? newExecutionId(startedAtMs),
    engine: request.engineFor(),
  };
}

/** A new id, see `executionIdOf`. */
export function newExecutionId(startedAtMs: number): string {
  return executionIdOf(startedAtMs, crypto.randomUUID().slice(0, 6));
}

/**
 * The id of a run in an execution, from the id that its spec gives it. Runs that are older than executions keep the ids
 * that they had.
 */
function runsIn(
  execution: string,
  { planned, stored }: { readonly planned: readonly PlannedRun[]; readonly stored: readonly Run[] },
): readonly PlannedRun[] {
  const earlier = new Set(stored.map(({ id }) => id));
  return planned.map((run) => earlier.has(run.id) ? run : { ...run, id: runIdIn(execution, run.id) });
}

function runIdIn(execution: string, specId: string): string {
  return `r${createHash("sha256").update(`${execution} ${specId}`).digest("hex").slice(0, 16)}`;
}

/** Whether two are the same code as far as results go; by version and commit where it was not hashed. */
export function isSameCode(a: CodeIdentity, b: CodeIdentity): boolean {
  if (a.hash !== null && b.hash !== null) return a.hash === b.hash;
  return a.version === b.version && !a.version.endsWith(".dirty");
}

function changesSince(then: Execution, now: NewExecution): readonly string[] {
  const changes: string[] = [];
  if (!isSameCode(then.code, now.code)) {
    changes.push(
      then.code.version === now.code.version
        ? `code edited (${now.code.version})`
        : `code ${now.code.version} after ${then.code.version}`,
    );
  }
  const parts = ({ backend, library }: Engine): Readonly<Record<string, string>> => ({ backend, ...library });
  const [before, after] = [parts(then.engine), parts(now.engine)];
  const names = { backend: "backend", tfjs: "TensorFlow.js", tensorflow: "TensorFlow", blas: "system BLAS" };
  for (const [name, label] of Object.entries(names)) {
    if (before[name] !== after[name]) changes.push(`${label} ${after[name] ?? "none"} after ${before[name] ?? "none"}`);
  }
  return changes;
}

function settingsChanges(planned: readonly PlannedRun[], stored: readonly Run[]): readonly string[] {
  const conflict = otherSettings(planned, stored);
  return conflict ? [`${conflict.path} ${textOf(conflict.here)} after ${textOf(conflict.there)}`] : [];
}

/**
 * Hash of the settings that runs share with others of their suite (see `settingsParts`), whichever of its seeds they
 * have.
 *
 * @param runs One seed of the whole suite.
 */
export function settingsHash(runs: readonly PlannedRun[]): string {
  const parts = new Map(runs.flatMap(settingsParts).map(({ key, settings }) => [key, settings]));
  return createHash("sha256").update(canonicalJson(Object.fromEntries(parts))).digest("hex").slice(0, 16);
}

/**
 * Runs with different settings under one suite's name would stand in one table, and those of one method on one task be
 * averaged, as if they were of one experiment.
 */
function refuseOtherSettings(planned: readonly PlannedRun[], stored: readonly Run[]): void {
  const conflict = otherSettings(planned, stored);
  if (!conflict) return;
  const { run, path, here, there } = conflict;
  throw new RangeError(
    `Cannot add to suite ${run.suite}: the results folder has runs of ${run.method} on ${run.environment} with ` +
      `another ${path}, expected ${textOf(there)} as there (or another suite name or --out), got ${textOf(here)}`,
  );
}

interface SettingsConflict {
  readonly run: Run;
  readonly path: string;
  readonly here: unknown;
  readonly there: unknown;
}

/** The first setting that a stored run shares with planned ones and has another value of. */
function otherSettings(planned: readonly PlannedRun[], stored: readonly Run[]): SettingsConflict | null {
  const wanted = new Map<string, unknown>();
  for (const run of planned) {
    for (const { key, settings } of settingsParts(run)) if (!wanted.has(key)) wanted.set(key, settings);
  }
  for (const run of stored) {
    // Nothing is known of a damaged run's settings.
    if (run.damage !== undefined) continue;
    for (const { key, settings } of settingsParts(run)) {
      const difference = wanted.has(key) ? firstDifference(wanted.get(key), settings) : null;
      if (difference) return { run, path: difference.path.join("."), here: difference.here, there: difference.there };
    }
  }
  return null;
}

function textOf(value: unknown): string {
  return value === undefined ? "nothing" : canonicalJson(value);
}
