import type { Run, StoreReader } from "../lib/store/store.ts";
import { buildRun } from "../reports/build/run.ts";
import { buildSuite } from "../reports/build/suite.ts";
import { controlOf, loadRunResults, methodsOf, type SuiteResults } from "../reports/read/results.ts";
import { RunList } from "../reports/read/run_list.ts";
import type { ReportSubject } from "../reports/read/shown_execution.ts";
import { SuiteReading } from "../reports/read/suite_reading.ts";
import { seen, seenRuns, type SeenStore } from "./seen_store.ts";
import type { ReportReader, RunReport, SuiteReport } from "./services.ts";

/** Suites and runs kept at most, each. */
const capacity = 16;

/** What is kept of a suite. */
interface KnownSuite {
  readonly reading: SuiteReading;
  last: { readonly results: SuiteResults; readonly report: SuiteReport } | null;
}

/** What is kept of a run. */
interface KnownRun {
  readonly key: string;
  readonly report: Promise<RunReport | null>;
}

/** What is kept of one store; forgotten with it. */
interface Known {
  readonly suites: Recent<KnownSuite>;
  readonly runs: Recent<KnownRun>;
  readonly lists: Recent<RunList>;
}

/** Reads and builds reports, and keeps them until their runs change. */
export function reportReader({ now }: { now(): number }): ReportReader {
  const stores = new WeakMap<StoreReader, Known>();
  const knownOf = ({ stored }: SeenStore): Known => {
    let known = stores.get(stored);
    if (!known) stores.set(stored, known = { suites: new Recent(), runs: new Recent(), lists: new Recent() });
    return known;
  };
  const runs = async (store: SeenStore, subject: ReportSubject): Promise<readonly Run[]> => {
    const list = knownOf(store).lists.get(keyOf(subject), () => new RunList(store.stored, subject));
    return seenRuns(await list.read(), now());
  };
  return {
    runs,
    async suite(store, subject) {
      const { suite, execution: asked } = subject;
      const known = knownOf(store).suites.get(keyOf(subject), () => ({
        reading: new SuiteReading(store.stored, suite, asked === undefined ? {} : { execution: asked }),
        last: null,
      }));
      const results = await known.reading.read();
      const executions = await store.listExecutions({ suite });
      const execution = executions.find(({ id }) => id === results?.execution?.id);
      if (!results || !execution) return null;
      const runs = seenRuns(results.runs, now());
      const { last } = known;
      const isKnown = last?.results === results && isSame(last.report.runs, runs) &&
        JSON.stringify(last.report.executions) === JSON.stringify(executions);
      if (isKnown) return last.report;
      // Of statuses, sections only tell finished and failed runs from others: those do not change by looking.
      const sections = last?.results === results ? last.report.sections : buildSuite(results);
      const report = { suite, execution, executions, runs, sections };
      known.last = { results, report };
      return report;
    },
    async run(store, id) {
      const run = await store.stored.getRun(id);
      if (!run) return null;
      const siblings = await runs(store, { suite: run.suite, execution: run.execution });
      const control = controlOf(run, siblings);
      const { status } = seen(run, now());
      const key = JSON.stringify([run.revision, status, control?.revision ?? null, methodsOf(siblings)]);
      const { runs: recent } = knownOf(store);
      const known = recent.peek(id);
      if (known?.key === key) return await known.report;
      const report = loadRunResults(store, id, { siblings })
        .then((results) => results && { results, sections: buildRun(results) });
      recent.set(id, { key, report });
      // A failure is not kept: the next request tries again.
      report.catch(() => recent.delete(id));
      return await report;
    },
  };
}

function keyOf({ suite, execution = "" }: ReportSubject): string {
  return JSON.stringify([suite, execution]);
}

/** Whether runs look the same: reading gives the same objects for those that did not change. */
function isSame(before: readonly Run[], after: readonly Run[]): boolean {
  return before === after || (before.length === after.length &&
    before.every((run, index) => run.id === after[index]!.id && run.status === after[index]!.status));
}

/** The values last used, by name. */
class Recent<Value> {
  readonly #values = new Map<string, Value>();

  /** The value of a name, made if it is not there. */
  get(name: string, make: () => Value): Value {
    const value = this.#values.get(name) ?? make();
    this.set(name, value);
    return value;
  }

  peek(name: string): Value | undefined {
    return this.#values.get(name);
  }

  set(name: string, value: Value): void {
    // Map keeps insertion order: taking out and putting back makes it the youngest.
    this.#values.delete(name);
    this.#values.set(name, value);
    if (this.#values.size > capacity) this.#values.delete(this.#values.keys().next().value!);
  }

  delete(name: string): void {
    this.#values.delete(name);
  }
}
