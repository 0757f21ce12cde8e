import { Hono } from "hono";
import { raw } from "hono/html";
import { maxOf } from "../lib/core/extremes.ts";
import type { ChartBlock, Section } from "../reports/blocks.ts";
import { buildExecutionTable, engineText, executionProgress } from "../reports/build/execution_table.ts";
import { buildRunTable } from "../reports/build/run_table.ts";
import { Sections, Status, TableView } from "../reports/render/render_html.tsx";
import { environmentsOf, methodLabel, methodsOf } from "../reports/read/results.ts";
import { noExecution, subjectOf } from "./execution_subject.ts";
import { compareHref, durationText, executionHref, Moment, momentText, runHref, suiteHref } from "./format.tsx";
import { Layout, Trail } from "./layout.tsx";
import { noStore, problem } from "./problem.tsx";
import { progressOf } from "./progress.ts";
import type { Services, SuiteReport } from "./services.ts";
import { type SuiteText, suiteText } from "./suite_text.ts";

/** `/suites/:suite`: report and runs of the execution that a suite shows; `/executions/:execution`: of any. */
export function suiteRoutes({ store: openStore, reports }: Services): Hono {
  const app = new Hono();
  app.get("/suites/:suite", async (context) => {
    const suite = context.req.param("suite");
    const store = await openStore();
    if (!store) return noStore(context);
    const report = await reports.suite(store, { suite });
    if (!report) return problem(context, 404, `Cannot find suite "${suite}": the store has no such suite`);
    return context.html(await pageOf(report, { href: suiteHref(suite), charts: `/charts${suiteHref(suite)}` }));
  });
  app.get("/executions/:execution", async (context) => {
    const id = context.req.param("execution");
    const store = await openStore();
    if (!store) return noStore(context);
    const subject = await subjectOf(store, id);
    const report = subject && await reports.suite(store, subject);
    if (!report) return noExecution(context, id);
    return context.html(await pageOf(report, { href: executionHref(id), charts: `/charts${executionHref(id)}` }));
  });
  return app;
}

/** Where a page and what belongs to it is found. */
interface PagePlace {
  readonly href: string;
  readonly charts: string;
}

async function pageOf(report: SuiteReport, place: PagePlace): Promise<string> {
  let page = pages.get(report);
  if (page === undefined) {
    page = String(await <SuitePage report={report} text={await suiteText(report.suite)} place={place} />);
    pages.set(report, page);
  }
  return page;
}

/** Pages and sections as HTML, kept with what they show: large ones take longer to write than to send. */
const pages = new WeakMap<SuiteReport, string>();
const sectionTexts = new WeakMap<Section, string>();

function sectionHtml(section: Section, { charts }: PagePlace): string {
  let html = sectionTexts.get(section);
  if (html === undefined) {
    const chart = (block: ChartBlock) => `${charts}/${encodeURIComponent(block.id)}`;
    html = String(<Sections sections={[section]} links={{ chart }} />);
    sectionTexts.set(section, html);
  }
  return html;
}

function SuitePage(
  { report, text, place }: { report: SuiteReport; text: SuiteText | null; place: PagePlace },
) {
  const { suite, execution, executions, runs, sections } = report;
  const isShown = place.href === suiteHref(suite);
  return (
    <Layout title={isShown ? suite : `${suite}, ${execution.id}`} events={`/events?suite=${encodeURIComponent(suite)}`}>
      <Trail
        steps={[
          { label: "Suites", href: "/" },
          ...(isShown ? [{ label: suite }] : [{ label: suite, href: suiteHref(suite) }, { label: execution.id }]),
        ]}
      />
      <div class="intro">
        <h1>{suite}</h1>
        {text ? <p class="lead">{text.description}</p> : null}
        <ExecutionFacts execution={execution} executions={executions} />
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
          <li>
            <a href="#executions">Executions</a>
          </li>
        </ul>
      </nav>
      {sections.map((section) =>
        raw(sectionHtml(section, place))
      )}
      <section id="runs" class="section" aria-labelledby="runs-title">
        <h2 id="runs-title">Runs and files</h2>
        <p class="files">
          <a href={`${place.href}/metrics.csv`} download>metrics.csv</a>
          <a href={`${place.href}/summary.csv`} download>summary.csv</a>
        </p>
        <div class="blocks">
          <TableView block={buildRunTable(runs, { href: runHref, duration: durationText })} />
        </div>
      </section>
      <section id="executions" class="section" aria-labelledby="executions-title">
        <h2 id="executions-title">Executions</h2>
        <p class="files">
          <a href={`${suiteHref(suite)}/history`}>History</a>
          <a href={`${suiteHref(suite)}/alerts.atom`}>Atom feed</a>
        </p>
        <div class="blocks">
          <TableView
            block={buildExecutionTable(executions, { href: ({ id }) => executionHref(id), moment: momentText })}
          />
        </div>
      </section>
    </Layout>
  );
}

/** Which execution the page shows, and what began after it. */
function ExecutionFacts({ execution, executions }: Pick<SuiteReport, "execution" | "executions">) {
  const before = executions.slice(0, executions.findIndex(({ id }) => id === execution.id))
    .findLast(({ state }) => state === "complete");
  const later = executions.slice(executions.findIndex(({ id }) => id === execution.id) + 1).toReversed();
  return (
    <div id="execution" data-live>
      <p class="what">
        Execution <a href={executionHref(execution.id)}>{execution.id}</a> of <Moment atMs={execution.startedAtMs} />,
        {" "}
        {execution.state}: {executionProgress(execution)}; code {execution.code.version};{" "}
        {engineText(execution.engine)}.{" "}
        {before ? <a href={compareHref(before.id, execution.id)}>Compare with the one before</a> : null}
      </p>
      {later.length > 0
        ? (
          <p class="what">
            Begun since: {later.slice(0, 3).map((each, index) => (
              <>
                {index > 0 ? ", " : ""}
                <a href={executionHref(each.id)}>{each.id}</a> ({each.state}, {executionProgress(each)})
              </>
            ))}
            {later.length > 3 ? ` and ${later.length - 3} more` : ""}.
          </p>
        )
        : null}
    </div>
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
