import { pipeline, Readable } from "node:stream";
import { csvStringifier, type CsvTable } from "../../lib/core/csv_format.ts";

/** A table as a stream of the bytes that `writeCsv` writes to a file. */
export function csvStream({ columns, records }: CsvTable): ReadableStream<Uint8Array> {
  const formatted = csvStringifier(columns);
  // Ends the records when the reader leaves, and the stream with an error when they fail.
  pipeline(Readable.from(records), formatted, () => {});
  return Readable.toWeb(formatted) as ReadableStream<Uint8Array>;
}
