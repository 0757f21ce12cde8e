import { existsSync } from "node:fs";
import { appendFile, mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { messageOf } from "../core/errors.ts";
import { csvText } from "../core/csv_format.ts";
import { parsePerfRecords, perfColumns, type PerfRecord } from "../records/perf_records.ts";

/** Where `deno task perf` keeps what it measured, in a results folder. */
export function perfFile(folder: string): string {
  return join(folder, "perf.csv");
}

/**
 * Adds records to a perf.csv, which is made if it is not there. One with the columns of an earlier version is written
 * anew first.
 *
 * @throws {RangeError} If it cannot be written.
 */
export async function appendPerfRecords(path: string, records: readonly PerfRecord[]): Promise<void> {
  try {
    await mkdir(dirname(path), { recursive: true });
    const before = existsSync(path) ? await readFile(path, "utf8") : "";
    if (before !== "" && !before.startsWith(`${perfColumns.join()}\r\n`)) {
      const fresh = `${path}.new`;
      await writeFile(fresh, csvOf(parsePerfRecords(before), { header: true }));
      await rename(fresh, path);
    }
    await appendFile(path, csvOf(records, { header: before === "" }));
  } catch (error) {
    throw new RangeError(`Cannot write ${path}: expected a file that can be written, got ${messageOf(error)}`);
  }
}

function csvOf(records: readonly PerfRecord[], { header }: { readonly header: boolean }): string {
  const rows = records.map((record) => perfColumns.map((column) => record[column]));
  return csvText({ columns: perfColumns, records: rows }, { header });
}

/** The text of a perf.csv; null where there is none. */
export async function readPerfFile(path: string): Promise<string | null> {
  return existsSync(path) ? await readFile(path, "utf8") : null;
}
