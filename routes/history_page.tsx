import { Hono } from "hono";
import { atomFeed } from "../lib/alerts/mod.ts";
import type { StoreReader } from "../lib/store/store.ts";
import { buildHistory, historyCsv } from "../reports/build/history.ts";
import { historyAlerts } from "../reports/build/history_alerts.ts";
import { csvStream } from "../reports/csv/csv_stream.ts";
import { readHistory, type SuiteHistory } from "../reports/read/suite_history.ts";
import type { Section } from "../reports/blocks.ts";
import { Sections } from "../reports/render/render_html.tsx";
import { chartFile } from "./charts.ts";
import { compareHref, executionHref, momentText, suiteHref } from "./format.tsx";
import { Layout, Trail } from "./layout.tsx";
import { noStore, problem } from "./problem.tsx";
import type { SeenStore } from "./seen_store.ts";
import type { Services } from "./services.ts";

/** A history and its report, for as long as the store does not change. */
interface KnownHistory {
  readonly revision: number;
  readonly history: SuiteHistory | null;
  readonly sections: readonly Section[];
}

/** Histories kept of a store. */
const capacity = 16;

/** `/suites/:suite/history`: headline metrics over executions, also as CSV, and an Atom feed of what got worse. */
export function historyRoutes(services: Services): Hono {
  const { store: openStore } = services;
  const stores = new WeakMap<StoreReader, Map<string, KnownHistory>>();
  const read = async (store: SeenStore, suite: string): Promise<KnownHistory> => {
    let known = stores.get(store.stored);
    if (!known) stores.set(store.stored, known = new Map());
    const revision = await store.stored.revision();
    const last = known.get(suite);
    if (last?.revision === revision) return last;
    const history = await readHistory(store.stored, suite);
    const sections = history === null ? [] : buildHistory(history, {
      execution: ({ id }) => executionHref(id),
      compare: (before, after) => compareHref(before.id, after.id),
      moment: momentText,
    });
    const fresh = { revision, history, sections };
    known.delete(suite);
    known.set(suite, fresh);
    if (known.size > capacity) known.delete(known.keys().next().value!);
    return fresh;
  };
  const app = new Hono();
  app.get("/suites/:suite/:file{history(?:\\.csv)?|alerts\\.atom}", async (context) => {
    const store = await openStore();
    if (!store) return noStore(context);
    const suite = context.req.param("suite");
    const { history, sections } = await read(store, suite);
    if (!history) return problem(context, 404, `Cannot find suite "${suite}": the store has no such suite`);
    const { origin, pathname } = new URL(context.req.url);
    switch (context.req.param("file")) {
      case "history.csv":
        return context.body(csvStream(historyCsv(history)), 200, {
          "content-type": "text/csv; charset=utf-8",
          "content-disposition": `attachment; filename="${suite.replace(/[^a-z0-9._-]+/gi, "-")}-history.csv"`,
          "cache-control": "no-cache",
        });
      case "alerts.atom":
        return context.body(
          atomFeed(historyAlerts(history), { origin, path: pathname, title: `Alerts of ${suite}` }),
          200,
          {
            "content-type": "application/atom+xml; charset=utf-8",
            "cache-control": "no-cache",
          },
        );
      default:
        return context.html(<HistoryPage suite={suite} sections={sections} />);
    }
  });
  app.get("/charts/history/:suite/:file", async (context) => {
    const store = await openStore();
    if (!store) return noStore(context);
    const suite = context.req.param("suite");
    const { history, sections } = await read(store, suite);
    if (!history) return problem(context, 404, `Cannot find suite "${suite}": the store has no such suite`);
    return chartFile(context, { services, sections, file: context.req.param("file") });
  });
  return app;
}

function HistoryPage({ suite, sections }: { suite: string; sections: readonly Section[] }) {
  const href = suiteHref(suite);
  return (
    <Layout title={`History of ${suite}`} events={`/events?suite=${encodeURIComponent(suite)}`}>
      <Trail steps={[{ label: "Suites", href: "/" }, { label: suite, href }, { label: "History" }]} />
      <div class="intro">
        <h1>History of {suite}</h1>
        <p class="files">
          <a href={`${href}/history.csv`} download>history.csv</a>
          <a href={`${href}/alerts.atom`}>Atom feed of regressions and failed runs</a>
        </p>
      </div>
      <Sections
        sections={sections}
        links={{ chart: (block) => `/charts/history/${encodeURIComponent(suite)}/${encodeURIComponent(block.id)}` }}
      />
    </Layout>
  );
}
