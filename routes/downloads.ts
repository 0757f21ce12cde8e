import { type Context, Hono } from "hono";
import { csvStream } from "../reports/csv/csv_stream.ts";
import { metricsTable, summaryTable } from "../reports/csv/csv_tables.ts";
import { noStore, problem } from "./problem.tsx";
import type { Services } from "./services.ts";

/** CSV files, sent while they are read. */
export function downloadRoutes({ store: openStore }: Services): Hono {
  const app = new Hono();
  app.get("/suites/:suite/:file{(?:metrics|summary)\\.csv}", async (context) => {
    const store = await openStore();
    if (!store) return noStore(context);
    const suite = context.req.param("suite");
    const isKnown = (await store.listSuites()).some((known) => known.suite === suite);
    if (!isKnown) return problem(context, 404, `Cannot find suite "${suite}": the store has no such suite`);
    const file = context.req.param("file");
    return csv(context, {
      name: `${suite}-${file}`,
      stream: csvStream(
        await (file === "summary.csv" ? summaryTable(store, { suite }) : metricsTable(store, { suite })),
      ),
    });
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
