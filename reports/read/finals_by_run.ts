import type { MetricRow } from "../../lib/store/store.ts";
import type { SuiteResults } from "./results.ts";

/** By the results that they are of, so that the parts of a page share them. */
const known = new WeakMap<SuiteResults, ReadonlyMap<string, readonly MetricRow[]>>();

/** The last records of each run, by run id; made once for the same results. */
export function finalsByRun(results: SuiteResults): ReadonlyMap<string, readonly MetricRow[]> {
  let byRun = known.get(results);
  if (!byRun) known.set(results, byRun = Map.groupBy(results.finals, ({ runId }) => runId));
  return byRun;
}
