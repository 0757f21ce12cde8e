import stringWidth from "string-width";
import { visible } from "../lib/core/visible.ts";

/** A message on one line: its line ends are spaces, the rest is {@link visible}. */
export function oneLine(message: string): string {
  return visible(message.trim().replace(/\s*[\r\n]\s*/g, " "));
}

/** Says some lines on standard output. */
export function say(lines: string): void {
  console.log(lines.split("\n").map(visible).join("\n"));
}

/** Says a message on standard error, on one line. */
export function complain(message: string): void {
  console.error(oneLine(message));
}

/** Complains once where the same sentence comes again and again. */
export function complainOnce(): (message: string) => void {
  let last = "";
  return (message) => {
    if (message !== last) complain(message);
    last = message;
  };
}

/** Columns that a terminal takes for a printable text: 2 for each CJK character and most emoji, 0 for accents. */
export function columnsOf(text: string): number {
  return stringWidth(text);
}

const graphemes = new Intl.Segmenter("en", { granularity: "grapheme" });

/**
 * As much of a visible text as fits, whichever way a terminal measures: joined emoji count as their parts, characters
 * of ambiguous width as wide. A line that wraps after all could not be erased again.
 */
export function fitColumns(text: string, columns: number): string {
  let taken = 0;
  let used = 0;
  for (const { segment } of graphemes.segment(text)) {
    let parts = 0;
    for (const character of segment) parts += stringWidth(character, { ambiguousIsNarrow: false });
    used += Math.max(parts, stringWidth(segment, { ambiguousIsNarrow: false }));
    if (used > columns) break;
    taken += segment.length;
  }
  return text.slice(0, taken);
}

/** Text with spaces after it, up to a number of columns; `start: true` puts them before it. */
export function padColumns(
  text: string,
  columns: number,
  { start = false }: { readonly start?: boolean } = {},
): string {
  const spaces = " ".repeat(Math.max(columns - columnsOf(text), 0));
  return start ? spaces + text : text + spaces;
}

/** A command as a POSIX shell reads it: words with spaces or signs of the shell are quoted. */
export function shellCommand(words: readonly string[]): string {
  return words.map((word) => /^[\w./,=:@%+-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`).join(" ");
}
