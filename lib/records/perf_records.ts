import { csvParse } from "d3-dsv";
import type { MetricId } from "./metric_id.ts";

/** What was measured: a method at some size on one machine. */
export interface PerfCase {
  /** When the measurement began, ISO 8601, UTC: all cases of one `deno task perf` share it. */
  readonly time: string;
  readonly code: string;
  /** Processor and core count. */
  readonly machine: string;
  readonly deno: string;
  readonly backend: string;
  /** Version of the system BLAS in use; empty for the own kernel. */
  readonly blas: string;
  /** Build of the own kernels; empty for a backend without, and where an earlier version did not say. */
  readonly kernels: string;
  /** Empty for what is measured of the machine itself. */
  readonly method: string;
  /** N; 0 for the machine itself, as for the next two. */
  readonly variables: number;
  /** K; 0 for a method without codes, or its default. */
  readonly codes: number;
  /** B. */
  readonly batch: number;
  /** Updates of training before the measurement. */
  readonly trained: number;
}

/** A number, such as `update_ms`, or `kernel_ms` of a kernel. */
export interface PerfNumber extends MetricId {
  /** Missing is null. */
  readonly value: number | null;
}

/** One number of a case. */
export interface PerfRecord extends PerfCase, PerfNumber {}

/** Columns of perf.csv: one line for each number. */
export const perfColumns = [
  ...[
    "time",
    "code",
    "machine",
    "deno",
    "backend",
    "blas",
    "kernels",
    "method",
    "variables",
    "codes",
    "batch",
    "trained",
  ],
  ...["metric", "qualifier", "value"],
] as const;

/** A record as a line of perf.csv. */
export function perfLine({ name, ...record }: PerfRecord): readonly (string | number | null)[] {
  return perfColumns.map((column) => column === "metric" ? name : record[column]);
}

/**
 * Reads perf.csv. Lines that are no measurements are left out, such as one that is being written. A file of an earlier
 * version may lack columns: `kernels`; `trained`: its measurements were of untrained models; and `qualifier`, which then stands
 * behind a slash in `metric`.
 *
 * @param text The file.
 */
export function parsePerfRecords(text: string): readonly PerfRecord[] {
  const rows: Partial<Record<string, string>>[] = csvParse(text);
  return rows.flatMap((row): PerfRecord[] => {
    const value = row.value === "" ? null : Number(row.value);
    const sizes = [row.variables, row.codes, row.batch, row.trained ?? 0].map(Number);
    const isWhole = row.metric && row.value !== undefined && sizes.every(Number.isFinite);
    if (!isWhole || (value !== null && !Number.isFinite(value)) || Number.isNaN(Date.parse(row.time ?? ""))) return [];
    const text = (name: typeof perfColumns[number]) => row[name] ?? "";
    return [{
      time: text("time"),
      code: text("code"),
      machine: text("machine"),
      deno: text("deno"),
      backend: text("backend"),
      blas: text("blas"),
      kernels: text("kernels"),
      method: text("method"),
      variables: sizes[0]!,
      codes: sizes[1]!,
      batch: sizes[2]!,
      trained: sizes[3]!,
      ...(row.qualifier === undefined ? splitName(text("metric")) : { name: row.metric!, qualifier: row.qualifier }),
      value,
    }];
  });
}

/** A metric as files of earlier versions wrote it. */
function splitName(text: string): MetricId {
  const [, name = text, qualifier = ""] = /^(.*?)\/(.*)$/.exec(text) ?? [];
  return { name, qualifier };
}

/** The numbers of one case. */
export interface PerfMeasurement {
  readonly of: PerfCase;
  /** Those without a qualifier, by name. */
  readonly numbers: ReadonlyMap<string, number | null>;
  /** The others, by name and qualifier. */
  readonly parts: ReadonlyMap<string, ReadonlyMap<string, number | null>>;
}

/** Numbers of one case; of one that is there twice the last. */
export function perfMeasurement(of: PerfCase, numbers: readonly PerfNumber[]): PerfMeasurement {
  const whole = new Map<string, number | null>();
  const parts = new Map<string, Map<string, number | null>>();
  for (const { name, qualifier, value } of numbers) {
    if (qualifier === "") {
      whole.set(name, value);
      continue;
    }
    const values = parts.get(name) ?? new Map();
    parts.set(name, values);
    values.set(qualifier, value);
  }
  return { of, numbers: whole, parts };
}

/** Records of the same case together, in the order of the file; of a number measured twice the last. */
export function perfMeasurements(records: readonly PerfRecord[]): readonly PerfMeasurement[] {
  const found = new Map<string, { of: PerfCase; numbers: PerfNumber[] }>();
  for (const { name, qualifier, value, ...of } of records) {
    const key = JSON.stringify(of);
    const entry = found.get(key) ?? { of, numbers: [] };
    found.set(key, entry);
    entry.numbers.push({ name, qualifier, value });
  }
  return [...found.values()].map(({ of, numbers }) => perfMeasurement(of, numbers));
}

/** The size that the paper trains, at which measurements over time are compared. */
export const perfBase = { variables: 10, batch: 256 } as const;

/** Whether a case has the size of {@link perfBase}, its method's own number of codes, and was not trained before. */
export function isBaseCase({ variables, codes, batch, trained }: PerfCase): boolean {
  return variables === perfBase.variables && batch === perfBase.batch && codes === 0 && trained === 0;
}
