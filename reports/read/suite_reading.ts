import type { Execution } from "../../lib/records/execution.ts";
import { wholeMetric } from "../../lib/records/metric_id.ts";
import type { MetricRow, Run, StoreReader } from "../../lib/store/store.ts";
import { readSoundRuns, seenWith } from "./damaged_runs.ts";
import { joinEnvironments } from "./environment_results.ts";
import { executionOf } from "./shown_execution.ts";
import { curveMetrics, methodsOf, type SuiteResults } from "./results.ts";

/** What a suite's report needs of one run. */
interface RunReading {
  readonly run: Run;
  readonly finals: readonly MetricRow[];
  readonly curves: readonly MetricRow[];
}

/**
 * Reads an execution of a suite; null when the store does not know it.
 *
 * @param options.execution Its id; the one that the suite shows when absent, see `shownExecution`.
 */
export async function loadSuiteResults(
  store: StoreReader,
  suite: string,
  options: { readonly execution?: string } = {},
): Promise<SuiteResults | null> {
  return await new SuiteReading(store, suite, options).read();
}

/**
 * An execution of a suite that is read again and again: each time only the runs that changed since the last. Results, and those of each
 * environment (see `environmentResults`), stay the same object while nothing in them has changed.
 */
export class SuiteReading {
  readonly #store: StoreReader;
  readonly #suite: string;
  /** Whose results are asked for; undefined: whichever the suite shows. */
  readonly #asked: string | undefined;
  /** Whose results were read. */
  #execution: Execution | null = null;
  readonly #runs = new Map<string, RunReading>();
  /** The store's change counter before the last reading. */
  #revision = -1;
  #results: SuiteResults | null = null;
  #parts: ReadonlyMap<string, SuiteResults> = new Map();
  /** The last reading: one at a time, so that each begins after what its caller has seen. */
  #last: Promise<unknown> = Promise.resolve();

  /**
   * @param suite Its name; the store need not know it yet.
   * @param options.execution The id of one of its executions; whichever it shows when absent.
   */
  constructor(store: StoreReader, suite: string, options: { readonly execution?: string } = {}) {
    this.#store = store;
    this.#suite = suite;
    this.#asked = options.execution;
  }

  /** The results now; null when the store does not know the suite. A failed reading leaves the one before. */
  read(): Promise<SuiteResults | null> {
    const next = this.#last.then(() => this.#readChanges());
    this.#last = next.catch(() => {});
    return next;
  }

  async #readChanges(): Promise<SuiteResults | null> {
    // Before the rows: what is written in between is read again next time, never missed.
    const revision = await this.#store.revision();
    if (revision === this.#revision) return this.#results;
    const execution = await executionOf(this.#store, { suite: this.#suite, execution: this.#asked });
    if (execution?.id !== this.#execution?.id) this.#forget();
    this.#execution = execution;
    if (execution) await this.#readRuns(execution);
    this.#revision = revision;
    return this.#results;
  }

  #forget(): void {
    this.#runs.clear();
    this.#parts = new Map();
    this.#results = null;
    this.#revision = -1;
  }

  async #readRuns(execution: Execution): Promise<void> {
    const { id, runs } = execution;
    let changed = await this.#store.listRuns({ execution: id, changedAfter: this.#revision });
    const known = new Set(this.#runs.keys()).union(new Set(changed.map((run) => run.id)));
    if (known.size > runs) {
      // Some were removed.
      this.#forget();
      changed = await this.#store.listRuns({ execution: id });
    }
    if (changed.length > 0) {
      const runIds = changed.map((run) => run.id);
      const last = await readSoundRuns(this.#store, { runIds, last: true });
      const all = await readSoundRuns(this.#store, {
        runIds,
        metrics: curveMetrics.map(wholeMetric),
      });
      const damage = new Map([...all.damage, ...last.damage]);
      const finals = byRun(last.rows);
      const curves = byRun(all.rows);
      for (const run of changed) {
        // A new run is younger than those known: the order stays that of creation.
        const rowsIn = (rows: ReturnType<typeof byRun>) => damage.has(run.id) ? [] : rows.get(run.id) ?? [];
        this.#runs.set(run.id, { run: seenWith(damage, run), finals: rowsIn(finals), curves: rowsIn(curves) });
      }
      this.#assemble(new Set(changed.map((run) => run.environment)), execution);
    }
  }

  /** Makes the results of the changed environments, and of the suite, anew. */
  #assemble(changed: ReadonlySet<string>, execution: Execution): void {
    const readings = [...this.#runs.values()];
    const suiteMethods = methodsOf(readings.map(({ run }) => run));
    const parts = new Map<string, SuiteResults>();
    for (const [environment, own] of Map.groupBy(readings, ({ run }) => run.environment)) {
      const known = this.#parts.get(environment);
      const isSame = known && !changed.has(environment) && known.suiteMethods?.join("\n") === suiteMethods.join("\n");
      parts.set(
        environment,
        isSame ? known : {
          suite: this.#suite,
          runs: own.map(({ run }) => run),
          finals: own.flatMap((reading) => reading.finals),
          curves: own.flatMap((reading) => reading.curves),
          suiteMethods,
        },
      );
    }
    this.#parts = parts;
    this.#results = joinEnvironments(parts, {
      ...{ suite: this.#suite, execution },
      runs: readings.map(({ run }) => run),
    });
  }
}

function byRun(rows: readonly MetricRow[]): ReadonlyMap<string, readonly MetricRow[]> {
  return Map.groupBy(rows, (row) => row.runId);
}
