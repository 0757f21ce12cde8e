import { existsSync } from "node:fs";
import { appendFile, mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { messageOf } from "../core/errors.ts";
import { csvText } from "../core/csv_format.ts";
import { parsePerfRecords, perfColumns, perfLine, type PerfRecord } from "../records/perf_records.ts";

/** Where `deno task perf` keeps what it measured, in a results folder. */
export function perfFile(folder: string): string {
  return join(folder, "perf.csv");
}

/**
 * Adds records to a perf.csv, which is made if it is not there. One with the columns of an earlier version is written
 * anew. Processes that add at the same time wait for each other.
 *
 * @throws {RangeError} If it cannot be written.
 */
export async function appendPerfRecords(path: string, records: readonly PerfRecord[]): Promise<void> {
  try {
    await mkdir(dirname(path), { recursive: true });
    using file = await openLocked(path);
    const before = await readFile(path, "utf8");
    if (before === "" || before.startsWith(`${perfColumns.join()}\r\n`)) {
      await appendFile(path, csvOf(records, { header: before === "" }));
    } else {
      // All of it, so that nobody who opens the new file finds it half written.
      const fresh = `${path}.new`;
      await writeFile(fresh, csvOf([...parsePerfRecords(before), ...records], { header: true }));
      await rename(fresh, path);
    }
    await file.unlock();
  } catch (error) {
    throw new RangeError(`Cannot write ${path}: expected a file that can be written, got ${messageOf(error)}`);
  }
}

/** Opens a file for who alone may change it now. Whoever held it before may have put another in its place. */
async function openLocked(path: string): Promise<Deno.FsFile> {
  while (true) {
    const file = await Deno.open(path, { read: true, write: true, create: true });
    try {
      await file.lock(true);
      const [held, there] = [await file.stat(), await Deno.stat(path).catch(() => null)];
      if (there && held.ino === there.ino && held.dev === there.dev) return file;
    } catch (error) {
      file.close();
      throw error;
    }
    file.close();
  }
}

function csvOf(records: readonly PerfRecord[], { header }: { readonly header: boolean }): string {
  return csvText({ columns: perfColumns, records: records.map(perfLine) }, { header });
}

/** The text of a perf.csv; null where there is none. */
export async function readPerfFile(path: string): Promise<string | null> {
  return existsSync(path) ? await readFile(path, "utf8") : null;
}
