import {
  closeSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  openSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
} from "node:fs";
import { dirname } from "node:path";
import { messageOf } from "../core/errors.ts";

/** A reason of our own, as it goes into the sentence. */
export class StoreRefusal extends Error {}

/** The journal beside a database in WAL mode; it is gone, or empty, after a clean end. */
export function journalOf(path: string): string {
  return `${path}-wal`;
}

/** Whether there is a file that may be looked at: where Deno's own rules forbid that, opening it says why. */
export function isThere(path: string): boolean {
  try {
    return existsSync(path);
  } catch {
    return false;
  }
}

/** Bytes of a file, 0 where there is none. */
export function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}

/**
 * Makes a new store, whole or not at all: another process never sees half of one, and an empty file is never a new
 * store but one that lost what it held. Where two processes make the same one, the first one's is kept.
 *
 * @param fill Makes the database at the path it is given, and closes it.
 * @throws {StoreRefusal} If the folder cannot be made, or something of an older store is left.
 */
export function createStoreFile(path: string, fill: (path: string) => void): void {
  makeFolder(dirname(path));
  if (lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink()) {
    throw new StoreRefusal("it is a symbolic link to what is not there, expected a file, got none");
  }
  if (sizeOf(journalOf(path)) > 0) {
    // SQLite would write what the journal has into the new file.
    throw new StoreRefusal(
      `the database file is gone but its journal ${journalOf(path)} is not, expected both (restore the one) or ` +
        "neither (remove the other), got one",
    );
  }
  const draft = `${path}.${crypto.randomUUID()}.new`;
  try {
    fill(draft);
    try {
      linkSync(draft, path);
    } catch (error) {
      if ((error as { readonly code?: string }).code === "EEXIST") return;
      // A file system without hard links.
      if (!existsSync(path)) renameSync(draft, path);
    }
  } finally {
    for (const rest of [draft, journalOf(draft), `${draft}-shm`]) rmSync(rest, { force: true });
  }
}

function makeFolder(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true });
  } catch (error) {
    throw new StoreRefusal(
      `its folder cannot be made, expected ${folder} to be a folder that can be written, got ${folderReason(error)}`,
    );
  }
}

function folderReason(error: unknown): string {
  switch ((error as { readonly code?: string }).code) {
    case "EEXIST":
      return "a file, or a symbolic link to what is not there";
    case "ENOTDIR":
      return "a file in its path";
    case "ELOOP":
      return "symbolic links that lead round in a circle";
    default:
      return messageOf(error);
  }
}

/**
 * Refuses a file that lost its end: SQLite takes an empty one for a new database, and does not miss less than a page.
 *
 * @throws {StoreRefusal} If the file is empty or shorter than its own header says after a clean end.
 */
export function refuseCutFile(path: string): void {
  const size = sizeOf(path);
  if (size === 0) {
    throw new StoreRefusal(
      "the file is empty, expected a store (restore it from a copy, or remove it to start anew), got 0 bytes",
    );
  }
  // After an unclean end the journal may hold what the file lacks.
  if (sizeOf(journalOf(path)) > 0) return;
  const expected = sizeInHeader(path);
  if (expected === null || size >= expected) return;
  throw new StoreRefusal(`the file is cut short, expected a store of ${expected} bytes, got ${size}`);
}

/** Size that a database's header says, bytes; null where it says none. See "Database File Format" of SQLite. */
function sizeInHeader(path: string): number | null {
  const bytes = new Uint8Array(100);
  const file = openSync(path, "r");
  try {
    if (readSync(file, bytes, 0, bytes.length, 0) < bytes.length) return null;
  } finally {
    closeSync(file);
  }
  if (new TextDecoder().decode(bytes.subarray(0, 15)) !== "SQLite format 3") return null;
  const header = new DataView(bytes.buffer);
  const pageSize = header.getUint16(16) === 1 ? 65536 : header.getUint16(16);
  // Only then did the last writer know of the field.
  const isCurrent = header.getUint32(24) === header.getUint32(92);
  return isCurrent ? header.getUint32(28) * pageSize : null;
}
