import { stringify } from "csv-stringify/sync";
import { existsSync } from "node:fs";
import { appendFile, mkdir, readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { messageOf } from "../../lib/core/errors.ts";
import { perfColumns, type PerfRecord } from "../../reports/perf_records.ts";

/** Where `deno task perf` keeps what it measured, in a results folder. */
export function perfFile(folder: string): string {
  return join(folder, "perf.csv");
}

/**
 * Adds records to a perf.csv, which is made if it is not there.
 *
 * @throws {RangeError} If it cannot be written.
 */
export async function appendPerfRecords(path: string, records: readonly PerfRecord[]): Promise<void> {
  try {
    await mkdir(dirname(path), { recursive: true });
    const rows = records.map((record) => perfColumns.map((column) => record[column]));
    const text = stringify(rows, {
      header: !existsSync(path),
      columns: [...perfColumns],
      record_delimiter: "windows",
      escape_formulas: true,
    });
    await appendFile(path, text);
  } catch (error) {
    throw new RangeError(`Cannot write ${path}: expected a file that can be written, got ${messageOf(error)}`);
  }
}

/** The text of a perf.csv; null where there is none. */
export async function readPerfFile(path: string): Promise<string | null> {
  return existsSync(path) ? await readFile(path, "utf8") : null;
}
