import { checkArchive, mergeArchives } from "../lib/archive/mod.ts";
import { openStore } from "../lib/store/open_store.ts";
import { parseArguments, runCli } from "./cli.ts";
import { resultsFolder, storeFile } from "./results_folder.ts";
import { say } from "./terminal_text.ts";
import { shownPath, userPath } from "./user_paths.ts";

const help =
  `Merge files of deno task archive into a store. All files are checked before anything is written, and a file that
contradicts the store or another one is refused; importing a file again changes nothing.

  deno task import <file>... [--out <folder>]

  --out <folder>  The folder with store.sqlite, which is made if it is not there. Default: results.
  --help          This text.`;

/**
 * The command line of `deno task import`.
 *
 * @param options.print Takes each line of output.
 * @throws {Error} One sentence, if a file is not sound or contradicts the store; nothing was written then.
 */
export async function main(
  args: readonly string[],
  { print, now = Date.now }: { print(line: string): void; now?(): number },
): Promise<void> {
  const { values, names } = parseArguments(args, {
    out: { type: "string" },
    help: { type: "boolean", default: false },
  });
  if (values.help) return print(help);
  if (names.length === 0) {
    throw new RangeError("Cannot read the command line: no file is named, expected files to import, got none");
  }
  const paths = [...new Set(names.map((name) => userPath(name, { flag: "file" })))];
  const folder = resultsFolder(values.out);
  const { begun, added, replaced, unchanged } = await mergeInto(storeFile(folder), { paths, nowMs: now() });
  print(
    `${shownPath(storeFile(folder))}: ${begun.length} new executions, ${added} runs added, ${replaced} replaced, ` +
      `${unchanged} there already`,
  );
  for (const id of begun) print(`  ${id}`);
}

async function mergeInto(
  location: string,
  { paths, nowMs }: { readonly paths: readonly string[]; readonly nowMs: number },
) {
  // A store is not made for a file that is refused.
  for (const path of paths) await checkArchive(path);
  const store = await openStore(location);
  try {
    return await mergeArchives(store, paths, { nowMs });
  } finally {
    await store.close();
  }
}

if (import.meta.main) await runCli(() => main(Deno.args, { print: say }));
