import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { resolve as resolvePath } from "node:path";
import { messageOf } from "../core/errors.ts";
import { parseJsonText, type Source, sourceName } from "../core/json_text.ts";
import { visible } from "../core/visible.ts";
import { parseSuite, type Suite } from "../experiment/suite.ts";
import { loadSuite, suites } from "../experiment/suite_registry.ts";

/** Bytes of a suite file, at most: ten thousand seeds and a thousand methods are far less. */
const MOST_BYTES = 2 ** 20;

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
  const { value, source } = parseJsonText(decode(readBytes(resolve(name), what), what), what);
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

/** Reads from a file or a pipe, never more than a suite can have. */
function readBytes(path: string, what: string): Uint8Array {
  let file: number | undefined;
  try {
    file = openSync(path, "r");
    if (fstatSync(file).isDirectory()) {
      throw new RangeError(`Cannot read ${what}: it is a folder, expected a JSON file, got a folder`);
    }
    const bytes = new Uint8Array(MOST_BYTES + 1);
    let size = 0;
    for (let read = -1; read !== 0 && size < bytes.length; size += read) {
      read = readSync(file, bytes, size, bytes.length - size, null);
    }
    if (size > MOST_BYTES) {
      throw new RangeError(`Cannot read ${what}: too large, expected at most ${MOST_BYTES} bytes, got more`);
    }
    return bytes.subarray(0, size);
  } catch (error) {
    if (error instanceof RangeError) throw error;
    throw new RangeError(`Cannot read ${what}: ${openingReason(error)}, expected a JSON file, got none`);
  } finally {
    if (file !== undefined) closeSync(file);
  }
}

function openingReason(error: unknown): string {
  switch ((error as { readonly code?: string }).code) {
    case "ENOENT":
      return "there is no such file";
    case "ELOOP":
      return "its symbolic links lead round in a circle";
    case "ENOTDIR":
      return "a part of its path is a file";
    case "EACCES":
    case "EPERM":
      return "it may not be read";
    default:
      return messageOf(error);
  }
}

function decode(bytes: Uint8Array, what: string): string {
  const encoding = bytes[0] === 0xff && bytes[1] === 0xfe
    ? "utf-16le"
    : bytes[0] === 0xfe && bytes[1] === 0xff
    ? "utf-16be"
    : "utf-8";
  try {
    // Leaves the mark out.
    return new TextDecoder(encoding, { fatal: true }).decode(bytes);
  } catch {
    const place = encoding === "utf-8" ? `, ${placeAfter(soundStart(bytes))}` : "";
    throw new SyntaxError(
      `Cannot read ${what}${place}: not a text, expected ${encoding.toUpperCase()}, got bytes that are none`,
    );
  }
}

/** What of a UTF-8 text comes before its first wrong byte. */
function soundStart(bytes: Uint8Array): string {
  const decoder = new TextDecoder("utf-8", { fatal: true });
  let text = "";
  try {
    for (let i = 0; i < bytes.length; i++) text += decoder.decode(bytes.subarray(i, i + 1), { stream: true });
  } catch {
    // Here it ends.
  }
  return text;
}

function placeAfter(text: string): string {
  const lines = text.split(/\r\n|\r|\n/);
  return `line ${lines.length}, column ${lines.at(-1)!.length + 1}`;
}
