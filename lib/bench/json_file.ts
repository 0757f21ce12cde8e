import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { messageOf } from "../core/errors.ts";
import { type JsonText, parseJsonText } from "../core/json_text.ts";

/** Bytes of a file, at most: a suite of ten thousand seeds and a thousand methods has far less. */
const MOST_BYTES = 2 ** 20;

/**
 * Reads a JSON file of the user's: UTF-8, with or without a byte order mark, or UTF-16 with one.
 *
 * @param path Of the file.
 * @param what What sentences call it, such as `suite my_suite.json`.
 * @throws {RangeError | SyntaxError} One sentence with line, column, rule and what was found.
 */
export function readJsonFile(path: string, what: string): JsonText {
  return parseJsonText(decode(readBytes(path, what), what), what);
}

/** Reads from a file or a pipe, never more than such a file can have. */
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
