import { executionOf, type ReportSubject } from "./shown_execution.ts";
import type { Run, StoreReader } from "../../lib/store/store.ts";

/** The runs of an execution, read again and again: each time only those that changed since the last. */
export class RunList {
  readonly #store: StoreReader;
  readonly #subject: ReportSubject;
  #execution: string | null = null;
  readonly #runs = new Map<string, Run>();
  #revision = -1;
  #all: readonly Run[] = [];
  /** The last reading: one at a time, so that each begins after what its caller has seen. */
  #last: Promise<unknown> = Promise.resolve();

  /** @param subject A suite, or an execution of it; the store need not know it yet. */
  constructor(store: StoreReader, subject: ReportSubject) {
    this.#store = store;
    this.#subject = subject;
  }

  /** The runs now, in order of creation; the same array while none has changed. */
  read(): Promise<readonly Run[]> {
    const next = this.#last.then(() => this.#readChanges());
    this.#last = next.catch(() => {});
    return next;
  }

  async #readChanges(): Promise<readonly Run[]> {
    // Before the runs: what is written in between is read again next time, never missed.
    const revision = await this.#store.revision();
    if (revision === this.#revision) return this.#all;
    const execution = await executionOf(this.#store, this.#subject);
    if (execution?.id !== this.#execution) this.#forget();
    this.#execution = execution?.id ?? null;
    if (execution) {
      let changed = await this.#store.listRuns({ execution: execution.id, changedAfter: this.#revision });
      for (const run of changed) this.#runs.set(run.id, run);
      if (this.#runs.size > execution.runs) {
        // Some were removed.
        this.#forget();
        changed = await this.#store.listRuns({ execution: execution.id });
        for (const run of changed) this.#runs.set(run.id, run);
      }
      if (changed.length > 0) this.#all = [...this.#runs.values()];
    }
    this.#revision = revision;
    return this.#all;
  }

  #forget(): void {
    this.#runs.clear();
    this.#all = [];
    this.#revision = -1;
  }
}
