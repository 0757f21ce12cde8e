import { crc32 } from "node:zlib";
import type { Metric } from "../records/run_records.ts";
import type { NewRun } from "./store.ts";

const encoder = new TextEncoder();

/** Checksum of an artifact's bytes. */
export function bytesChecksum(bytes: Uint8Array): number {
  return crc32(bytes);
}

/** Checksum of what a run is: all that its creation wrote. `spec` as the store keeps it. */
export function runChecksum(
  run: Omit<NewRun, "spec"> & { readonly spec: string; readonly execution: string },
): number {
  return crc32(encoder.encode(run.execution), looseRunChecksum(run));
}

/** {@link runChecksum} of stores before runs belonged to executions. */
export function looseRunChecksum(run: Omit<NewRun, "spec"> & { readonly spec: string }): number {
  const { id, suite, environment, method, seed, spec } = run;
  return crc32(encoder.encode([id, suite, environment, method, seed, spec].join("\n")));
}

/** Checksum of what an execution was begun as. `origin` as the store keeps it. */
export function executionChecksum(
  { id, suite, startedAtMs, origin }: {
    readonly id: string;
    readonly suite: string;
    readonly startedAtMs: number;
    readonly origin: string;
  },
): number {
  return crc32(encoder.encode([id, suite, startedAtMs, origin].join("\n")));
}

const number = new Float64Array(1);
const words = new Uint32Array(number.buffer);
const hashes = new Map<string, number>();

/**
 * Checksum of one record, its key included, as an unsigned 32-bit integer. Every field is mixed in by steps that can be
 * undone, so no single field can change without it; fast, since pages read records by the hundred thousand.
 *
 * @param run The run's sequence number.
 */
export function metricChecksum(run: number, metric: Metric): number {
  return recordChecksum({ run, series: seriesChecksum(metric) }, metric);
}

/** {@link metricChecksum} where the {@link seriesChecksum} is known. */
export function recordChecksum(
  { run, series }: { readonly run: number; readonly series: number },
  metric: Pick<Metric, "updates" | "envSteps" | "value" | "elapsedMs">,
): number {
  return numbersChecksum(mixNumber(series, run), metric);
}

/** Checksum of the names of a series. */
export function seriesChecksum({ split, name, qualifier }: Pick<Metric, "split" | "name" | "qualifier">): number {
  return mix(mix(mix(0, textChecksum(split)), textChecksum(name)), textChecksum(qualifier));
}

/**
 * {@link metricChecksum} of stores before qualifiers had a column of their own: `metric` is the name with the qualifier
 * behind a slash.
 */
export function unqualifiedChecksum(
  run: number,
  metric: Omit<Metric, "name" | "qualifier"> & { readonly metric: string },
): number {
  return numbersChecksum(mix(mixNumber(textChecksum(metric.split), run), textChecksum(metric.metric)), metric);
}

function numbersChecksum(
  start: number,
  { updates, envSteps, value, elapsedMs }: Pick<Metric, "updates" | "envSteps" | "value" | "elapsedMs">,
): number {
  let hash = mixNumber(mixNumber(start, updates), envSteps);
  // Missing is no number that can be stored.
  hash = mixNumber(hash, value ?? NaN);
  return mixNumber(hash, elapsedMs) >>> 0;
}

/** Checksum of a name; each is computed once. */
function textChecksum(text: string): number {
  const known = hashes.get(text);
  if (known !== undefined) return known;
  const hash = crc32(encoder.encode(text));
  hashes.set(text, hash);
  return hash;
}

function mixNumber(hash: number, value: number): number {
  // SQLite has one zero.
  number[0] = value === 0 ? 0 : value;
  return mix(mix(hash, words[0]!), words[1]!);
}

function mix(hash: number, word: number): number {
  const mixed = Math.imul(hash ^ word, 0x9e3779b1);
  return mixed ^ (mixed >>> 15);
}
