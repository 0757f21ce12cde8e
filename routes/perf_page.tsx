import { Hono } from "hono";
import { buildPerf } from "../reports/build/perf.ts";
import { parsePerfRecords } from "../lib/records/perf_records.ts";
import { Sections } from "../reports/render/render_html.tsx";
import { chartFile } from "./charts.ts";
import { Layout, Trail } from "./layout.tsx";
import { problem } from "./problem.tsx";
import type { Services } from "./services.ts";

/** `/perf`: how fast this machine trains, as `deno task perf` measured it, with its charts and perf.csv. */
export function perfRoutes(services: Services): Hono {
  const app = new Hono();
  const readText = async () => await services.perfCsv?.() ?? null;
  const readSections = async () => {
    const text = await readText();
    return text === null ? [] : buildPerf(parsePerfRecords(text));
  };
  app.get("/perf", async (context) => {
    const sections = await readSections();
    return context.html(
      <Layout title="Performance">
        <Trail steps={[{ label: "Suites", href: "/" }, { label: "Performance" }]} />
        <div class="intro">
          <h1>Performance</h1>
          <p class="lead">How fast this machine trains and plans, and where the time goes.</p>
        </div>
        {sections.length === 0 ? <Empty /> : (
          <>
            <nav class="contents" aria-label="On this page">
              <ul>
                {sections.map((section) => (
                  <li>
                    <a href={`#${section.id}`}>{section.title}</a>
                  </li>
                ))}
              </ul>
            </nav>
            <Sections
              sections={sections}
              links={{ chart: (block) => `/charts/perf/${encodeURIComponent(block.id)}` }}
            />
            <p class="files">
              <a href="/perf.csv" download>perf.csv</a>
            </p>
          </>
        )}
      </Layout>,
    );
  });
  app.get(
    "/charts/perf/:file",
    async (context) =>
      chartFile(context, { services, sections: await readSections(), file: context.req.param("file") }),
  );
  app.get("/perf.csv", async (context) => {
    const text = await readText();
    if (text === null) {
      return problem(context, 404, "Cannot find perf.csv: nothing was measured yet, expected one from deno task perf");
    }
    return context.body(text, 200, {
      "content-type": "text/csv; charset=utf-8",
      "content-disposition": 'attachment; filename="perf.csv"',
    });
  });
  return app;
}

function Empty() {
  return (
    <div class="empty">
      <h2>Nothing measured yet</h2>
      <p>Measure this machine, under two minutes while nothing else runs on it:</p>
      <pre><code>deno task perf</code></pre>
    </div>
  );
}
