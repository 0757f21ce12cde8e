import { Hono } from "hono";
import { maxOf } from "../lib/core/extremes.ts";
import { buildSuite } from "../reports/build_suite.ts";
import { buildRunTable } from "../reports/build_run_table.ts";
import { Sections, Status, TableView } from "../reports/render_html.tsx";
import { environmentsOf, methodLabel, methodsOf, type SuiteResults } from "../reports/results.ts";
import { durationText, Moment, runHref, suiteHref } from "./format.tsx";
import { Layout, Trail } from "./layout.tsx";
import { noStore, problem } from "./problem.tsx";
import { progressOf } from "./progress.ts";
import type { Services } from "./services.ts";
import { type SuiteText, suiteText } from "./suite_text.ts";

/** `/suites/:suite`: a suite's report and runs. */
export function suiteRoutes({ store: openStore, results: reader }: Services): Hono {
  const app = new Hono();
  app.get("/suites/:suite", async (context) => {
    const suite = context.req.param("suite");
    const store = await openStore();
    if (!store) return noStore(context);
    const results = await reader.suite(store, suite);
    if (!results) return problem(context, 404, `Cannot find suite "${suite}": the store has no such suite`);
    return context.html(<SuitePage results={results} text={await suiteText(suite)} />);
  });
  return app;
}

function SuitePage({ results, text }: { results: SuiteResults; text: SuiteText | null }) {
  const { suite } = results;
  const sections = buildSuite(results);
  const href = suiteHref(suite);
  return (
    <Layout title={suite} events={`/events?suite=${encodeURIComponent(suite)}`}>
      <Trail steps={[{ label: "Suites", href: "/" }, { label: suite }]} />
      <div class="intro">
        <h1>{suite}</h1>
        {text ? <p class="lead">{text.description}</p> : null}
        <Facts results={results} />
        {text && text.notes.length > 0
          ? (
            <ul class="notes">
              {text.notes.map((note) => <li>{note}</li>)}
            </ul>
          )
          : null}
      </div>
      <nav class="contents" aria-label="On this page">
        <ul>
          {sections.map((section) => (
            <li>
              <a href={`#${section.id}`}>{section.title}</a>
            </li>
          ))}
          <li>
            <a href="#runs">Runs</a>
          </li>
        </ul>
      </nav>
      <Sections
        sections={sections}
        links={{ chart: (block) => `/charts/suites/${encodeURIComponent(suite)}/${encodeURIComponent(block.id)}` }}
      />
      <section id="runs" class="section" aria-labelledby="runs-title">
        <h2 id="runs-title">Runs and files</h2>
        <p class="files">
          <a href={`${href}/metrics.csv`} download>metrics.csv</a>
          <a href={`${href}/summary.csv`} download>summary.csv</a>
        </p>
        <div class="blocks">
          <TableView block={buildRunTable(results.runs, { href: runHref, duration: durationText })} />
        </div>
      </section>
    </Layout>
  );
}

function Facts({ results: { runs } }: { results: SuiteResults }) {
  const share = progressOf(runs);
  const seeds = new Set(runs.map((run) => run.seed)).size;
  const remaining = runs.filter((run) => run.status === "running")
    .map((run) => run.progress?.remainingMs ?? null).filter((ms) => ms !== null);
  const counts = Map.groupBy(runs, (run) => run.status);
  return (
    <div id="facts" data-live>
      <p class="what">
        {methodsOf(runs).map(methodLabel).join(", ")} on {environmentsOf(runs).join(", ")}, {seeds}{" "}
        {seeds === 1 ? "seed" : "seeds"}.
      </p>
      <div class="meter">
        <progress max="1" value={share.toFixed(3)} aria-label="Progress of the suite" />
        <span>{Math.floor(100 * share)} %</span>
      </div>
      <p class="counts">
        {[...counts].map(([status, those]) => (
          <span>
            {those.length} <Status status={status} />
          </span>
        ))}
        {remaining.length > 0 ? <span>runs under way end in about {durationText(maxOf(remaining))}</span> : null}
        <span>
          last update <Moment atMs={maxOf(runs.map((run) => run.updatedAtMs))} />
        </span>
      </p>
    </div>
  );
}
