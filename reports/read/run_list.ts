import type { Run, StoreReader } from "../../lib/store/store.ts";

/** The runs of a suite, read again and again: each time only those that changed since the last. */
export class RunList {
  readonly #store: StoreReader;
  readonly #suite: string;
  readonly #runs = new Map<string, Run>();
  #revision = -1;
  #all: readonly Run[] = [];
  /** The last reading: one at a time, so that each begins after what its caller has seen. */
  #last: Promise<unknown> = Promise.resolve();

  /** @param suite Its name; the store need not know it yet. */
  constructor(store: StoreReader, suite: string) {
    this.#store = store;
    this.#suite = suite;
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
    if (revision !== this.#revision) {
      const changed = await this.#store.listRuns({ suite: this.#suite, changedAfter: this.#revision });
      for (const run of changed) this.#runs.set(run.id, run);
      if (changed.length > 0) this.#all = [...this.#runs.values()];
      this.#revision = revision;
    }
    return this.#all;
  }
}
