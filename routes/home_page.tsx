import { Hono } from "hono";
import type { Run, RunStatus, SuiteSummary } from "../lib/store/store.ts";
import { Status } from "../reports/render/render_html.tsx";
import { environmentsOf, methodLabel, methodsOf } from "../reports/read/results.ts";
import { Moment, suiteHref } from "./format.tsx";
import { Layout } from "./layout.tsx";
import { progressOf } from "./progress.ts";
import type { Services } from "./services.ts";

const statuses: readonly RunStatus[] = ["running", "pending", "interrupted", "failed", "done"];

/** `/`: the suites of the store. */
export function homeRoutes({ store: openStore, reports }: Services): Hono {
  const app = new Hono();
  app.get("/", async (context) => {
    const store = await openStore();
    const suites = store ? await store.listSuites() : [];
    const entries = await Promise.all(
      suites.map(async (summary) => ({ summary, runs: await reports.runs(store!, { suite: summary.suite }) })),
    );
    entries.sort((a, b) => b.summary.updatedAtMs - a.summary.updatedAtMs);
    return context.html(
      <Layout title="" events="/events">
        <div class="intro">
          <h1>Suites</h1>
          <p class="lead">
            Dynamics models trained on the same data, planner and seeds, then tested where some of what they see is
            corrupted. Each suite compares methods on one or more environments.
          </p>
        </div>
        {entries.length === 0 ? <Empty hasStore={store !== null} /> : (
          <ul id="suites" class="cards" data-live>
            {entries.map((entry) => <SuiteCard {...entry} />)}
          </ul>
        )}
      </Layout>,
    );
  });
  return app;
}

function Empty({ hasStore }: { hasStore: boolean }) {
  return (
    <div id="suites" class="empty" data-live>
      <h2>No results yet</h2>
      <p>
        {hasStore ? "The store is empty." : "There is no store yet."}{" "}
        Run the quick suite, about two minutes on two cores; this page fills by itself:
      </p>
      <pre><code>deno task bench --suite quick</code></pre>
    </div>
  );
}

function SuiteCard({ summary, runs }: { summary: SuiteSummary; runs: readonly Run[] }) {
  const share = progressOf(runs);
  const seeds = new Set(runs.map((run) => run.seed)).size;
  const byStatus = Map.groupBy(runs, (run) => run.status);
  return (
    <li class="card">
      <h2>
        <a href={suiteHref(summary.suite)}>{summary.suite}</a>
      </h2>
      <p class="what">
        {environmentsOf(runs).join(", ")} · {methodsOf(runs).map(methodLabel).join(", ")} · {seeds}{" "}
        {seeds === 1 ? "seed" : "seeds"}
      </p>
      <div class="meter">
        <progress max="1" value={share.toFixed(3)} aria-label={`Progress of ${summary.suite}`} />
        <span>{Math.floor(100 * share)} %</span>
      </div>
      <p class="counts">
        {statuses.filter((status) => byStatus.has(status)).map((status) => (
          <span>
            {byStatus.get(status)!.length} <Status status={status} />
          </span>
        ))}
        {summary.executions > 1 ? <span>{summary.executions} executions</span> : null}
      </p>
      <p class="when">
        Last update <Moment atMs={summary.updatedAtMs} />
      </p>
    </li>
  );
}
