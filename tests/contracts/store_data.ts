import type { Metric } from "../../lib/records/run_records.ts";
import type { MetricRow, NewRun, Store } from "../../lib/store/store.ts";

/** A run that was not started. */
export function newRun(id: string, suite = "suite"): NewRun {
  return {
    id,
    suite,
    environment: "chemical-fork",
    method: "fcdl",
    seed: 1,
    spec: { suite, seed: 1, training: { learningRate: 1e-4 }, list: [null, "é"] },
  };
}

/** A metric with some fields of its own. */
export function metric(fields: Partial<Metric>): Metric {
  return {
    envSteps: 10,
    updates: 5,
    split: "train",
    name: "return",
    qualifier: "",
    value: 0.1,
    elapsedMs: 7,
    ...fields,
  };
}

/** A claim of a minute. */
export function lease(worker: string, nowMs: number) {
  return { worker, leaseMs: 60_000, nowMs };
}

/** Whose the runs of {@link addHeld} are. */
export const holder = { worker: "w" } as const;

/** Adds runs that {@link holder} trains: only who holds a run may write about it. */
export async function addHeld(store: Store, runs: readonly NewRun[]): Promise<void> {
  await store.addRuns(runs);
  for (const { id } of runs) await store.claim(id, { ...holder, leaseMs: 60_000, nowMs: 1000 });
}

/** An artifact of some bytes, from {@link holder}. */
export function blob(name: string, bytes: readonly number[]) {
  return { ...holder, name, contentType: "application/octet-stream", bytes: Uint8Array.from(bytes) };
}

/** The stable order in which stores give metrics. */
export function byKey(a: MetricRow, b: MetricRow): number {
  const text = (x: string, y: string) => x < y ? -1 : x > y ? 1 : 0;
  return text(a.split, b.split) || text(a.name, b.name) || text(a.qualifier, b.qualifier) || a.updates - b.updates ||
    a.envSteps - b.envSteps;
}

/** Of metrics in that order, the last of each metric and split. */
export function lastOf(sorted: readonly MetricRow[]): MetricRow[] {
  return sorted.filter((row, i) => {
    const next = sorted[i + 1];
    return !next || next.split !== row.split || next.name !== row.name || next.qualifier !== row.qualifier;
  });
}

/** Progress of a run under way. */
export const progress = { loop: 3, loops: 10, envSteps: 30, updates: 3, updatesPerSecond: null, remainingMs: 1234.5 };

/** What a run was made with. */
export const provenance = {
  codeVersion: "0.1.0+abc",
  versions: { deno: "2.9.6" },
  backend: "wasm",
  machine: { cores: 2, cpu: "test" },
};
