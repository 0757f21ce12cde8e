import { resolve as resolvePath } from "node:path";
import { type Source, sourceName } from "../core/json_text.ts";
import { visible } from "../core/visible.ts";
import { parseSuite, type Suite } from "../experiment/suite.ts";
import { loadSuite, suites } from "../experiment/suite_registry.ts";
import { readJsonFile } from "./json_file.ts";

/** A suite and what sentences call it; the source of a file knows line and column. */
export interface ReadSuite {
  readonly suite: Suite;
  readonly source: Source;
}

/**
 * Reads a suite by name, or from a JSON file of the user's: UTF-8, with or without a byte order mark, or UTF-16 with
 * one.
 *
 * @param name A built-in suite's name; a file where it ends in .json or has a slash.
 * @param options `resolve` turns a file's name into a path; from the working folder when absent.
 * @throws {RangeError | SyntaxError} One sentence with file, line, column, rule and value.
 */
export async function readSuite(
  name: string,
  { resolve = resolvePath }: { resolve?(path: string): string } = {},
): Promise<ReadSuite> {
  if (!/\.json$|[\\/]/i.test(name)) return { suite: await loadSuite(name), source: { what: `suite ${name}` } };
  const what = `suite ${visible(name)}`;
  const { value, source } = readJsonFile(resolve(name), what);
  const suite = parseSuite(value, source);
  // Its runs would stand among the built-in suite's on every page and in every file.
  if (suites.some(({ id }) => id === suite.name)) {
    throw new RangeError(
      `Cannot read ${sourceName(source, ["name"])}: name is a built-in suite's, expected another name, ` +
        `got "${suite.name}"`,
    );
  }
  return { suite, source };
}
