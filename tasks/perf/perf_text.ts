import type { PerfMeasurement } from "../../lib/records/perf_records.ts";
import { textTable } from "../bench/text.ts";

const columns = [
  { title: "Method", width: 12, of: ({ of }) => of.method },
  { title: "N", width: 3, of: ({ of }) => String(of.variables) },
  { title: "K", width: 3, of: ({ of }) => of.codes === 0 ? "" : String(of.codes) },
  { title: "B", width: 5, of: ({ of }) => String(of.batch) },
  { title: "trained", width: 8, of: ({ of }) => of.trained === 0 ? "" : String(of.trained) },
  { title: "GEMM", width: 9, of: ({ of }) => of.blas === "" ? "own" : of.blas.split(" ")[0]! },
  { title: "update ms", width: 10, of: ({ numbers }) => number(numbers.get("update_ms")) },
  { title: "plan ms", width: 9, of: ({ numbers }) => number(numbers.get("plan_ms")) },
  { title: "updates/s", width: 10, of: ({ numbers }) => number(numbers.get("updates_per_s")) },
  { title: "plans/s", width: 8, of: ({ numbers }) => number(numbers.get("plans_per_s")) },
  { title: "loops/s", width: 8, of: ({ numbers }) => number(numbers.get("loops_per_s")) },
  { title: "of peak", width: 8, of: ({ numbers }) => percent(numbers.get("peak_share")) },
  { title: "products", width: 9, of: ({ numbers }) => percent(numbers.get("large_products_peak_share")) },
  { title: "plan hits", width: 10, of: ({ numbers }) => percent(numbers.get("plan_hit_rate")) },
  { title: "variables", width: 10, of: ({ numbers }) => percent(numbers.get("plan_variable_hit_rate")) },
] as const satisfies readonly { title: string; width: number; of: (measurement: PerfMeasurement) => string }[];

/** Heading of the lines of {@link measurementLine}. */
export function headingLine(): string {
  const heading = columns.map(({ title, width }, i) => i === 0 ? title.padEnd(width) : title.padStart(width)).join("");
  return `${heading}\n${"-".repeat(heading.length)}`;
}

/** One case as a line of the table. */
export function measurementLine(measurement: PerfMeasurement): string {
  return columns.map(({ width, of }, i) => i === 0 ? of(measurement).padEnd(width) : of(measurement).padStart(width))
    .join("");
}

/** Kernels shown of each method. */
const TOP = 8;

/** Where the time of an update goes: its costliest kernels, for the first case of each method and library. */
export function kernelText(measurements: readonly PerfMeasurement[]): string {
  const seen = new Set<string>();
  const texts: string[] = [];
  for (const { of, parts } of measurements) {
    const name = `${of.method}, ${of.blas === "" ? "own kernel" : of.blas}`;
    const kernels = [...parts.get("kernel_ms") ?? []];
    if (seen.has(name) || kernels.length === 0) continue;
    seen.add(name);
    const total = kernels.reduce((sum, [, ms]) => sum + ms!, 0);
    const top = kernels.toSorted((a, b) => b[1]! - a[1]!).slice(0, TOP);
    const rows = top.map(([kernel, ms]) => {
      const calls = parts.get("kernel_calls")?.get(kernel) ?? 0;
      return [kernel, String(calls), number(ms), percent(ms! / total)];
    });
    texts.push(`\nOne update by kernel: ${name}\n${textTable([["Kernel", "Calls", "ms", "Share"], ...rows])}`);
  }
  return texts.join("\n");
}

/** Three digits that count; empty where missing. */
function number(value: number | null | undefined): string {
  if (value === null || value === undefined) return "";
  return value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2);
}

function percent(value: number | null | undefined): string {
  return value === null || value === undefined ? "" : `${Math.round(100 * value)} %`;
}
