import type { DatabaseSync } from "node:sqlite";
import {
  bytesChecksum,
  executionChecksum,
  looseRunChecksum,
  metricChecksum,
  runChecksum,
  unqualifiedChecksum,
} from "./checksums.ts";
import { earlierExecutionId, earlierOrigin } from "./earlier_executions.ts";
import { StoreRefusal } from "./sqlite_file.ts";
import { applicationId, migrations } from "./sqlite_schema.ts";

/** Leases are short: one further ahead is of a clock that was wrong, ms. */
const LONGEST_LEASE_MS = 600_000;

/** Number of the schema that a database has; 0 for a new one. */
export function schemaVersion(database: DatabaseSync): number {
  return pragma(database, "user_version");
}

/**
 * Refuses another program's database, and one of a newer version of this one, before anything is written.
 *
 * @throws {StoreRefusal} If it is either.
 */
export function checkIdentity(database: DatabaseSync): void {
  const id = pragma(database, "application_id");
  if (id === applicationId) return checkNotNewer(database);
  const objects = database.prepare("SELECT count(*) AS count FROM sqlite_schema").get()!.count;
  if (id !== 0 || objects !== 0) {
    throw new StoreRefusal("expected a store of this program, got another program's SQLite database");
  }
}

function checkNotNewer(database: DatabaseSync): void {
  const version = schemaVersion(database);
  if (version > migrations.length) {
    throw new StoreRefusal(
      `a newer version of this program wrote it, expected schema version ${migrations.length} or older, got ${version}`,
    );
  }
}

/** Whether a database is one of ours with an older schema. */
export function isOld(database: DatabaseSync): boolean {
  return pragma(database, "application_id") === applicationId && schemaVersion(database) < migrations.length;
}

/**
 * Takes the steps still missing, in one transaction that other processes wait for.
 *
 * @throws {StoreRefusal} If an older version of the program trains into the store: it would not find its runs again.
 */
export function migrate(database: DatabaseSync): void {
  if (schemaVersion(database) === migrations.length) return;
  offerFunctions(database);
  database.exec("BEGIN IMMEDIATE");
  try {
    checkIdentity(database); // Again, now that no other process can be migrating.
    const version = schemaVersion(database);
    if (version > 0 && version < migrations.length) refuseWhileTrained(database);
    for (const step of migrations.slice(version)) database.exec(step);
    database.exec(`PRAGMA application_id = ${applicationId}`);
    database.exec(`PRAGMA user_version = ${migrations.length}`);
    database.exec("COMMIT");
  } catch (error) {
    rollBackQuietly(database);
    throw error;
  }
}

/** What migration steps may call. */
export function offerFunctions(database: DatabaseSync): void {
  const pure = { deterministic: true };
  database.function("bytes_checksum", pure, (bytes) => bytesChecksum(bytes as Uint8Array));
  database.function(
    "run_checksum",
    pure,
    (id, suite, environment, method, seed, spec) =>
      looseRunChecksum({
        ...{ id: id as string, suite: suite as string, environment: environment as string },
        ...{ method: method as string, seed: seed as number, spec: spec as string },
      }),
  );
  database.function(
    "owned_run_checksum",
    pure,
    (id, suite, environment, method, seed, spec, execution) =>
      runChecksum({
        ...{ id: id as string, suite: suite as string, environment: environment as string },
        ...{ method: method as string, seed: seed as number, spec: spec as string, execution: execution as string },
      }),
  );
  database.function(
    "execution_id",
    pure,
    (suite, startedAtMs) => earlierExecutionId(suite as string, startedAtMs as number),
  );
  database.function("execution_origin", pure, (origins) => JSON.stringify(earlierOrigin(origins as string)));
  database.function(
    "execution_checksum",
    pure,
    (id, suite, startedAtMs, origin) =>
      executionChecksum({
        ...{ id: id as string, suite: suite as string },
        ...{ startedAtMs: startedAtMs as number, origin: origin as string },
      }),
  );
  database.function(
    "metric_checksum",
    pure,
    (run, split, metric, updates, envSteps, value, elapsedMs) =>
      unqualifiedChecksum(run as number, {
        ...{ split: split as string, metric: metric as string },
        ...{ updates: updates as number, envSteps: envSteps as number },
        ...{ value: value as number | null, elapsedMs: elapsedMs as number },
      }),
  );
  database.function(
    "record_checksum",
    pure,
    (run, split, name, qualifier, updates, envSteps, value, elapsedMs) =>
      metricChecksum(run as number, {
        ...{ split: split as string, name: name as string, qualifier: qualifier as string },
        ...{ updates: updates as number, envSteps: envSteps as number },
        ...{ value: value as number | null, elapsedMs: elapsedMs as number },
      }),
  );
}

function refuseWhileTrained(database: DatabaseSync): void {
  const { count } = database.prepare(
    `SELECT count(*) AS count FROM runs WHERE status = 'running' AND lease_until_ms - unixepoch('subsec') * 1000
       BETWEEN 0 AND ${LONGEST_LEASE_MS}`,
  ).get()!;
  if (Number(count) === 0) return;
  throw new StoreRefusal(
    "an older version of this program trains into it, or did so until a moment ago, expected runs that rest before " +
      `the store is brought up to date, got ${count} running`,
  );
}

function pragma(database: DatabaseSync, name: string): number {
  return Number(database.prepare(`PRAGMA ${name}`).get()![name]);
}

/** Ends a failed transaction; SQLite may have done so itself. */
export function rollBackQuietly(database: DatabaseSync): void {
  try {
    database.exec("ROLLBACK");
  } catch {
    // No transaction is open: the failure that led here is the one to report.
  }
}
