import type { StoreReader } from "../lib/store/store.ts";
import { loadRunResults, loadSuiteResults } from "../reports/results.ts";
import type { ResultsReader } from "./services.ts";

/** How long one reading serves: a page and its charts come within this time. */
const freshMs = 1500;

/** Readings kept at most. */
const capacity = 16;

/** Reads results once for a page and its charts. */
export function resultsReader({ now }: { now(): number }): ResultsReader {
  return { suite: shared(loadSuiteResults, now), run: shared(loadRunResults, now) };
}

function shared<T>(
  load: (store: StoreReader, key: string) => Promise<T>,
  now: () => number,
): (store: StoreReader, key: string) => Promise<T> {
  const readings = new Map<
    string,
    { readonly store: StoreReader; readonly atMs: number; readonly value: Promise<T> }
  >();
  return (store, key) => {
    const known = readings.get(key);
    if (known && known.store === store && now() - known.atMs < freshMs) return known.value;
    const value = load(store, key);
    readings.delete(key);
    readings.set(key, { store, atMs: now(), value });
    // A failure is not kept: the next request tries again.
    value.catch(() => readings.delete(key));
    if (readings.size > capacity) readings.delete(readings.keys().next().value!);
    return value;
  };
}
