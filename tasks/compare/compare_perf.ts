import { compareSpeed, type MeasuredTime, type SpeedComparison } from "../../lib/metrics/comparison/mod.ts";
import { parsePerfRecords, type PerfRecord } from "../../lib/records/perf_records.ts";
import { perfFile, readPerfFile } from "../../lib/speed/perf_file.ts";

/** Times that a comparison is of. */
const times: readonly string[] = ["update_ms", "plan_ms", "loop_ms"];

/**
 * Compares what `deno task perf` measured of two codes on one machine; null where one of them was not measured there.
 *
 * @param before Results folder and code version of each side.
 */
export async function comparePerf(
  before: { readonly folder: string; readonly code: string },
  after: { readonly folder: string; readonly code: string },
): Promise<SpeedComparison | null> {
  const [left, right] = [await timesOf(before), await timesOf(after)];
  const comparison = compareSpeed(left, right);
  return comparison.rows.length === 0 ? null : comparison;
}

async function timesOf(
  { folder, code }: { readonly folder: string; readonly code: string },
): Promise<readonly MeasuredTime[]> {
  const text = await readPerfFile(perfFile(folder));
  return text === null ? [] : measuredTimes(parsePerfRecords(text).filter((record) => record.code === code));
}

function measuredTimes(records: readonly PerfRecord[]): readonly MeasuredTime[] {
  return records.flatMap((record) => {
    const { name, qualifier, value, time } = record;
    if (value === null || value <= 0 || qualifier !== "" || !times.includes(name)) return [];
    return [{ case: caseOf(record), metric: name, session: time, time: value }];
  });
}

/** Times of two cases are never compared: machine, engine, method and size are the same. */
function caseOf({ method, variables, codes, batch, trained, machine, backend, blas, kernels }: PerfRecord): string {
  const size = `N ${variables}, K ${codes}, B ${batch}${trained > 0 ? `, trained ${trained}` : ""}`;
  return [method, size, machine, backend, blas === "" ? "own kernel" : blas, kernels].filter((part) => part !== "")
    .join("; ");
}
