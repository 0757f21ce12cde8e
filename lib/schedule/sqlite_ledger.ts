import { DatabaseSync, type SQLOutputValue } from "node:sqlite";
import { messageOf } from "../core/errors.ts";
import type { Ledger, Mark, Tick } from "./ledger.ts";

/** Of the tables; another one is refused. */
const VERSION = 1;

const tables = `
CREATE TABLE marks (entry TEXT PRIMARY KEY, lookedUntil INTEGER NOT NULL, rule TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE ticks (
  entry TEXT NOT NULL, dueAt INTEGER NOT NULL, state TEXT NOT NULL, foundAt INTEGER NOT NULL, startedAt INTEGER,
  endedAt INTEGER, stretches INTEGER NOT NULL, spentMs REAL NOT NULL, execution TEXT, result TEXT, error TEXT,
  reason TEXT, through INTEGER, PRIMARY KEY (entry, dueAt)
) STRICT, WITHOUT ROWID;
CREATE INDEX ticksByTime ON ticks (coalesce(through, dueAt));
CREATE INDEX openTicks ON ticks (state) WHERE state IN ('waiting', 'started');
PRAGMA user_version = ${VERSION};`;

const columns = [
  ...["entry", "dueAt", "state", "foundAt", "startedAt", "endedAt", "stretches", "spentMs", "execution", "result"],
  ...["error", "reason", "through"],
] as const satisfies readonly (keyof Tick)[];

/** A ledger in a file. */
export interface LedgerFile extends Ledger {
  /** Closes the file. */
  close(): void;
}

/**
 * Opens a ledger in an SQLite file of its own, which is made if it is not there. What was written is there after a crash
 * or a power cut; a file that is lost is as if every entry were new on the schedule.
 *
 * @throws {Error} One sentence, if the file cannot be opened or is not a ledger of this version.
 */
export function openLedger(path: string): LedgerFile {
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(path, { timeout: 5000 });
    database.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL");
    const version = database.prepare("PRAGMA user_version").get()?.user_version;
    const count = database.prepare("SELECT count(*) AS tables FROM sqlite_schema").get()?.tables;
    if (count === 0) database.exec(`BEGIN IMMEDIATE; ${tables} COMMIT`);
    else if (version !== VERSION) throw new Error(`expected a ledger of version ${VERSION}, got version ${version}`);
    return ledgerIn(database);
  } catch (error) {
    database?.close();
    throw new Error(`Cannot open the schedule's ledger ${path}: ${messageOf(error)}`);
  }
}

function ledgerIn(database: DatabaseSync): LedgerFile {
  const putMark = database.prepare("INSERT OR REPLACE INTO marks (entry, lookedUntil, rule) VALUES (?, ?, ?)");
  const putTick = database.prepare(
    `INSERT OR REPLACE INTO ticks (${columns.join()}) VALUES (${columns.map(() => "?").join()})`,
  );
  const forget = database.prepare("DELETE FROM ticks WHERE entry = ? AND dueAt = ?");
  const marks = database.prepare("SELECT entry, lookedUntil, rule FROM marks");
  const open = database.prepare(`SELECT ${columns.join()} FROM ticks WHERE state IN ('waiting', 'started')`);
  const since = database.prepare(
    `SELECT ${columns.join()} FROM ticks WHERE coalesce(through, dueAt) >= ? AND state IN ('finished', 'missed')`,
  );
  return {
    marks: () => inTurn(() => marks.all().map((row) => ({ ...row }) as unknown as Mark)),
    ticks: (from) =>
      inTurn(() => {
        const ended = from === Infinity ? [] : since.all(Math.max(from, Number.MIN_SAFE_INTEGER));
        return [...open.all(), ...ended].map(tickOf);
      }),
    write: (change) =>
      inTurn(() => {
        database.exec("BEGIN IMMEDIATE");
        try {
          for (const { entry, lookedUntil, rule } of change.marks ?? []) putMark.run(entry, lookedUntil, rule);
          for (const { entry, dueAt } of change.forget ?? []) forget.run(entry, dueAt);
          for (const tick of change.ticks ?? []) putTick.run(...columns.map((column) => tick[column]));
          database.exec("COMMIT");
        } catch (error) {
          if (database.isTransaction) database.exec("ROLLBACK");
          throw error;
        }
      }),
    close: () => database.close(),
  };
}

function tickOf(row: Record<string, SQLOutputValue>): Tick {
  return { ...row } as unknown as Tick;
}

/** What is done at once, as a promise: errors reject. */
function inTurn<T>(act: () => T): Promise<T> {
  try {
    return Promise.resolve(act());
  } catch (error) {
    return Promise.reject(new Error(`Cannot use the schedule's ledger: ${messageOf(error)}`));
  }
}
