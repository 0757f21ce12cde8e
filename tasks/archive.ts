import { unknownName } from "../lib/core/errors.ts";
import { writeArchive } from "../lib/archive/mod.ts";
import type { Execution } from "../lib/records/execution.ts";
import { openStore } from "../lib/store/open_store.ts";
import { isHeld, type Store } from "../lib/store/store.ts";
import { parseFlags, runCli } from "./cli.ts";
import { resultsFolder, storeFile } from "./results_folder.ts";
import { say } from "./terminal_text.ts";
import { shownPath, userPath } from "./user_paths.ts";

const help = `Write executions to one file, to be kept, published, or merged into another store (deno task import).

  deno task archive --to <file> [--suite <name>]... [--execution <id>]... [--out <folder>]

  --to <file>       The file, which must not be there yet, such as nightly.jsonl.gz
  --suite <name>    All executions of a suite; may be repeated
  --execution <id>  One execution; may be repeated. Default: all executions of the store but those that are running.
  --out <folder>    The folder with store.sqlite. Default: results.
  --help            This text.

Checkpoints are left out; docs/archive.md describes the format.`;

/**
 * The command line of `deno task archive`.
 *
 * @param options.print Takes each line of output.
 * @throws {Error} One sentence, if an option, an execution or the store is not there, or the file cannot be written.
 */
export async function main(
  args: readonly string[],
  { print, now = Date.now }: { print(line: string): void; now?(): number },
): Promise<void> {
  const flags = parseFlags(args, {
    to: { type: "string" },
    suite: { type: "string", multiple: true },
    execution: { type: "string", multiple: true },
    out: { type: "string" },
    help: { type: "boolean", default: false },
  });
  if (flags.help) return print(help);
  if (flags.to === undefined) {
    throw new RangeError("Cannot read the command line: --to is missing, expected the file to write, got none");
  }
  const path = userPath(flags.to, { flag: "--to" });
  const store = await openStore(storeFile(resultsFolder(flags.out)), { readOnly: true });
  try {
    const known = await store.listExecutions();
    const running = await runningExecutions(store, now());
    const asked = { suites: flags.suite ?? [], ids: flags.execution ?? [] };
    const chosen = chosenExecutions(known, asked);
    const held = chosen.filter(({ id }) => running.has(id));
    if (held.length > 0 && asked.ids.length + asked.suites.length > 0) {
      throw new RangeError(
        `Cannot archive execution ${held[0]!.id}: it is running, expected one that rests, got one that changes`,
      );
    }
    const resting = chosen.filter(({ id }) => !running.has(id));
    await writeArchive(store, { executions: resting, path });
    const runs = resting.reduce((sum, each) => sum + each.runs, 0);
    print(`${shownPath(path)}: ${resting.length} executions, ${runs} runs`);
    for (const { id } of held) print(`Left out: ${id}, which is running`);
  } finally {
    await store.close();
  }
}

function chosenExecutions(
  known: readonly Execution[],
  { suites, ids }: { readonly suites: readonly string[]; readonly ids: readonly string[] },
): readonly Execution[] {
  const names = [...new Set(known.map(({ suite }) => suite))];
  const unknownSuite = suites.find((suite) => !names.includes(suite));
  if (unknownSuite !== undefined) throw unknownName("suite", { name: unknownSuite, choices: orNone(names) });
  const unknownId = ids.find((id) => !known.some((each) => each.id === id));
  if (unknownId !== undefined) {
    throw unknownName("execution", { name: unknownId, choices: orNone(known.map(({ id }) => id)) });
  }
  if (suites.length + ids.length === 0) return known;
  return known.filter(({ id, suite }) => ids.includes(id) || suites.includes(suite));
}

function orNone(names: readonly string[]): readonly string[] {
  return names.length > 0 ? names : ["none: the store is empty"];
}

/** Ids of executions of which somebody trains a run. */
async function runningExecutions(store: Store, nowMs: number): Promise<ReadonlySet<string>> {
  const running = await store.listRuns({ status: ["running"] });
  return new Set(running.filter((run) => isHeld(run, nowMs)).map((run) => run.execution));
}

if (import.meta.main) await runCli(() => main(Deno.args, { print: say }));
