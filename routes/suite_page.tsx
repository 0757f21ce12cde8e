import { Hono } from "hono";
import { raw } from "hono/html";
import { maxOf } from "../lib/core/extremes.ts";
import type { ChartBlock, Section } from "../reports/blocks.ts";
import { buildRunTable } from "../reports/build/run_table.ts";
import { Sections, Status, TableView } from "../reports/render/render_html.tsx";
import { environmentsOf, methodLabel, methodsOf } from "../reports/read/results.ts";
import { durationText, Moment, runHref, suiteHref } from "./format.tsx";
import { Layout, Trail } from "./layout.tsx";
import { noStore, problem } from "./problem.tsx";
import { progressOf } from "./progress.ts";
import type { Services, SuiteReport } from "./services.ts";
import { type SuiteText, suiteText } from "./suite_text.ts";

/** `/suites/:suite`: a suite's report and runs. */
export function suiteRoutes({ store: openStore, reports }: Services): Hono {
  const app = new Hono();
  app.get("/suites/:suite", async (context) => {
    const suite = context.req.param("suite");
    const store = await openStore();
    if (!store) return noStore(context);
    const report = await reports.suite(store, suite);
    if (!report) return problem(context, 404, `Cannot find suite "${suite}": the store has no such suite`);
    let page = pages.get(report);
    if (page === undefined) {
      page = String(await <SuitePage report={report} text={await suiteText(suite)} />);
      pages.set(report, page);
    }
    return context.html(page);
  });
  return app;
}

/** Pages and sections as HTML, kept with what they show: large ones take longer to write than to send. */
const pages = new WeakMap<SuiteReport, string>();
const sectionTexts = new WeakMap<Section, string>();

function sectionHtml(section: Section, suite: string): string {
  let html = sectionTexts.get(section);
  if (html === undefined) {
    const chart = (block: ChartBlock) => `/charts/suites/${encodeURIComponent(suite)}/${encodeURIComponent(block.id)}`;
    html = String(<Sections sections={[section]} links={{ chart }} />);
    sectionTexts.set(section, html);
  }
  return html;
}

function SuitePage({ report, text }: { report: SuiteReport; text: SuiteText | null }) {
  const { suite, runs, sections } = report;
  const href = suiteHref(suite);
  return (
    <Layout title={suite} events={`/events?suite=${encodeURIComponent(suite)}`}>
      <Trail steps={[{ label: "Suites", href: "/" }, { label: suite }]} />
      <div class="intro">
        <h1>{suite}</h1>
        {text ? <p class="lead">{text.description}</p> : null}
        <Facts runs={runs} />
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
      {sections.map((section) => raw(sectionHtml(section, suite)))}
      <section id="runs" class="section" aria-labelledby="runs-title">
        <h2 id="runs-title">Runs and files</h2>
        <p class="files">
          <a href={`${href}/metrics.csv`} download>metrics.csv</a>
          <a href={`${href}/summary.csv`} download>summary.csv</a>
        </p>
        <div class="blocks">
          <TableView block={buildRunTable(runs, { href: runHref, duration: durationText })} />
        </div>
      </section>
    </Layout>
  );
}

function Facts({ runs }: Pick<SuiteReport, "runs">) {
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
