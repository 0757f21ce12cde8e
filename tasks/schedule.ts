import { dirname, resolve } from "node:path";
import { unknownName } from "../lib/core/errors.ts";
import { sourceName } from "../lib/core/json_text.ts";
import { visible } from "../lib/core/visible.ts";
import { onStopSignal, pause, readJsonFile, readSuite } from "../lib/bench/mod.ts";
import {
  localTime,
  type NextStart,
  nextStarts,
  parseScheduleConfig,
  type ScheduleConfig,
} from "../lib/schedule/mod.ts";
import { parseBenchOptions } from "./bench/bench_options.ts";
import { parseFlags, runCli } from "./cli.ts";
import { resultsFolder } from "./results_folder.ts";
import { runConfig } from "./schedule/run.ts";
import { complain, say } from "./terminal_text.ts";
import { shownPath, userLibrary, userPath } from "./user_paths.ts";

/** Where a schedule lies when nobody says otherwise. */
export const defaultScheduleFile = "bench.config.json";

/** Starts that `--dry-run` lists. */
const LISTED = 10;

const help =
  `Start suites when they are due, until it is stopped; what runs is then stopped with its checkpoints and gone on with
by the next schedule.

  deno task schedule [--config <file>] [--out <folder>] [--workers <n>] [--backend <name>] [--blas <auto|off|file>]
  deno task schedule --dry-run [--config <file>]

  --dry-run        List the next ${LISTED} starts; write nothing.
  --config <file>  What to start when (default: ${defaultScheduleFile} in the project's folder; docs/schedule.md says what it
                   may hold, and bench.config.example.json is one).
  --out <folder>   Results folder (default: results in the project's folder); the schedule's ledger lies in it.
  --workers, --backend, --blas
                   As bench takes them; deno task bench --help says more.
  --help           This text.`;

/**
 * The command line of `deno task schedule`.
 *
 * @param options.print Takes each line of output; `now` tells the time, ms since 1970.
 * @throws {Error} One sentence, if an option, the file or one of its suites is not as it should be.
 */
export async function main(
  args: readonly string[],
  { print, now }: { print(line: string): void; now(): number },
): Promise<void> {
  const flags = parseFlags(args, {
    "dry-run": { type: "boolean", default: false },
    config: { type: "string" },
    out: { type: "string" },
    workers: { type: "string" },
    backend: { type: "string" },
    blas: { type: "string" },
    help: { type: "boolean", default: false },
  });
  if (flags.help) return print(help);
  const path = flags.config === undefined ? resolve(defaultScheduleFile) : userPath(flags.config, { flag: "--config" });
  const config = await readSchedule(path);
  if (flags["dry-run"]) {
    for (const line of startLines(nextStarts(config.entries, { from: now(), count: LISTED }))) print(line);
    return;
  }
  const handedOn = { workers: flags.workers, backend: flags.backend, blas: flags.blas && userLibrary(flags.blas) };
  const benchArgs = Object.entries(handedOn).flatMap(([name, value]) =>
    value === undefined ? [] : [`--${name}=${value}`]
  );
  // What bench would refuse at night is refused now.
  parseBenchOptions(benchArgs);
  const stop = new AbortController();
  const stopListening = onStopSignal(() => stop.abort());
  try {
    await runConfig(config, {
      ...{ configFolder: dirname(path), out: resultsFolder(flags.out), benchArgs, print, complain, pause },
      clock: { now, elapsed: () => performance.now() },
      signal: stop.signal,
    });
  } finally {
    stopListening();
  }
}

/**
 * Reads a schedule, and every suite that it names.
 *
 * @throws {Error} One sentence with the place of what is wrong.
 */
export async function readSchedule(path: string): Promise<ScheduleConfig> {
  const { value, source } = readJsonFile(path, `schedule ${visible(shownPath(path))}`);
  const config = parseScheduleConfig(value, source);
  for (const [i, { suite: name, methods }] of config.entries.entries()) {
    const at = ["schedule", i, "suite"];
    const { suite } = await readSuite(name, { resolve: (file) => resolve(path, "..", file) }).catch((error: Error) => {
      throw new RangeError(`Cannot read ${sourceName(source, at)}: ${error.message}`);
    });
    const choices = suite.methods.flatMap(({ id, label }) => label === undefined ? [id] : [label, id]);
    const unknown = methods?.find((method) => !choices.includes(method));
    if (unknown === undefined) continue;
    const which = unknownName("method", { name: unknown, choices: [...new Set(choices)] });
    const place = sourceName(source, ["schedule", i, "methods", methods!.indexOf(unknown)]);
    throw new RangeError(`Cannot read ${place}: ${which.message}`);
  }
  return config;
}

function startLines(starts: readonly NextStart[]): readonly string[] {
  return starts.map(({ at, entry }) => {
    const what = [
      entry.name === entry.suite ? [] : [`suite ${entry.suite}`],
      entry.methods ? [`methods ${entry.methods.join(",")}`] : [],
      entry.seeds ? [`seeds ${entry.seeds}`] : [],
      entry.budgetMinutes === undefined ? [] : [`at most ${entry.budgetMinutes} min`],
    ].flat();
    const utc = new Date(at).toISOString().slice(0, 16).replace("T", " ");
    return `${localTime(at, entry.timeZone)} (${utc} UTC)  ${[entry.name, ...what].join(", ")}`;
  });
}

if (import.meta.main) await runCli(() => main(Deno.args, { print: say, now: () => Date.now() }));
