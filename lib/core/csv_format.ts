import { type Options, type Stringifier, stringify } from "csv-stringify";
import { stringify as stringifyNow } from "csv-stringify/sync";

/** A cell: text, a number at full precision, or null for an empty cell. */
export type Cell = string | number | null;

/** Columns and their records, in order; records may come from a store while they are written. */
export interface CsvTable {
  readonly columns: readonly string[];
  readonly records: Iterable<readonly Cell[]> | AsyncIterable<readonly Cell[]>;
}

/** What spreadsheets take for the beginning of a formula; they read the full-width forms the same. */
const formula = /^[=+\-@\t\r\n＝＋－＠]/;

/** What pandas, R or a database take for a missing value, though it is text. */
const missing = /^(?:<na>|#?n\/a|#n\/a n\/a|na|nan|1\.#ind|1\.#qnan|none|null|\\n)$/i;

/**
 * Text as it stands in a cell: what a reader would take for a formula or for a missing value gets an apostrophe before
 * it. Quotes would not do: spreadsheets and pandas look at what is inside them.
 */
export function cellText(text: string): string {
  return formula.test(text) || missing.test(text) ? `'${text}` : text;
}

/**
 * The one format of all CSV files and downloads, as RFC 4180 says: lines end in CRLF, also the last one; quotes where
 * they are needed. Numbers are written at full precision and never changed.
 */
const format: Options = {
  record_delimiter: "windows",
  quote_record_delimiter: true, // A lone CR or LF in a cell is quoted too: readers take it for a line's end.
  quoted_match: /^\s|\s$/, // Readers trim what is not quoted.
  cast: {
    string: cellText,
    number: (value) => Number.isNaN(value) ? "" : String(value),
  },
};

/** A stream that takes records and gives CSV text, header first. */
export function csvStringifier(columns: readonly string[]): Stringifier {
  return stringify({ ...format, header: true, columns: [...columns] });
}

/**
 * A whole table as CSV text. `header: false` leaves the heading line out, for records that are added to a file.
 *
 * @example
 * ```ts
 * import { equal } from "node:assert/strict";
 *
 * equal(csvText({ columns: ["method", "return"], records: [["=fcdl", 0.1], ["a, b", null]] }),
 *   `method,return\r\n'=fcdl,0.1\r\n"a, b",\r\n`);
 * ```
 */
export function csvText(
  { columns, records }: { readonly columns: readonly string[]; readonly records: Iterable<readonly Cell[]> },
  { header = true }: { readonly header?: boolean } = {},
): string {
  // Columns are matched by place: two of one name would be one otherwise.
  return stringifyNow([...(header ? [columns] : []), ...records], format);
}
