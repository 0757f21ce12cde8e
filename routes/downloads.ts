import { type Context, Hono } from "hono";
import { csvStream } from "../reports/csv/csv_stream.ts";
import { metricsTable, summaryTable } from "../reports/csv/csv_tables.ts";
import type { StoreReader } from "../lib/store/store.ts";
import { executionOf } from "../reports/read/shown_execution.ts";
import { noExecution, subjectOf } from "./execution_subject.ts";
import { noStore, problem } from "./problem.tsx";
import type { Services } from "./services.ts";

/** CSV files, sent while they are read. */
export function downloadRoutes({ store: openStore }: Services): Hono {
  const app = new Hono();
  app.get("/suites/:suite/:file{(?:metrics|summary)\\.csv}", async (context) => {
    const store = await openStore();
    if (!store) return noStore(context);
    const suite = context.req.param("suite");
    const shown = await executionOf(store, { suite });
    if (!shown) return problem(context, 404, `Cannot find suite "${suite}": the store has no such suite`);
    const file = context.req.param("file");
    return csv(context, { name: `${suite}-${file}`, stream: await executionCsv(store, { id: shown.id, file }) });
  });
  app.get("/executions/:execution/:file{(?:metrics|summary)\\.csv}", async (context) => {
    const store = await openStore();
    if (!store) return noStore(context);
    const id = context.req.param("execution");
    const subject = await subjectOf(store, id);
    if (!subject) return noExecution(context, id);
    const file = context.req.param("file");
    return csv(context, { name: `${subject.suite}-${id}-${file}`, stream: await executionCsv(store, { id, file }) });
  });
  app.get("/runs/:id/metrics.csv", async (context) => {
    const store = await openStore();
    if (!store) return noStore(context);
    const id = context.req.param("id");
    if (!await store.getRun(id)) return problem(context, 404, `Cannot find run "${id}": the store has no such run`);
    return csv(context, { name: `run-${id}-metrics.csv`, stream: csvStream(await metricsTable(store, { runId: id })) });
  });
  return app;
}

async function executionCsv(
  store: StoreReader,
  { id, file }: { readonly id: string; readonly file: string },
): Promise<ReadableStream<Uint8Array>> {
  const query = { executions: [id] };
  return csvStream(await (file === "summary.csv" ? summaryTable(store, query) : metricsTable(store, query)));
}

function csv(
  context: Context,
  { name, stream }: { readonly name: string; readonly stream: ReadableStream<Uint8Array> },
): Response {
  return context.body(stream, 200, {
    "content-type": "text/csv; charset=utf-8",
    "content-disposition": `attachment; filename="${name.replace(/[^a-z0-9._-]+/gi, "-")}"`,
    "cache-control": "no-cache",
  });
}
