import { Hono } from "hono";
import type { Provenance } from "../lib/records/run_records.ts";
import type { Run } from "../lib/store/store.ts";
import { Sections, Status } from "../reports/render/render_html.tsx";
import { methodLabel } from "../reports/read/results.ts";
import { durationText, executionHref, Moment, runHref, suiteHref } from "./format.tsx";
import { Layout, Trail } from "./layout.tsx";
import { noStore, problem } from "./problem.tsx";
import { shareOf } from "./progress.ts";
import type { RunReport, Services } from "./services.ts";

/** `/runs/:id`: a run's curves, causal graphs, codebook and origin. */
export function runRoutes({ store: openStore, reports }: Services): Hono {
  const app = new Hono();
  app.get("/runs/:id", async (context) => {
    const id = context.req.param("id");
    const store = await openStore();
    if (!store) return noStore(context);
    const report = await reports.run(store, id);
    if (!report) return problem(context, 404, `Cannot find run "${id}": the store has no such run`);
    return context.html(<RunPage report={report} />);
  });
  return app;
}

function RunPage({ report }: { report: RunReport }) {
  const { sections, results: { run } } = report;
  const name = `${methodLabel(run.method)}, seed ${run.seed}`;
  return (
    <Layout
      title={`${name}, ${run.suite}`}
      module="/assets/replay.js"
      events={`/events?run=${encodeURIComponent(run.id)}`}
    >
      <Trail
        steps={[{ label: "Suites", href: "/" }, { label: run.suite, href: suiteHref(run.suite) }, { label: name }]}
      />
      <div class="intro">
        <h1>{name}</h1>
        <Facts run={run} />
      </div>
      <Sections
        sections={sections}
        links={{
          chart: (block) => `/charts/runs/${encodeURIComponent(run.id)}/${encodeURIComponent(block.id)}`,
          replay: `${runHref(run.id)}/replay`,
        }}
      />
      <section id="origin" class="section" aria-labelledby="origin-title">
        <h2 id="origin-title">Origin</h2>
        <div class="blocks">
          <ProvenanceView run={run} />
          <details id="spec" class="block wide">
            <summary>Run spec (JSON)</summary>
            <pre tabindex={0}><code>{JSON.stringify(run.spec, null, 2)}</code></pre>
          </details>
        </div>
      </section>
    </Layout>
  );
}

function Facts({ run }: { run: Run }) {
  const share = shareOf(run);
  const { progress } = run;
  return (
    <div id="facts" data-live>
      <p class="lead">
        {run.environment} in suite <a href={suiteHref(run.suite)}>{run.suite}</a>, execution{" "}
        <a href={executionHref(run.execution)}>{run.execution}</a>
      </p>
      <div class="meter">
        <progress max="1" value={share.toFixed(3)} aria-label="Progress of the run" />
        <span>{Math.floor(100 * share)} %</span>
      </div>
      <p class="counts">
        <span>
          <Status status={run.status} />
        </span>
        {progress
          ? (
            <span>
              {progress.loop.toLocaleString("en-US")} of {progress.loops.toLocaleString("en-US")} loops,{" "}
              {progress.envSteps.toLocaleString("en-US")} steps
            </span>
          )
          : null}
        {progress?.updatesPerSecond ? <span>{progress.updatesPerSecond.toFixed(1)} updates/s</span> : null}
        {run.elapsedMs > 0 ? <span>trained {durationText(run.elapsedMs)}</span> : null}
        {run.status === "running" && progress?.remainingMs
          ? <span>about {durationText(progress.remainingMs)} left</span>
          : null}
        <span>
          last update <Moment atMs={run.updatedAtMs} />
        </span>
        <span>
          <a href={`${runHref(run.id)}/metrics.csv`} download>metrics.csv</a>
        </span>
      </p>
      {run.status === "failed"
        ? (
          <div class="note note-error" role="note">
            <h3>The run failed</h3>
            <p>{run.error ?? "It left no reason."}</p>
          </div>
        )
        : null}
      {run.status === "interrupted" && run.error !== null
        ? (
          <div class="note note-warning" role="note">
            <h3>The run was left, and can go on</h3>
            <p>{run.error}</p>
          </div>
        )
        : null}
    </div>
  );
}

function ProvenanceView({ run }: { run: Run }) {
  const { origins } = run;
  const facts: FactRows = [
    ["Run", run.id],
    ["Created", `${new Date(run.createdAtMs).toISOString().slice(0, 19).replace("T", " ")} UTC`],
  ];
  if (origins.length <= 1) {
    return (
      <div id="provenance" class="block wide">
        <h3>Made with</h3>
        <FactList facts={[...facts, ...(origins[0] ? originFacts(origins[0].provenance) : [])]} />
      </div>
    );
  }
  return (
    <div id="provenance" class="block wide">
      <h3>Made with</h3>
      <FactList facts={facts} />
      <div class="note note-warning" role="note">
        <p>
          The run went on with something else than it began with, {origins.length - 1 === 1 ? "once" : "more than once"}
          : its numbers may differ from an unbroken run's.
        </p>
      </div>
      {origins.map(({ fromLoop, provenance }, index) => (
        <>
          <h3>
            Loops {fromLoop.toLocaleString("en-US")} to{" "}
            {origins[index + 1]?.fromLoop.toLocaleString("en-US") ?? "the end"}
          </h3>
          <FactList facts={originFacts(provenance)} />
        </>
      ))}
    </div>
  );
}

type FactRows = readonly (readonly [name: string, value: string])[];

function originFacts({ codeVersion, backend, versions, machine }: Provenance): FactRows {
  return [
    ["Code", codeVersion],
    ["Backend", backend],
    ...Object.entries(versions),
    ...Object.entries(machine).map(([name, value]): [string, string] => [
      name.replace(/Bytes$/, ""),
      name.endsWith("Bytes") ? `${(Number(value) / 1024 ** 3).toFixed(1)} GiB` : String(value),
    ]),
  ];
}

function FactList({ facts }: { facts: FactRows }) {
  return (
    <dl class="facts">
      {facts.map(([name, value]) => (
        <div>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}
