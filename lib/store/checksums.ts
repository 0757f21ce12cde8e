import { crc32 } from "node:zlib";
import type { Metric } from "../records/run_records.ts";
import type { NewRun } from "./store.ts";

const encoder = new TextEncoder();

/** Checksum of an artifact's bytes. */
export function bytesChecksum(bytes: Uint8Array): number {
  return crc32(bytes);
}

/** Checksum of what a run is: all that its creation wrote. `spec` as the store keeps it. */
export function runChecksum(run: Omit<NewRun, "spec"> & { readonly spec: string }): number {
  const { id, suite, environment, method, seed, spec } = run;
  return crc32(encoder.encode([id, suite, environment, method, seed, spec].join("\n")));
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
  return recordChecksum({ run, splitSum: textChecksum(metric.split), metricSum: textChecksum(metric.metric) }, metric);
}

/** {@link metricChecksum} where the {@link textChecksum} of its split and metric are known. */
export function recordChecksum(
  { run, splitSum, metricSum }: { readonly run: number; readonly splitSum: number; readonly metricSum: number },
  metric: Pick<Metric, "updates" | "envSteps" | "value" | "elapsedMs">,
): number {
  let hash = mix(mixNumber(splitSum, run), metricSum);
  hash = mixNumber(hash, metric.updates);
  hash = mixNumber(hash, metric.envSteps);
  // Missing is no number that can be stored.
  hash = metric.value === null ? mixNumber(hash, NaN) : mixNumber(hash, metric.value);
  return mixNumber(hash, metric.elapsedMs) >>> 0;
}

/** Checksum of a name; each is computed once. */
export function textChecksum(text: string): number {
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
