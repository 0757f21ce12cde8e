import assert from "node:assert/strict";
import { maxOf } from "../../lib/core/extremes.ts";
import type { MetricRow, Run } from "../../lib/store/store.ts";
import { buildSuite } from "../../reports/build/suite.ts";
import type { SuiteResults } from "../../reports/read/results.ts";
import { summarise } from "../../reports/csv/summary.ts";
import { type LargeSuite, largeSuiteMetrics, largeSuiteRuns } from "../speed/large_store.ts";

/** Results of a made-up suite, whose rows count how often somebody looks at their split, name, qualifier, run or value. */
function countedResults(size: LargeSuite): { readonly results: SuiteResults; looks(): number } {
  let looks = 0;
  const counted = (row: MetricRow): MetricRow => ({
    ...row,
    get runId() {
      looks++;
      return row.runId;
    },
    get split() {
      looks++;
      return row.split;
    },
    get name() {
      looks++;
      return row.name;
    },
    get qualifier() {
      looks++;
      return row.qualifier;
    },
    get value() {
      looks++;
      return row.value;
    },
  });
  const runs = largeSuiteRuns(size).map((run): Run => ({
    ...run,
    ...{
      execution: "e",
      status: "done",
      error: null,
      progress: null,
      provenance: null,
      origins: [],
      leaseUntilMs: null,
      leaseMs: null,
    },
    ...{ createdAtMs: 0, updatedAtMs: 0, elapsedMs: 1, revision: 1 },
  }));
  const rows = runs.map((run) => largeSuiteMetrics(run, size).map((metric) => ({ ...metric, runId: run.id })));
  const last = maxOf(rows[0]!.map((row) => row.updates));
  const results: SuiteResults = {
    suite: size.suite,
    runs,
    finals: rows.flatMap((own) => own.filter((row) => row.updates === last).map(counted)),
    curves: rows.flatMap((own) =>
      own.filter(({ name, qualifier }) => qualifier === "" && (name === "return" || name === "accuracy")).map(counted)
    ),
  };
  return { results, looks: () => looks };
}

/** How often a row is looked at on average, in a suite of so many environments with as many methods each. */
function looksARow(environments: number, make: (results: SuiteResults) => unknown): number {
  const { results, looks } = countedResults({ suite: "s", environments, methods: 3, seeds: 3, evaluations: 2 });
  make(results);
  return looks() / (results.finals.length + results.curves.length);
}

const makers: Readonly<Record<string, (results: SuiteResults) => unknown>> = {
  "a suite's report": buildSuite,
  "a summary": ({ runs, finals }) => summarise(runs, finals, { resamples: 2 }),
};

for (const [name, make] of Object.entries(makers)) {
  Deno.test(`${name} looks at each row a few times, however many tables there are`, () => {
    // With a look at every row for every table cell it would be thousands, and twelve times as many in the larger suite.
    const [few, many] = [looksARow(1, make), looksARow(12, make)];
    assert.ok(few > 1 && few < 40, `${few} looks a row`);
    assert.ok(many < 1.1 * few, `${many} looks a row in the larger suite, ${few} in the smaller`);
  });
}
