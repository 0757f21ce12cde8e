import type { SQLInputValue, SQLOutputValue } from "node:sqlite";
import { messageOf } from "../core/errors.ts";
import { visible } from "../core/visible.ts";
import { runChecksum } from "./checksums.ts";
import type { Artifact, Run, RunStatus } from "./store.ts";

/** A row as SQLite gives it; integers may be of either kind. */
export type Row = Record<string, SQLOutputValue>;

const statuses: readonly RunStatus[] = ["pending", "running", "interrupted", "done", "failed"];

/**
 * A run of the store. What is damaged of one must not hide the others: it is `failed`, with the reason as its error, and
 * what cannot be read is null.
 */
export function runOf(row: Row): Run {
  const damage: string[] = [];
  const json = <Value>(column: string): Value | null => {
    try {
      return parsed(row[column]);
    } catch (error) {
      damage.push(`its ${column} cannot be read (${messageOf(error)})`);
      return null;
    }
  };
  const spec = json<unknown>("spec");
  const progress = json<Run["progress"]>("progress");
  const origins = json<Run["origins"]>("origins") ?? [];
  if (damage.length === 0 && !isWhatWasWritten(row)) damage.push("its identity or spec is another");
  const status = statuses.find((known) => known === row.status);
  if (!status) damage.push(`it has a status that there is not, ${row.status}`);
  const sentence = `Cannot read run ${visible(`${row.id}`)}: its record is damaged, expected what was written, got ` +
    `another: ${visible(damage.join(", "))}`;
  const isSound = damage.length === 0;
  return {
    id: text(row.id),
    suite: text(row.suite),
    execution: text(row.execution),
    environment: text(row.environment),
    method: text(row.method),
    seed: Number(row.seed),
    spec: isSound ? spec : null,
    status: isSound ? status! : "failed",
    error: !isSound ? sentence : row.error === null ? null : text(row.error),
    progress,
    provenance: origins.at(-1)?.provenance ?? null,
    origins,
    ...(isSound ? {} : { damage: sentence }),
    leaseUntilMs: row.lease_until_ms === null ? null : Number(row.lease_until_ms),
    leaseMs: row.lease_ms === null ? null : Number(row.lease_ms),
    createdAtMs: Number(row.created_at_ms),
    updatedAtMs: Number(row.updated_at_ms),
    elapsedMs: Number(row.elapsed_ms),
    revision: Number(row.revision),
  };
}

/** Whether a run's row can be read and is what was written. */
export function isSoundRun(row: Row): boolean {
  return runOf(row).damage === undefined;
}

function isWhatWasWritten(row: Row): boolean {
  if (row.checksum === null) return true;
  const [id, suite, execution, environment, method, spec] = [
    "id",
    "suite",
    "execution",
    "environment",
    "method",
    "spec",
  ]
    .map((name) => text(row[name])) as [string, string, string, string, string, string];
  const run = { id, suite, execution, environment, method, seed: Number(row.seed), spec };
  return Number(row.checksum) === runChecksum(run);
}

/** An artifact without its bytes. */
export function artifactOf(row: Row): Omit<Artifact, "bytes"> {
  return { name: text(row.name), contentType: text(row.content_type), updatedAtMs: Number(row.updated_at_ms) };
}

/** A column of text. */
export function text(value: SQLOutputValue | undefined): string {
  return value as string;
}

/** A column of JSON text; null where there is none. */
export function parsed<Value>(value: SQLOutputValue | undefined): Value | null {
  return value === null ? null : JSON.parse(text(value));
}

/** A value as JSON text; null where there is none. */
export function jsonOrNull(value: unknown): string | null {
  return value === undefined ? null : JSON.stringify(value);
}

/** A value as JSON text; absent where there is none. */
export function jsonOrAbsent(value: unknown): string | undefined {
  return value === undefined ? undefined : JSON.stringify(value);
}

/** A WHERE clause of the conditions that have a value, in order, with the values. */
export function conditions(
  values: Readonly<Record<string, SQLInputValue | undefined>>,
): { readonly sql: string; readonly values: readonly SQLInputValue[] } {
  const given = Object.entries(values).flatMap(([sql, value]) => value === undefined ? [] : [{ sql, value }]);
  return {
    sql: given.length === 0 ? "" : `WHERE ${given.map(({ sql }) => sql).join(" AND ")}`,
    values: given.map(({ value }) => value),
  };
}
