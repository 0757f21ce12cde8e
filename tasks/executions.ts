import { unknownName } from "../lib/core/errors.ts";
import type { Execution } from "../lib/records/execution.ts";
import { openStore } from "../lib/store/open_store.ts";
import { engineText, executionProgress } from "../reports/build/execution_table.ts";
import { textTable } from "./bench/text.ts";
import { parseFlags, runCli } from "./cli.ts";
import { resultsFolder, storeFile } from "./results_folder.ts";
import { say } from "./terminal_text.ts";

const help = `List the executions of a store, or give one a tag.

  deno task executions [--suite <name>] [--out <folder>]
  deno task executions --execution <id> [--tag <name>]... [--untag <name>]... [--out <folder>]

  --suite <name>    Only of this suite
  --execution <id>  The execution that is tagged
  --tag <name>      A name for it, such as v1: an execution that has one is never pruned; may be repeated
  --untag <name>    Takes a name from it; may be repeated
  --out <folder>    The folder with store.sqlite. Default: results.
  --help            This text.`;

/**
 * The command line of `deno task executions`.
 *
 * @param options.print Takes each line of output.
 * @throws {Error} One sentence, if an option, the suite, the execution or the store is not there.
 */
export async function main(args: readonly string[], { print }: { print(line: string): void }): Promise<void> {
  const flags = parseFlags(args, {
    suite: { type: "string" },
    execution: { type: "string" },
    tag: { type: "string", multiple: true, default: [] },
    untag: { type: "string", multiple: true, default: [] },
    out: { type: "string" },
    help: { type: "boolean", default: false },
  });
  if (flags.help) return print(help);
  const changes = [...flags.tag, ...flags.untag];
  const wrong = changes.find((name) => !/^[\w.-]{1,60}$/.test(name));
  if (wrong !== undefined) {
    throw new RangeError(
      `Cannot read the command line: a tag is not allowed, expected letters, digits, dots and dashes, got "${wrong}"`,
    );
  }
  if ((flags.execution !== undefined) !== (changes.length > 0)) {
    throw new RangeError(
      "Cannot read the command line: --execution goes with --tag or --untag, expected both or neither, got one",
    );
  }
  const store = await openStore(storeFile(resultsFolder(flags.out)), { readOnly: changes.length === 0 });
  try {
    const known = await store.listExecutions();
    const ids = known.map(({ id }) => id);
    const suites = [...new Set(known.map(({ suite }) => suite))];
    if (flags.execution !== undefined) {
      if (!ids.includes(flags.execution)) throw unknown("execution", { name: flags.execution, choices: ids });
      await store.tagExecution(flags.execution, { add: flags.tag, remove: flags.untag });
      return print(table((await store.listExecutions()).filter(({ id }) => id === flags.execution)));
    }
    if (flags.suite !== undefined && !suites.includes(flags.suite)) {
      throw unknown("suite", { name: flags.suite, choices: suites });
    }
    print(table(known.filter(({ suite }) => flags.suite === undefined || suite === flags.suite)));
  } finally {
    await store.close();
  }
}

function unknown(what: string, { name, choices }: { readonly name: string; readonly choices: readonly string[] }) {
  return unknownName(what, { name, choices: choices.length > 0 ? choices : ["none: the store is empty"] });
}

function table(executions: readonly Execution[]): string {
  return textTable([
    ["suite", "execution", "begun, UTC", "state", "done", "code", "engine", "by", "tags"],
    ...executions.map((execution) => [
      ...[execution.suite, execution.id, new Date(execution.startedAtMs).toISOString().slice(0, 16).replace("T", " ")],
      ...[execution.state, executionProgress(execution), execution.code.version, engineText(execution.engine)],
      ...[execution.trigger, execution.tags.join(" ")],
    ]),
  ], { left: 9 });
}

if (import.meta.main) await runCli(() => main(Deno.args, { print: say }));
