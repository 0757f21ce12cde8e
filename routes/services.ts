import type { StoreReader } from "../lib/store/store.ts";
import type { ImageCache } from "../reports/image_cache.ts";
import type { AllowedHosts } from "./allowed_hosts.ts";
import type { RunResults, SuiteResults } from "../reports/results.ts";

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
export interface Services extends AppOptions {
  readonly images: ImageCache;
  readonly results: ResultsReader;
}

/** Results as reports need them, shared by the requests of one page. */
export interface ResultsReader {
  suite(store: StoreReader, suite: string): Promise<SuiteResults | null>;
  run(store: StoreReader, id: string): Promise<RunResults | null>;
}
