import { stringify } from "csv-stringify";
import { Readable } from "node:stream";
import type { StoreReader } from "../lib/store/store.ts";
import { type Cell, metricsColumns, summaryColumns } from "./csv.ts";
import { summarise } from "./summary.ts";

/** A table as a stream of CSV text, as `writeCsv` writes it to a file. */
function csvStream(
  columns: readonly string[],
  records: Iterable<readonly Cell[]> | AsyncIterable<readonly Cell[]>,
): ReadableStream<Uint8Array> {
  const formatted = stringify({
    header: true,
    columns: [...columns],
    record_delimiter: "windows",
    escape_formulas: true,
  });
  Readable.from(records).on("error", (error) => formatted.destroy(error)).pipe(formatted);
  return Readable.toWeb(formatted) as ReadableStream<Uint8Array>;
}

/** metrics.csv of a suite or of one run, read from the store while it is sent. */
export async function metricsCsvStream(
  store: StoreReader,
  of: { readonly suite: string } | { readonly runId: string },
): Promise<ReadableStream<Uint8Array>> {
  const found = "suite" in of ? await store.listRuns({ suite: of.suite }) : [await store.getRun(of.runId)];
  const byId = new Map(found.flatMap((run) => run ? [[run.id, run] as const] : []));
  const rows = store.streamMetrics("suite" in of ? { suite: of.suite } : { runIds: [of.runId] });
  async function* records(): AsyncGenerator<Cell[]> {
    for await (const row of rows) {
      const run = byId.get(row.runId);
      if (!run) continue; // Added since: the next download has it.
      yield [
        ...[run.suite, run.environment, run.method, run.seed, run.id],
        ...[row.envSteps, row.updates, row.split, row.metric, row.value, row.elapsedMs],
      ];
    }
  }
  return csvStream(metricsColumns, records());
}

/** summary.csv of a suite. */
export async function summaryCsvStream(store: StoreReader, suite: string): Promise<ReadableStream<Uint8Array>> {
  const rows = summarise(await store.listRuns({ suite }), await store.queryMetrics({ suite, last: true }));
  return csvStream(
    summaryColumns,
    rows.map((row): Cell[] => [
      ...[row.suite, row.environment, row.split, row.metric, row.method, row.seeds, row.failed + row.missing],
      ...[row.mean, row.std, row.iqm, row.ciLow, row.ciHigh],
    ]),
  );
}
