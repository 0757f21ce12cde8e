import { existsSync, mkdirSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { messageOf } from "../core/errors.ts";
import { applicationId, migrations } from "./sqlite_schema.ts";
import { type StoreObstacle, StoreUnavailable } from "./store_unavailable.ts";

/** How a SQLite store is opened. */
export interface SqliteOptions {
  /** Reads only: the file must exist. One of an older schema is migrated first, for which it must be writable. */
  readonly readOnly?: boolean;
  /** How long a write waits for another process's, ms. */
  readonly busyTimeoutMs?: number;
}

/**
 * Opens a SQLite file of ours in WAL mode, creating and migrating it unless `readOnly`.
 *
 * @throws {Error} One sentence, if the file is not ours, damaged, locked, newer than this program, or out of reach.
 *   The file is then as it was.
 */
export function openDatabase(path: string, options: SqliteOptions): DatabaseSync {
  const readOnly = options.readOnly ?? false;
  let database: DatabaseSync | undefined;
  try {
    if (readOnly) {
      // SQLite's own words do not tell a missing file from one it may not open.
      if (!existsSync(path)) throw new StoreRefusal("there is no such file, expected an existing store, got none");
    } else {
      makeFolder(dirname(path));
    }
    database = new DatabaseSync(path, { readOnly });
    const busyTimeoutMs = Math.round(options.busyTimeoutMs ?? 5000);
    database.exec(`PRAGMA busy_timeout = ${busyTimeoutMs}`);
    // In a transaction: half of what another process is just creating would look like someone else's.
    database.exec("BEGIN");
    checkIdentity(database);
    database.exec("COMMIT");
    if (readOnly) {
      migrateOld(database, { path, busyTimeoutMs });
    } else {
      switchToWal(database, busyTimeoutMs);
      // FULL: a commit is on disk before it is acknowledged, so it survives a power cut too, not only kill -9.
      database.exec("PRAGMA synchronous = FULL");
      database.exec("PRAGMA foreign_keys = ON");
      migrate(database);
    }
    checkVersion(database);
    return database;
  } catch (error) {
    closeQuietly(database);
    throw sqliteError(`Cannot open the store ${path}`, error, { reason: openingReason(error, path) });
  }
}

/**
 * The error that a caller gets for one of SQLite's: one sentence, and a `StoreUnavailable` where the reason lies outside
 * of the store and may pass.
 *
 * @param what What could not be done: `Cannot claim run a`.
 * @param options `reason` in better words than SQLite's.
 */
export function sqliteError(what: string, error: unknown, { reason }: { readonly reason?: string } = {}): Error {
  const sentence = `${what}: ${reason ?? sqliteReason(error)}`;
  if (error instanceof RangeError) return new RangeError(sentence);
  const obstacle = error instanceof StoreRefusal ? null : obstacleOf(messageOf(error));
  return obstacle === null ? new Error(sentence) : new StoreUnavailable(sentence, obstacle);
}

/** SQLite's words for what may pass; its codes are not told for all statements. */
function obstacleOf(message: string): StoreObstacle | null {
  if (/is locked|table is locked|busy|locking protocol/.test(message)) return "locked";
  if (/disk is full/.test(message)) return "full";
  if (/disk I\/O error|unable to open database file|readonly database|out of memory/.test(message)) {
    return "unreachable";
  }
  return null;
}

/** What SQLite's message means, for a sentence that starts with "Cannot ...: ". */
export function sqliteReason(error: unknown): string {
  const message = messageOf(error);
  if (/is locked|table is locked|busy/.test(message)) {
    return "another process keeps the database locked, expected the lock within the waiting time, got none";
  }
  if (/not a database/.test(message)) return "expected an SQLite database, got a file that is not a database";
  if (/malformed|corrupt/.test(message)) {
    return "the database file is damaged, expected a sound SQLite database, got a malformed one";
  }
  if (/readonly database/.test(message)) return "the database is read-only, expected one that can be written, got none";
  if (/disk is full/.test(message)) return "the disk is full, expected free space, got none";
  if (/database is not open/.test(message)) return "the store is closed, expected an open store, got a closed one";
  return message;
}

/** A reason of our own that needs no translation. */
class StoreRefusal extends Error {}

function openingReason(error: unknown, path: string): string {
  if (error instanceof StoreRefusal) return error.message;
  const folder = dirname(path);
  const message = messageOf(error);
  if (existsSync(path) && statSync(path).isDirectory()) return "expected a file, got a folder";
  if (/unable to open database file|readonly database|attempt to write/.test(message)) {
    return `expected a file and folder that can be opened and written, got ${message.split(":")[0]} in ${folder}`;
  }
  return sqliteReason(error);
}

function makeFolder(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true });
  } catch (error) {
    throw new StoreRefusal(
      `its folder cannot be made, expected ${folder} to be a folder that can be written, got ${messageOf(error)}`,
    );
  }
}

/** Refuses another program's database before anything is written. An empty file is a new store. */
function checkIdentity(database: DatabaseSync): void {
  const id = pragma(database, "application_id");
  if (id === applicationId) return checkNotNewer(database);
  const objects = database.prepare("SELECT count(*) AS count FROM sqlite_schema").get()!.count;
  if (id !== 0 || objects !== 0) {
    throw new StoreRefusal("expected a store of this program, got another program's SQLite database");
  }
}

function checkNotNewer(database: DatabaseSync): void {
  const version = pragma(database, "user_version");
  if (version > migrations.length) {
    throw new StoreRefusal(
      `a newer version of this program wrote it, expected schema version ${migrations.length} or older, got ${version}`,
    );
  }
}

/**
 * Sets the journal mode, which the file keeps. SQLite answers "locked" at once, whatever the waiting time, when two
 * processes make the same new store: the wait is ours.
 */
function switchToWal(database: DatabaseSync, waitMs: number): void {
  const pauseMs = 10;
  for (let waited = 0;; waited += pauseMs) {
    try {
      database.exec("PRAGMA journal_mode = WAL");
      return;
    } catch (error) {
      if (waited >= waitMs || !/locked/.test(messageOf(error))) throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, pauseMs);
    }
  }
}

/** Takes the steps still missing, in one transaction that other processes wait for. */
function migrate(database: DatabaseSync): void {
  if (pragma(database, "user_version") === migrations.length) return;
  database.exec("BEGIN IMMEDIATE");
  try {
    checkIdentity(database); // Again, now that no other process can be migrating.
    for (const step of migrations.slice(pragma(database, "user_version"))) database.exec(step);
    database.exec(`PRAGMA application_id = ${applicationId}`);
    database.exec(`PRAGMA user_version = ${migrations.length}`);
    database.exec("COMMIT");
  } catch (error) {
    rollBackQuietly(database);
    throw error;
  }
}

/** Brings an older file of ours up to date before it is read: who updates the program may look at results first. */
function migrateOld(
  database: DatabaseSync,
  { path, busyTimeoutMs }: { readonly path: string; readonly busyTimeoutMs: number },
): void {
  const isOld = pragma(database, "application_id") === applicationId &&
    pragma(database, "user_version") < migrations.length;
  if (!isOld) return;
  const writer = new DatabaseSync(path);
  try {
    writer.exec(`PRAGMA busy_timeout = ${busyTimeoutMs}`);
    migrate(writer);
  } catch (error) {
    // What may only be read keeps its schema, which checkVersion names.
    if (!/readonly database|unable to open/.test(messageOf(error))) throw error;
  } finally {
    closeQuietly(writer);
  }
}

function checkVersion(database: DatabaseSync): void {
  const version = pragma(database, "user_version");
  if (version !== migrations.length) {
    throw new StoreRefusal(
      `it has an older schema and is opened for reading only, expected version ${migrations.length}, got ${version}`,
    );
  }
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

function closeQuietly(database: DatabaseSync | undefined): void {
  try {
    database?.close();
  } catch {
    // Never opened.
  }
}
