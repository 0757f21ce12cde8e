import type { Execution } from "../../lib/records/execution.ts";
import type { Run } from "../../lib/store/store.ts";
import { methodsOf, type SuiteResults } from "./results.ts";

/** The parts of results by environment, for as long as the results are in use. */
const partsOf = new WeakMap<SuiteResults, ReadonlyMap<string, SuiteResults>>();

/** The results of one environment of a suite, with the suite's colours; the same object at every call. */
export function environmentResults(results: SuiteResults, environment: string): SuiteResults {
  let parts = partsOf.get(results);
  if (!parts) partsOf.set(results, parts = split(results));
  return parts.get(environment) ?? { ...results, runs: [], finals: [], curves: [] };
}

/** The results of a suite from those of its environments, which {@link environmentResults} then gives back. */
export function joinEnvironments(
  parts: ReadonlyMap<string, SuiteResults>,
  { suite, execution, runs }: {
    readonly suite: string;
    readonly execution: Execution;
    readonly runs: readonly Run[];
  },
): SuiteResults {
  const all = [...parts.values()];
  const results: SuiteResults = {
    ...{ suite, execution, runs },
    finals: all.flatMap((part) => part.finals),
    curves: all.flatMap((part) => part.curves),
  };
  partsOf.set(results, parts);
  return results;
}

/** One pass over all rows. */
function split(results: SuiteResults): ReadonlyMap<string, SuiteResults> {
  const suiteMethods = results.suiteMethods ?? methodsOf(results.runs);
  const environments = new Map(results.runs.map((run) => [run.id, run.environment]));
  const of = ({ runId }: { readonly runId: string }) => environments.get(runId);
  const finals = Map.groupBy(results.finals, of);
  const curves = Map.groupBy(results.curves, of);
  const parts = new Map<string, SuiteResults>();
  for (const [environment, runs] of Map.groupBy(results.runs, (run) => run.environment)) {
    parts.set(environment, {
      suite: results.suite,
      runs,
      finals: finals.get(environment) ?? [],
      curves: curves.get(environment) ?? [],
      suiteMethods,
    });
  }
  return parts;
}
