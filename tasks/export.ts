import { unknownName } from "../lib/core/errors.ts";
import { type MetricId, metricText } from "../lib/records/metric_id.ts";
import { openStore } from "../lib/store/open_store.ts";
import type { Store } from "../lib/store/store.ts";
import { exportSuite } from "../reports/csv/export_suite.ts";
import { parseFlags, runCli } from "./cli.ts";
import { resultsFolder, storeFile } from "./results_folder.ts";
import { shownPath } from "./user_paths.ts";
import { say } from "./terminal_text.ts";

const help = `Write metrics.csv and summary.csv of a suite from the store.

  deno task export [--suite <name>]... [--execution <id>|all] [--metric <name>]... [--out <folder>]

  The files are of the suite's last complete execution, else of its last; a column says which.

  --suite <name>   A suite in the store; may be repeated. Default: all.
  --execution <id> Another execution of one suite, or all of each, in files named after it (metrics-all.csv). No number
                   is averaged over several.
  --metric <name>  Only this metric, such as return or accuracy, in files named after it (metrics-return.csv); may be
                   repeated. Default: all.
  --out <folder>   The folder with store.sqlite; files go to <folder>/<suite>/. Default: results.
  --help           This text.`;

/**
 * The command line of `deno task export`.
 *
 * @param options.print Takes each line of output.
 * @throws {Error} One sentence, if an option, the suite or the store is not there or a file cannot be written.
 */
export async function main(args: readonly string[], options: { print(line: string): void }): Promise<void> {
  const flags = parseFlags(args, {
    suite: { type: "string", multiple: true },
    execution: { type: "string" },
    metric: { type: "string", multiple: true },
    out: { type: "string" },
    help: { type: "boolean", default: false },
  });
  if (flags.help) return options.print(help);
  const folder = resultsFolder(flags.out);
  const store = await openStore(storeFile(folder), { readOnly: true });
  try {
    const known = (await store.listSuites()).map((summary) => summary.suite);
    const { execution } = flags;
    const owner = execution === undefined || execution === "all" ? null : await ownerOf(store, execution);
    const suites = flags.suite ?? (owner === null ? known : [owner]);
    // Before anything is written.
    const unknown = suites.find((suite) => !known.includes(suite));
    if (unknown !== undefined) {
      throw unknownName("suite", { name: unknown, choices: known.length > 0 ? known : ["none: the store is empty"] });
    }
    const metrics = flags.metric && await knownMetrics(store, { suites, names: flags.metric });
    if (suites.length === 0) options.print(`The store in ${shownPath(folder)} has no suite yet: nothing to export.`);
    const damaged: string[] = [];
    for (const suite of suites) {
      const { metricsPath, summaryPath, damage } = await exportSuite(store, suite, {
        outDir: folder,
        ...(execution === undefined ? {} : { execution }),
        ...(metrics ? { metrics } : {}),
      });
      options.print(shownPath(metricsPath));
      options.print(shownPath(summaryPath));
      for (const sentence of damage) damaged.push(sentence);
    }
    // After all that can be written is.
    if (damaged.length > 0) {
      const others = damaged.length > 1 ? ` (and ${damaged.length - 1} more like it)` : "";
      throw new Error(`${damaged[0]}${others}; the files leave that out`);
    }
  } finally {
    await store.close();
  }
}

/**
 * The suite of an execution.
 *
 * @throws {RangeError} If the store has none of that id; lists those that it has.
 */
async function ownerOf(store: Store, execution: string): Promise<string> {
  const known = await store.listExecutions();
  const owner = known.find(({ id }) => id === execution)?.suite;
  if (owner !== undefined) return owner;
  throw unknownName("execution", { name: execution, choices: [...known.map(({ id }) => id), "all"] });
}

/** @throws {RangeError} If a metric was recorded in none of the suites; lists those that were. */
async function knownMetrics(
  store: Store,
  { suites, names }: { suites: readonly string[]; names: readonly string[] },
): Promise<readonly MetricId[]> {
  const known = new Map<string, MetricId>();
  for (const suite of suites) {
    for (const { name, qualifier } of await store.queryMetrics({ suite, last: true })) {
      known.set(metricText({ name, qualifier }), { name, qualifier });
    }
  }
  return names.map((name) => {
    const metric = known.get(name);
    if (metric) return metric;
    throw unknownName("metric", { name, choices: known.size > 0 ? [...known.keys()].sort() : ["none recorded"] });
  });
}

if (import.meta.main) await runCli(() => main(Deno.args, { print: say }));
