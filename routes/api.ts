import { Hono } from "hono";
import { noStore, problem } from "./problem.tsx";
import { shownExecution } from "../lib/records/execution.ts";
import { metricText } from "../lib/records/metric_id.ts";
import type { Services } from "./services.ts";

/** JSON of what the pages show. */
export function apiRoutes({ store: openStore }: Services): Hono {
  const app = new Hono();
  app.get("/api/suites", async (context) => {
    const store = await openStore();
    return context.json({ suites: store ? await store.listSuites() : [] });
  });
  app.get("/api/suites/:suite", async (context) => {
    const store = await openStore();
    if (!store) return noStore(context);
    const suite = context.req.param("suite");
    const executions = await store.listExecutions({ suite });
    const shown = shownExecution(executions);
    if (!shown) return problem(context, 404, `Cannot find suite "${suite}": the store has no such suite`);
    const runs = await store.listRuns({ execution: shown.id });
    return context.json({ suite, execution: shown.id, executions, runs });
  });
  app.get("/api/runs/:id", async (context) => {
    const store = await openStore();
    if (!store) return noStore(context);
    const id = context.req.param("id");
    const run = await store.getRun(id);
    if (!run) return problem(context, 404, `Cannot find run "${id}": the store has no such run`);
    const [metrics, artifacts] = await Promise.all([
      store.queryMetrics({ runIds: [id], last: true }),
      store.listArtifacts(id),
    ]);
    return context.json({ run, metrics: metrics.map((row) => ({ ...row, metric: metricText(row) })), artifacts });
  });
  return app;
}
