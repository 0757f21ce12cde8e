import { metricOf } from "../metric_of.ts";
import { csvText } from "../../lib/core/csv_format.ts";
import { type PerfCase, perfColumns, perfLine, type PerfRecord } from "../../lib/records/perf_records.ts";

/** A perf.csv of some measurements. */
export function demoPerfCsv(...times: readonly string[]): string {
  const records = times.flatMap(demoPerfRecords).map(perfLine);
  return csvText({ columns: perfColumns, records });
}

/** What a measurement at `time` could have written. */
export function demoPerfRecords(time: string): readonly PerfRecord[] {
  const session = {
    time,
    code: "0.1.0+abc",
    machine: "Some CPU, 2 cores",
    deno: "2.9.6",
    backend: "wasm",
    kernels: "relaxed-simd",
  };
  const own: PerfCase = { ...session, blas: "", method: "fcdl", variables: 10, codes: 0, batch: 256, trained: 0 };
  const records = (of: PerfCase, numbers: Readonly<Record<string, number | null>>) =>
    Object.entries(numbers).map(([metric, value]): PerfRecord => ({ ...of, ...metricOf(metric), value }));
  const numbers = {
    update_ms: 100,
    plan_ms: 200,
    loop_ms: 300.5,
    updates_per_s: 10,
    plans_per_s: 5,
    loops_per_s: 3.33,
    "part_ms/plan": 200,
    "part_ms/environment": 0.2,
    "part_ms/sample": 0.1,
    "part_ms/update": 100,
    "part_ms/read": 0.2,
    peak_share: 0.4,
    plan_hit_rate: 0.7,
    plan_variable_hit_rate: 0.9,
    products: 300,
    products_ms: 66,
    large_products: 120,
    large_products_ms: 60,
    large_products_gflops: 45,
    large_products_peak_share: 0.9,
    "kernel_ms/BatchMatMul": 60,
    "kernel_calls/BatchMatMul": 60,
    "kernel_ms/Add": 20,
    "kernel_calls/Add": 100,
  };
  return [
    ...records({ ...own, method: "", variables: 0, batch: 0 }, { peak_gflops: 50 }),
    ...records(own, numbers),
    ...records({ ...own, blas: "OpenBLAS 0.3.21 (Haswell)" }, { ...numbers, update_ms: 50, peak_share: null }),
    ...records({ ...own, variables: 20 }, { update_ms: 220, plan_ms: 450 }),
    ...records({ ...own, batch: 64 }, { update_ms: 40, plan_ms: 200 }),
    ...records({ ...own, trained: 5000 }, { update_ms: 99, plan_ms: 80 }),
  ];
}
