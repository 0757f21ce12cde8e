import type { Run, StoreReader } from "../lib/store/store.ts";
import type { Execution } from "../lib/records/execution.ts";
import type { Section } from "../reports/blocks.ts";
import type { ImageCache } from "../reports/render/image_cache.ts";
import type { RunResults } from "../reports/read/results.ts";
import type { ReportSubject } from "../reports/read/shown_execution.ts";
import type { AllowedHosts } from "./allowed_hosts.ts";
import type { SeenStore } from "./seen_store.ts";

/** What the service is given by its composition root. */
export interface AppOptions {
  /** The store, or null while there is none; called for every request, so that one that appears is picked up. */
  store(): Promise<StoreReader | null>;
  /** Unix time, ms. */
  now(): number;
  readonly version: string;
  /** What `deno task perf` measured; null while there is nothing. Absent: never anything. */
  perfCsv?(): Promise<string | null>;
  /** Hosts to answer for, besides this machine's own names. */
  readonly allowedHosts?: AllowedHosts;
  /** Takes a sentence of what failed while a request was answered. */
  report?(sentence: string): void;
  /** Ends open streams when the service stops. */
  readonly closing?: AbortSignal;
}

/** What every route is given. */
export interface Services extends Omit<AppOptions, "store"> {
  /** The store as it looks now, or null while there is none. */
  store(): Promise<SeenStore | null>;
  readonly images: ImageCache;
  readonly reports: ReportReader;
}

/** The report of a suite's execution, the same object while nothing in it has changed: what is made of it can be kept with it. */
export interface SuiteReport {
  readonly suite: string;
  readonly execution: Execution;
  /** All executions of the suite, in order of their start, as they look now. */
  readonly executions: readonly Execution[];
  /** As they look now. */
  readonly runs: readonly Run[];
  readonly sections: readonly Section[];
}

/** A run's report, the same object while nothing in it has changed. */
export interface RunReport {
  readonly results: RunResults;
  readonly sections: readonly Section[];
}

/** Reports made once for a page, its charts and its files, and made again when the store's change counter says so. */
export interface ReportReader {
  /** Null where the store does not know the suite or the execution. */
  suite(store: SeenStore, subject: ReportSubject): Promise<SuiteReport | null>;
  run(store: SeenStore, id: string): Promise<RunReport | null>;
  /** The runs of an execution as they look now, without their results. */
  runs(store: SeenStore, subject: ReportSubject): Promise<readonly Run[]>;
}
