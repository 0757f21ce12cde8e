import { createWriteStream } from "node:fs";
import { mkdir, mkdtemp, rename, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { messageOf, unknownName } from "../../lib/core/errors.ts";
import { type Execution, shownExecution } from "../../lib/records/execution.ts";
import { type MetricId, metricText } from "../../lib/records/metric_id.ts";
import type { StoreReader } from "../../lib/store/store.ts";
import { csvStringifier, type CsvTable } from "../../lib/core/csv_format.ts";
import { metricsTable, summaryTable } from "./csv_tables.ts";

/** The files of an exported suite. */
export interface ExportedFiles {
  /** Ids of the executions that they are of. */
  readonly executions: readonly string[];
  readonly metricsPath: string;
  readonly summaryPath: string;
  /** A sentence for each run with damaged records, which the files leave out. */
  readonly damage: readonly string[];
}

/**
 * Writes `<outDir>/<suite>/metrics.csv` and `summary.csv`, replacing older ones. Each file is complete at every moment.
 *
 * @param suite The name of a suite in the store.
 * @param options.outDir The folder that holds a folder for each suite, such as `results`.
 * @param options.execution The id of the execution to write, or `all`, in files named after it; when absent the one that
 * the suite shows, see `shownExecution`.
 * @param options.metrics Only these metrics, in files named after them; all when absent.
 * @throws {RangeError} If the store has no such suite, or its name cannot be a folder's.
 * @throws {Error} One sentence, if a file cannot be written.
 */
export async function exportSuite(
  store: StoreReader,
  suite: string,
  options: { readonly outDir: string; readonly execution?: string; readonly metrics?: readonly MetricId[] },
): Promise<ExportedFiles> {
  const known = await store.listExecutions({ suite });
  if (known.length === 0) {
    const choices = (await store.listSuites()).map((known) => known.suite);
    throw unknownName("suite", { name: suite, choices: choices.length > 0 ? choices : ["none: the store is empty"] });
  }
  const executions = chosenExecutions(known, options.execution);
  const query = { executions, ...(options.metrics ? { metrics: options.metrics } : {}) };
  const runs = (await Promise.all(executions.map((execution) => store.listRuns({ execution })))).flat();
  if (!/^[a-z0-9][a-z0-9._-]*$/i.test(suite)) {
    throw new RangeError(
      `Cannot export suite ${suite}: its name cannot be a folder's, expected letters, digits and dashes, got "${suite}"`,
    );
  }
  const folder = join(options.outDir, suite);
  // A choice of metrics or of an execution never takes the place of the complete files.
  const chosen = [
    ...(options.execution === undefined ? [] : [options.execution]),
    ...(options.metrics ?? []).map(metricText),
  ];
  const choice = chosen.map((name) => `-${name.replace(/[^\w-]+/g, "-")}`).join("");
  const metricsPath = join(folder, `metrics${choice}.csv`);
  const damage = new Map(runs.flatMap((run) => run.damage === undefined ? [] : [[run.id, run.damage] as const]));
  await writeCsv(metricsPath, await metricsTable(store, query, damage));
  const summaryPath = join(folder, `summary${choice}.csv`);
  await writeCsv(summaryPath, await summaryTable(store, query));
  return { executions, metricsPath, summaryPath, damage: [...damage.values()] };
}

/** @throws {RangeError} If no execution has the id. */
function chosenExecutions(known: readonly Execution[], asked: string | undefined): readonly string[] {
  const ids = known.map(({ id }) => id);
  if (asked === undefined) return [shownExecution(known)!.id];
  if (asked === "all") return ids;
  if (!ids.includes(asked)) throw unknownName("execution", { name: asked, choices: [...ids.toReversed(), "all"] });
  return [asked];
}

/**
 * Writes a CSV file record by record, in the format of `csv_format.ts`. The header is always there.
 *
 * The lines go to a temporary folder beside the file, which is then renamed: a reader never sees half a file, and an
 * older one stays as it was if anything fails.
 *
 * @throws {Error} One sentence, if the file cannot be written.
 */
export async function writeCsv(path: string, { columns, records }: CsvTable): Promise<void> {
  const folder = dirname(path);
  let temporary: string | undefined;
  try {
    await mkdir(folder, { recursive: true });
    temporary = await mkdtemp(join(folder, ".export-"));
    const partial = join(temporary, basename(path));
    await pipeline(Readable.from(records), csvStringifier(columns), createWriteStream(partial));
    await rename(partial, path);
  } catch (error) {
    // What the records could not be read for is a sentence already.
    if (messageOf(error).startsWith("Cannot ")) throw error;
    throw new Error(`Cannot write ${path}: expected a file that can be written, got ${messageOf(error)}`);
  } finally {
    if (temporary) await rm(temporary, { recursive: true, force: true });
  }
}
