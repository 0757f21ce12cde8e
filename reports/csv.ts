import { stringify } from "csv-stringify";
import { createWriteStream } from "node:fs";
import { mkdir, mkdtemp, rename, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { messageOf, unknownName } from "../lib/core/errors.ts";
import type { StoreReader } from "../lib/store/store.ts";
import { summarise } from "./summary.ts";

/** A cell: text, a number at full precision, or null for an empty cell. */
export type Cell = string | number | null;

/** Columns of metrics.csv: one line for each record. */
export const metricsColumns: readonly string[] =
  "suite,env,method,seed,run,env_steps,updates,split,metric,value,elapsed_ms".split(",");

/**
 * Columns of summary.csv: one line for each metric of a method over its seeds. `seeds` counts the seeds with a value,
 * `failed` those without one, for whatever reason: together they are all seeds of the suite.
 */
export const summaryColumns: readonly string[] =
  "suite,env,split,metric,method,seeds,failed,mean,std,iqm,ci_low,ci_high".split(",");

/** The files of an exported suite. */
export interface ExportedFiles {
  readonly metricsPath: string;
  readonly summaryPath: string;
}

/**
 * Writes `<outDir>/<suite>/metrics.csv` and `summary.csv`, replacing older ones. Each file is complete at every moment.
 *
 * @param suite The name of a suite in the store.
 * @param options.outDir The folder that holds a folder for each suite, such as `results`.
 * @param options.metrics Only these metrics, in files named after them; all when absent.
 * @throws {RangeError} If the store has no such suite, or its name cannot be a folder's.
 * @throws {Error} One sentence, if a file cannot be written.
 */
export async function exportSuite(
  store: StoreReader,
  suite: string,
  options: { readonly outDir: string; readonly metrics?: readonly string[] },
): Promise<ExportedFiles> {
  const query = { suite, ...(options.metrics ? { metrics: options.metrics } : {}) };
  const runs = await store.listRuns({ suite });
  if (runs.length === 0) {
    const choices = (await store.listSuites()).map((known) => known.suite);
    throw unknownName("suite", { name: suite, choices: choices.length > 0 ? choices : ["none: the store is empty"] });
  }
  if (!/^[a-z0-9][a-z0-9._-]*$/i.test(suite)) {
    throw new RangeError(
      `Cannot export suite ${suite}: its name cannot be a folder's, expected letters, digits and dashes, got "${suite}"`,
    );
  }
  const folder = join(options.outDir, suite);
  const byId = new Map(runs.map((run) => [run.id, run]));
  // A choice of metrics never takes the place of the complete files.
  const choice = (options.metrics ?? []).map((metric) => `-${metric.replace(/[^\w]+/g, "-")}`).join("");
  const metricsPath = join(folder, `metrics${choice}.csv`);
  await writeCsv(metricsPath, { columns: metricsColumns, records: metricRecords() });
  async function* metricRecords(): AsyncGenerator<Cell[]> {
    for await (const row of store.streamMetrics(query)) {
      const run = byId.get(row.runId);
      if (!run) continue; // Added since: the next export has it.
      yield [
        ...[run.suite, run.environment, run.method, run.seed, run.id],
        ...[row.envSteps, row.updates, row.split, row.metric, row.value, row.elapsedMs],
      ];
    }
  }
  const summary = summarise(runs, await store.queryMetrics({ ...query, last: true }));
  const summaryPath = join(folder, `summary${choice}.csv`);
  await writeCsv(summaryPath, {
    columns: summaryColumns,
    records: summary.map((row): Cell[] => [
      ...[row.suite, row.environment, row.split, row.metric, row.method, row.seeds, row.failed + row.missing],
      ...[row.mean, row.std, row.iqm, row.ciLow, row.ciHigh],
    ]),
  });
  return { metricsPath, summaryPath };
}

/**
 * Writes a CSV file as RFC 4180 says (lines end in CRLF), record by record. The header is always there. Text that a
 * spreadsheet would take for a formula (it starts with = + - @) gets an apostrophe before it; numbers never do.
 *
 * The lines go to a temporary folder beside the file, which is then renamed: a reader never sees half a file, and an
 * older one stays as it was if anything fails.
 *
 * @throws {Error} One sentence, if the file cannot be written.
 */
export async function writeCsv(
  path: string,
  table: {
    readonly columns: readonly string[];
    readonly records: Iterable<readonly Cell[]> | AsyncIterable<readonly Cell[]>;
  },
): Promise<void> {
  const folder = dirname(path);
  let temporary: string | undefined;
  try {
    await mkdir(folder, { recursive: true });
    temporary = await mkdtemp(join(folder, ".export-"));
    const partial = join(temporary, basename(path));
    const formatted = stringify({
      header: true,
      columns: [...table.columns],
      record_delimiter: "windows",
      quote_record_delimiter: true, // A lone CR or LF in a cell is quoted too: readers take it for a line's end.
      escape_formulas: true,
    });
    await pipeline(Readable.from(table.records), formatted, createWriteStream(partial));
    await rename(partial, path);
  } catch (error) {
    // What the records could not be read for is a sentence already.
    if (messageOf(error).startsWith("Cannot ")) throw error;
    throw new Error(`Cannot write ${path}: expected a file that can be written, got ${messageOf(error)}`);
  } finally {
    if (temporary) await rm(temporary, { recursive: true, force: true });
  }
}
