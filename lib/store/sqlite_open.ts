import { copyFileSync, existsSync, mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { pathToFileURL } from "node:url";
import { messageOf } from "../core/errors.ts";
import { createStoreFile, isThere, journalOf, refuseCutFile, sizeOf, StoreRefusal } from "./sqlite_file.ts";
import { checkIdentity, isOld, migrate } from "./sqlite_migrate.ts";
import { DamageError } from "./store.ts";
import { type StoreObstacle, StoreUnavailable } from "./store_unavailable.ts";

/** How a SQLite store is opened. */
export interface SqliteOptions {
  /** Reads only: the file must exist. One of an older schema is migrated first, or a copy of it is. */
  readonly readOnly?: boolean;
  /** How long a write waits for another process's, ms. */
  readonly busyTimeoutMs?: number;
  /** When the whole file is looked through for damage: after an unclean end (the default), always or never. */
  readonly check?: "unclean" | "always" | "never";
}

/** An open database. */
export interface OpenedDatabase {
  readonly database: DatabaseSync;
  /** Whether the file has changed in a way that this database cannot see: it has to be opened again. */
  isStale(): boolean;
  /** Closes it and removes what was made to read it. */
  close(): void;
}

/**
 * Opens a SQLite file of ours in WAL mode, creating and migrating it unless `readOnly`.
 *
 * @throws {Error} One sentence, if the file is not ours, damaged, locked, newer than this program, or out of reach.
 *   The file is then as it was.
 */
export function openDatabase(path: string, options: SqliteOptions): OpenedDatabase {
  try {
    return options.readOnly ? openToRead(path, options) : openToWrite(path, options);
  } catch (error) {
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
  if (error instanceof DamageError) return new DamageError(sentence);
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

function openingReason(error: unknown, path: string): string {
  if (error instanceof StoreRefusal) return error.message;
  const message = messageOf(error);
  if (isThere(path) && statSync(path).isDirectory()) return "expected a file, got a folder";
  if (cannotWrite.test(message)) {
    return `expected a file and folder that can be opened and written, got ${message.split(":")[0]} in ${
      dirname(path)
    }`;
  }
  return sqliteReason(error);
}

const cannotWrite = /unable to open database file|readonly database|attempt to write/;

function openToWrite(path: string, options: SqliteOptions): OpenedDatabase {
  if (!isThere(path)) createStoreFile(path, makeNew);
  refuseFolder(path);
  refuseCutFile(path);
  refuseDamage(path, options);
  return guarded(new DatabaseSync(path), (database) => {
    prepare(database, options);
    switchToWal(database, busyTimeoutOf(options));
    // FULL: a commit is on disk before it is acknowledged, so it survives a power cut too, not only kill -9.
    database.exec("PRAGMA synchronous = FULL");
    database.exec("PRAGMA foreign_keys = ON");
    migrate(database);
    return opened(database);
  });
}

function openToRead(path: string, options: SqliteOptions): OpenedDatabase {
  // SQLite's own words do not tell a missing file from one it may not open.
  if (!existsSync(path)) throw new StoreRefusal("there is no such file, expected an existing store, got none");
  refuseFolder(path);
  refuseCutFile(path);
  try {
    refuseDamage(path, options);
    return guarded(new DatabaseSync(path, { readOnly: true }), (database) => {
      prepare(database, options);
      if (isOld(database)) migrateInPlace(path, options);
      return opened(database);
    });
  } catch (error) {
    // A database in WAL mode needs a journal beside it even to be read.
    if (error instanceof StoreRefusal || !cannotWrite.test(messageOf(error))) throw error;
    return openApart(path, options);
  }
}

/** Who updates the program may look at results first. */
function migrateInPlace(path: string, options: SqliteOptions): void {
  const writer = new DatabaseSync(path);
  try {
    prepare(writer, options);
    migrate(writer);
  } finally {
    writer.close();
  }
}

/**
 * Reads a file that may not be written, as on read-only media: as it lies there after a clean end, else a copy, in which
 * SQLite can take up the journal or an older schema be migrated.
 */
function openApart(path: string, options: SqliteOptions): OpenedDatabase {
  const seen = stampOf(path);
  const isStale = () => stampOf(path) !== seen;
  if (sizeOf(journalOf(path)) === 0) {
    const current = guarded(
      new DatabaseSync(`${pathToFileURL(path)}?immutable=1`, { readOnly: true }),
      (database) => {
        prepare(database, options);
        if (!isOld(database)) return { ...opened(database), isStale };
        database.close();
        return null;
      },
    );
    if (current) return current;
  }
  const folder = mkdtempSync(join(tmpdir(), "fcdl-store-"));
  const remove = () => rmSync(folder, { recursive: true, force: true });
  try {
    const copy = join(folder, "store.sqlite");
    copyFileSync(path, copy);
    if (existsSync(journalOf(path))) copyFileSync(journalOf(path), journalOf(copy));
    const { database } = openToWrite(copy, options);
    return {
      database,
      isStale,
      close() {
        database.close();
        remove();
      },
    };
  } catch (error) {
    remove();
    throw error;
  }
}

/** Differs once somebody else has written the file. */
function stampOf(path: string): string {
  const { ino, size, mtimeMs } = statSync(path);
  return [ino, size, mtimeMs, sizeOf(journalOf(path))].join(" ");
}

function opened(database: DatabaseSync): OpenedDatabase {
  return { database, isStale: () => false, close: () => database.close() };
}

/** Closes the database where its opening fails. */
function guarded<Value>(database: DatabaseSync, open: (database: DatabaseSync) => Value): Value {
  try {
    return open(database);
  } catch (error) {
    try {
      database.close();
    } catch {
      // The first failure is the one to report.
    }
    throw error;
  }
}

function busyTimeoutOf(options: SqliteOptions): number {
  return Math.round(options.busyTimeoutMs ?? 5000);
}

function prepare(database: DatabaseSync, options: SqliteOptions): void {
  database.exec(`PRAGMA busy_timeout = ${busyTimeoutOf(options)}`);
  // In a transaction: half of what another process is just creating would look like someone else's.
  database.exec("BEGIN");
  checkIdentity(database);
  database.exec("COMMIT");
}

function makeNew(path: string): void {
  const database = new DatabaseSync(path);
  try {
    database.exec("PRAGMA journal_mode = WAL");
    migrate(database);
  } finally {
    database.close();
  }
}

function refuseFolder(path: string): void {
  if (statSync(path).isDirectory()) throw new StoreRefusal("expected a file, got a folder");
}

/**
 * Looks through the whole file where its journal says that the last one to use it came to an unclean end. With a
 * connection that only reads, so that nothing is written into a damaged file.
 */
function refuseDamage(path: string, options: SqliteOptions): void {
  const { check = "unclean" } = options;
  if (check === "never" || (check === "unclean" && sizeOf(journalOf(path)) === 0)) return;
  guarded(new DatabaseSync(path, { readOnly: true }), (database) => {
    prepare(database, options);
    const found = database.prepare("PRAGMA quick_check(1)").get()!.quick_check;
    if (found !== "ok") {
      const shown = String(found).replace(/\s+/g, " ").replace(/^\*\*\* in database main \*\*\* /, "");
      throw new StoreRefusal(`the database file is damaged, expected a sound SQLite database, got "${shown}"`);
    }
    database.close();
  });
}

/**
 * Sets the journal mode, which the file keeps. SQLite answers "locked" at once, whatever the waiting time, when two
 * processes set it at once: the wait is ours.
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
