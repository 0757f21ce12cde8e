import { unknownName } from "../lib/core/errors.ts";
import { retentionOf } from "../lib/records/retention.ts";
import { openStore } from "../lib/store/open_store.ts";
import { executionProgress } from "../reports/build/execution_table.ts";
import { textTable } from "./bench/text.ts";
import { parseFlags, runCli } from "./cli.ts";
import { resultsFolder, storeFile } from "./results_folder.ts";
import { say } from "./terminal_text.ts";

const help = `Remove old executions with their runs, metrics and artifacts. Without --apply it only says what would go.

  deno task prune --keep <n> [--suite <name>]... [--apply] [--out <folder>]

  --keep <n>      Executions that stay of each suite, the last ones. All that have a tag stay, too (deno task executions),
                  and so does what is running; the last complete one of a suite never goes.
  --suite <name>  Only of this suite; may be repeated. Default: of all.
  --apply         Remove what is listed.
  --out <folder>  The folder with store.sqlite. Default: results.
  --help          This text.`;

/**
 * The command line of `deno task prune`.
 *
 * @param options.print Takes each line of output.
 * @throws {Error} One sentence, if an option, a suite or the store is not there, or a run is trained; nothing was removed
 * then.
 */
export async function main(
  args: readonly string[],
  { print, now = Date.now }: { print(line: string): void; now?(): number },
): Promise<void> {
  const flags = parseFlags(args, {
    keep: { type: "string" },
    suite: { type: "string", multiple: true },
    apply: { type: "boolean", default: false },
    out: { type: "string" },
    help: { type: "boolean", default: false },
  });
  if (flags.help) return print(help);
  const keep = numberToKeep(flags.keep);
  const store = await openStore(storeFile(resultsFolder(flags.out)), { readOnly: !flags.apply });
  try {
    const executions = await store.listExecutions();
    const suites = [...new Set(executions.map(({ suite }) => suite))];
    const unknown = flags.suite?.find((suite) => !suites.includes(suite));
    if (unknown !== undefined) {
      throw unknownName("suite", { name: unknown, choices: suites.length > 0 ? suites : ["none: the store is empty"] });
    }
    const retention = retentionOf(
      executions.filter(({ suite }) => flags.suite === undefined || flags.suite.includes(suite)),
      { keep },
    );
    const removed = retention.filter(({ kept }) => kept === null).map(({ execution }) => execution);
    if (retention.length > 0) {
      print(textTable([
        ["suite", "execution", "state", "done", ""],
        ...retention.map(({ execution, kept }) => [
          ...[execution.suite, execution.id, execution.state, executionProgress(execution)],
          kept === null ? (flags.apply ? "removed" : "would be removed") : `stays: ${kept}`,
        ]),
      ], { left: 5 }));
    }
    if (!flags.apply) {
      return print(`Nothing was removed; --apply removes ${removed.length} of ${retention.length} executions.`);
    }
    const held = await store.removeExecutions(removed.map(({ id }) => id), { nowMs: now() });
    if (held.length > 0) {
      throw new RangeError(
        `Cannot prune: another process trains run ${held[0]}, expected executions that rest, got one that changes; ` +
          "nothing was removed",
      );
    }
    print(
      `Removed ${removed.length} of ${retention.length} executions; the store's file keeps their space for new ones.`,
    );
  } finally {
    await store.close();
  }
}

function numberToKeep(text: string | undefined): number {
  if (text !== undefined && /^\d{1,6}$/.test(text)) return Number(text);
  throw new RangeError(
    `Cannot read the command line: --keep is ${
      text === undefined ? "missing" : "not allowed"
    }, expected a whole number ` +
      `from 0 to 999999, got ${text === undefined ? "none" : `"${text}"`}`,
  );
}

if (import.meta.main) await runCli(() => main(Deno.args, { print: say }));
