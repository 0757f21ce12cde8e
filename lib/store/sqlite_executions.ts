import type { SQLInputValue } from "node:sqlite";
import { messageOf } from "../core/errors.ts";
import { visible } from "../core/visible.ts";
import { executionChecksum, runChecksum } from "./checksums.ts";
import { unknownOrigin } from "./earlier_executions.ts";
import { type Execution, type ExecutionOrigin, executionState, type NewExecution } from "../records/execution.ts";
import { conditions, parsed, type Row, text } from "./sqlite_rows.ts";
import type { NewRun } from "./store.ts";

/** What SQL of executions is run by, inside of a transaction. */
export interface Statements {
  rows(sql: string, values?: readonly SQLInputValue[]): Row[];
  execute(sql: string, values: readonly SQLInputValue[]): { readonly changes: number };
}

/** The store's own clock, for writes whose caller gives no time. */
export const nowMs = "CAST(unixepoch('subsec') * 1000 AS INTEGER)";

/** What {@link isHeld} says, with the time as the third value. */
export const isHeldNow = `(lease_until_ms IS NOT NULL AND lease_until_ms > ?3
  AND (lease_ms IS NULL OR lease_until_ms <= ?3 + lease_ms))`;

/** Executions in the order in which they began. */
export function listExecutions({ rows }: Statements, { suite }: { readonly suite?: string }): readonly Execution[] {
  const where = conditions({ "executions.suite = ?": suite });
  return rows(
    `SELECT executions.*, count(runs.sequence) AS runs,
       coalesce(max(runs.updated_at_ms), started_at_ms) AS updated_at_ms, coalesce(max(revision), 0) AS revision,
       total(status = 'pending') AS pending, total(status = 'running') AS running,
       total(status = 'interrupted') AS interrupted, total(status = 'done') AS done, total(status = 'failed') AS failed
     FROM executions LEFT JOIN runs ON runs.execution = executions.id ${where.sql}
     GROUP BY executions.sequence ORDER BY started_at_ms, executions.sequence`,
    where.values,
  ).map(executionOf);
}

function executionOf(row: Row): Execution {
  const [id, suite, origin] = [text(row.id), text(row.suite), text(row.origin)];
  const startedAtMs = Number(row.started_at_ms);
  const byStatus = {
    pending: Number(row.pending),
    running: Number(row.running),
    interrupted: Number(row.interrupted),
    done: Number(row.done),
    failed: Number(row.failed),
  };
  const state = executionState(byStatus);
  const updatedAtMs = Number(row.updated_at_ms);
  return {
    ...{ id, suite, startedAtMs, byStatus, state, updatedAtMs },
    ...readOrigin({ id, suite, startedAtMs, origin, checksum: row.checksum === null ? null : Number(row.checksum) }),
    tags: tagsOf(row),
    runs: Number(row.runs),
    endedAtMs: state === "complete" || state === "failed" ? updatedAtMs : null,
    revision: Number(row.revision),
  };
}

/** What is damaged of one must not hide its runs: nothing is known of its origin then. */
function readOrigin(
  { checksum, ...written }: {
    readonly id: string;
    readonly suite: string;
    readonly startedAtMs: number;
    readonly origin: string;
    readonly checksum: number | null;
  },
): ExecutionOrigin & { readonly damage?: string } {
  const damaged = (reason: string) => ({
    ...unknownOrigin,
    damage: `Cannot read execution ${visible(written.id)}: its record is damaged, expected what was written, got ` +
      `another: ${visible(reason)}`,
  });
  if (checksum !== null && checksum !== executionChecksum(written)) return damaged("its identity or origin is another");
  try {
    return parsed<ExecutionOrigin>(written.origin)!;
  } catch (error) {
    return damaged(messageOf(error));
  }
}

function tagsOf(row: Row): readonly string[] {
  try {
    return parsed<readonly string[]>(row.tags) ?? [];
  } catch {
    return [];
  }
}

/** Adds an execution where it is not there. */
export function addExecution({ execute }: Statements, execution: NewExecution): void {
  const { id, suite, startedAtMs, settings, code, engine, machine, trigger } = execution;
  const origin = JSON.stringify({ settings, code, engine, machine, trigger } satisfies ExecutionOrigin);
  execute(
    `INSERT INTO executions (id, suite, origin, started_at_ms, checksum) VALUES (?, ?, ?, ?, ?)
     ON CONFLICT (id) DO NOTHING`,
    [id, suite, origin, startedAtMs, executionChecksum({ id, suite, startedAtMs, origin })],
  );
}

/** Adds runs to an execution where they are not there; returns the ids added. */
export function addRunsTo({ execute }: Statements, runs: readonly NewRun[], execution: string): readonly string[] {
  return runs.flatMap((run) => {
    const spec = JSON.stringify(run.spec);
    const { changes } = execute(
      `INSERT INTO runs (id, suite, execution, environment, method, seed, spec, checksum, created_at_ms, updated_at_ms)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ${nowMs}, ${nowMs}) ON CONFLICT (id) DO NOTHING`,
      [
        ...[run.id, run.suite, execution, run.environment, run.method, run.seed, spec],
        runChecksum({ ...run, spec, execution }),
      ],
    );
    return changes > 0 ? [run.id] : [];
  });
}

/** The execution of which nothing is known, of runs that were added to none. */
export function unnamedExecution({ rows }: Statements, suite: string): NewExecution {
  const id = `e-${suite}`;
  const startedAtMs = Number(rows(`SELECT ${nowMs} AS now`)[0]!.now);
  return { ...unknownOrigin, id, suite, startedAtMs };
}

/** Changes the names of an execution; a reader sees it by its first run. */
export function tagExecution(
  { rows, execute }: Statements,
  { id, add = [], remove = [] }: {
    readonly id: string;
    readonly add?: readonly string[] | undefined;
    readonly remove?: readonly string[] | undefined;
  },
): void {
  const row = rows("SELECT tags FROM executions WHERE id = ?", [id])[0];
  if (!row) throw unknownExecution(id);
  const before = tagsOf(row);
  const tags = [...new Set(before).union(new Set(add)).difference(new Set(remove))].sort();
  if (JSON.stringify(before) === JSON.stringify(tags)) return;
  execute("UPDATE executions SET tags = ? WHERE id = ?", [JSON.stringify(tags), id]);
  execute("UPDATE runs SET seed = seed WHERE sequence = (SELECT min(sequence) FROM runs WHERE execution = ?)", [id]);
}

/** Removes executions with all that belongs to them, or none where a run is held: those are returned. */
export function removeExecutions(
  statements: Statements,
  ids: readonly string[],
  options: { readonly nowMs: number },
): readonly string[] {
  const { rows, execute } = statements;
  for (const id of ids) {
    if (rows("SELECT 1 FROM executions WHERE id = ?", [id]).length === 0) throw unknownExecution(id);
  }
  const chosen = JSON.stringify(ids);
  const held = rows(
    `SELECT id FROM runs WHERE execution IN (SELECT value FROM json_each(?1)) AND ${isHeldNow} ORDER BY sequence`,
    [chosen, null, options.nowMs],
  ).map((row) => text(row.id));
  if (held.length > 0) return held;
  const runs = "SELECT sequence FROM runs WHERE execution IN (SELECT value FROM json_each(?))";
  removing(statements, () => {
    execute(`DELETE FROM metrics WHERE run IN (${runs})`, [chosen]);
    execute(`DELETE FROM artifacts WHERE run IN (${runs})`, [chosen]);
    execute("DELETE FROM runs WHERE execution IN (SELECT value FROM json_each(?))", [chosen]);
    execute("DELETE FROM executions WHERE id IN (SELECT value FROM json_each(?))", [chosen]);
  });
  return [];
}

/** Work that removes runs: the change counter, which is the largest of theirs, must not fall with them. */
export function removing({ rows, execute }: Statements, work: () => void): void {
  const { revision } = rows("SELECT coalesce(max(revision), 0) AS revision FROM runs")[0]!;
  work();
  execute("UPDATE runs SET revision = ? WHERE sequence = (SELECT max(sequence) FROM runs)", [Number(revision) + 1]);
}

function unknownExecution(id: string): RangeError {
  return new RangeError(`there is no such execution, expected the id of one in the store, got "${visible(id)}"`);
}
