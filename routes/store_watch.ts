import { isHeld, type Run } from "../lib/store/store.ts";
import type { SeenStore } from "./seen_store.ts";

/** What a page shows: everything, a suite, or a run. */
export interface Subject {
  readonly suite?: string | undefined;
  readonly run?: string | undefined;
}

/** The store at one moment, as far as all pages together ask. */
interface Look {
  readonly store: SeenStore | null;
  readonly revision: number;
  /** Runs recorded as running. */
  readonly running: readonly Run[];
  /** Those of them that nobody holds any more. */
  readonly lost: ReadonlySet<string>;
  /** Number of runs and largest revision, by suite. */
  readonly suites: ReadonlyMap<string, string>;
  /** Revisions of runs, asked for one by one. */
  readonly runs: Map<string, Promise<string>>;
}

/** Watches the store for all open pages: what it costs does not depend on how many there are. */
export class StoreWatch {
  readonly #open: () => Promise<SeenStore | null>;
  readonly #now: () => number;
  #last: Look | null = null;
  #looking: Promise<Look> | null = null;

  constructor({ store, now }: { store(): Promise<SeenStore | null>; now(): number }) {
    this.#open = store;
    this.#now = now;
  }

  /**
   * A value that differs whenever a page may look different. Those who ask at the same moment share one look at the
   * store: one look-up while nothing has changed, a walk over the index of runs where something has.
   */
  async version({ suite, run }: Subject): Promise<string> {
    this.#looking ??= this.#look().finally(() => this.#looking = null);
    const { store, revision, running, lost, suites, runs } = await this.#looking;
    if (!store) return "none";
    if (run !== undefined) {
      let known = runs.get(run);
      if (!known) {
        runs.set(run, known = revisionOf(store, run));
        known.catch(() => runs.delete(run));
      }
      return `${await known}-${lost.has(run) ? "lost" : "held"}`;
    }
    const gone = running.filter((each) => lost.has(each.id) && (suite === undefined || each.suite === suite)).length;
    return `${suite === undefined ? revision : suites.get(suite) ?? "unknown"}-${gone}`;
  }

  async #look(): Promise<Look> {
    const last = this.#last;
    const store = await this.#open();
    if (!store) return this.#last = nothing;
    const revision = await store.stored.revision();
    const isSame = last?.store === store && last.revision === revision;
    const running = isSame ? last.running : await store.stored.listRuns({ status: ["running"] });
    const nowMs = this.#now();
    const lost = new Set(running.filter((run) => !isHeld(run, nowMs)).map((run) => run.id));
    if (isSame) return this.#last = { ...last, lost };
    const suites = await store.stored.listSuites();
    return this.#last = {
      ...{ store, revision, running, lost, runs: new Map() },
      suites: new Map(suites.map((suite) => [suite.suite, `${suite.runs}-${suite.revision}`])),
    };
  }
}

const nothing: Look = {
  ...{ store: null, revision: 0, running: [], lost: new Set() },
  ...{ suites: new Map(), runs: new Map() },
};

async function revisionOf(store: SeenStore, id: string): Promise<string> {
  return String((await store.stored.getRun(id))?.revision ?? "unknown");
}
