import { Hono } from "hono";
import { csvStream } from "../reports/csv/csv_stream.ts";
import { compareExecutions, comparisonCsv, comparisonSections } from "../reports/build/execution_comparison.ts";
import { Sections } from "../reports/render/render_html.tsx";
import { readSeedResults } from "../reports/read/seed_results.ts";
import { noExecution } from "./execution_subject.ts";
import { executionHref, momentText, suiteHref } from "./format.tsx";
import { Layout, Trail } from "./layout.tsx";
import { noStore, problem } from "./problem.tsx";
import type { Services } from "./services.ts";

/** `/compare?before=<execution>&after=<execution>`: two executions number by number; `/compare.csv`: all rows. */
export function compareRoutes({ store: openStore }: Services): Hono {
  const app = new Hono();
  app.get("/:file{compare(?:\\.csv)?}", async (context) => {
    const store = await openStore();
    if (!store) return noStore(context);
    const { before, after } = context.req.query();
    if (!before || !after) {
      return problem(
        context,
        400,
        "Cannot compare: expected ?before= and ?after= with an execution's id, got " +
          `before "${before ?? ""}" and after "${after ?? ""}"`,
      );
    }
    const known = await store.listExecutions();
    const missing = [before, after].find((id) => !known.some((execution) => execution.id === id));
    if (missing !== undefined) return noExecution(context, missing);
    const side = async (id: string) => ({
      execution: known.find((execution) => execution.id === id)!,
      results: await readSeedResults(store, id),
    });
    const comparison = compareExecutions(await side(before), await side(after));
    if (context.req.param("file") === "compare.csv") {
      return context.body(csvStream(comparisonCsv([comparison])), 200, {
        "content-type": "text/csv; charset=utf-8",
        "content-disposition": `attachment; filename="compare-${before}-${after}.csv"`.replace(/[^\x20-\x7e]/g, "-"),
        "cache-control": "no-cache",
      });
    }
    const { suite } = comparison.after;
    const query = `before=${encodeURIComponent(before)}&after=${encodeURIComponent(after)}`;
    return context.html(
      <Layout title={`${suite}, ${before} and ${after}`}>
        <Trail
          steps={[{ label: "Suites", href: "/" }, { label: suite, href: suiteHref(suite) }, { label: "Compare" }]}
        />
        <div class="intro">
          <h1>Compare</h1>
          <p class="lead">
            <a href={executionHref(before)}>{before}</a> and <a href={executionHref(after)}>{after}</a> of suite{" "}
            <a href={suiteHref(suite)}>{suite}</a>
          </p>
          <p class="files">
            <a href={`/compare.csv?${query}`} download>compare.csv</a>
          </p>
        </div>
        <Sections
          sections={comparisonSections(comparison, { href: ({ id }) => executionHref(id), moment: momentText })}
          links={{ chart: () => "" }}
        />
      </Layout>,
    );
  });
  return app;
}
