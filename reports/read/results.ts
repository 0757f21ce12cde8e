import { methods as methodRegistry } from "../../lib/model/registry.ts";
import type { Execution } from "../../lib/records/execution.ts";
import type { MetricId } from "../../lib/records/metric_id.ts";
import type { MetricRow, Run, StoreReader } from "../../lib/store/store.ts";
import { type CodebookArtifact, parseCodebook, parseReplay, type ReplayArtifact } from "../../lib/records/artifacts.ts";
import { readJson } from "./read_json.ts";
import type { Style } from "../blocks.ts";
import { leavesEdgesOut } from "../build/control_comparison.ts";
import { controlsOf } from "./controls.ts";
import { noteIn, readSoundRuns, seenWith } from "./damaged_runs.ts";
import { compareNatural, compareSplits } from "../metric_info.ts";
import { methodStyles } from "../build/method_styles.ts";
import { paperMethods } from "../paper/results.ts";

/** Metrics of which a suite's report draws learning curves: those of which all records are read. */
export const curveMetrics: readonly string[] = ["return", "accuracy", "mse"];

/** Everything the report of a suite's execution is built from. */
export interface SuiteResults {
  readonly suite: string;
  /** The execution that the runs belong to, as it stood; absent in the results of one environment. */
  readonly execution?: Execution;
  readonly runs: readonly Run[];
  /** Last value of each metric and split of each run. */
  readonly finals: readonly MetricRow[];
  /** All evaluations of the metrics that have learning curves. */
  readonly curves: readonly MetricRow[];
  /** Methods of the whole suite, which decide colours, where these are the results of a part; else those of `runs`. */
  readonly suiteMethods?: readonly string[];
}

/** Everything a run's report is built from. */
export interface RunResults {
  readonly run: Run;
  readonly finals: readonly MetricRow[];
  readonly curves: readonly MetricRow[];
  readonly codebook: CodebookArtifact | null;
  readonly graphs: unknown;
  readonly replay: ReplayArtifact | null;
  readonly artifacts: readonly { readonly name: string; readonly contentType: string }[];
  /** What the methods of the run's suite look like. */
  readonly styles: ReadonlyMap<string, Style>;
  /** Last records of the control without learnable edges, with the run's suite, environment and seed; null without it. */
  readonly control: readonly MetricRow[] | null;
}

/**
 * Reads a run; null when the store does not know it.
 *
 * @param known.siblings The runs of its execution, where the caller has them already.
 */
export async function loadRunResults(
  store: StoreReader,
  id: string,
  known: { readonly siblings?: readonly Run[] } = {},
): Promise<RunResults | null> {
  const run = await store.getRun(id);
  if (!run) return null;
  // What is left of a damaged run is shown, with the reason why it counts as failed.
  const damage = new Map<string, string>();
  const onDamage = noteIn(damage);
  const curves = await store.queryMetrics({ runIds: [id], onDamage });
  const finals = await store.queryMetrics({ runIds: [id], last: true, onDamage });
  const artifacts = await store.listArtifacts(id);
  const names = new Set(artifacts.map((artifact) => artifact.name));
  const siblings = known.siblings ?? await store.listRuns({ execution: run.execution });
  const control = controlOf(run, siblings);
  const read = {
    finals,
    curves,
    artifacts,
    codebook: names.has("codebook")
      ? parseCodebook(await readJson(store, { runId: id, name: "codebook", damage }))
      : null,
    graphs: names.has("graphs") ? await readJson(store, { runId: id, name: "graphs", damage }) : null,
    replay: names.has("replay") ? parseReplay(await readJson(store, { runId: id, name: "replay", damage })) : null,
    styles: stylesOf({ runs: siblings }),
    control: control ? (await readSoundRuns(store, { runIds: [control.id], last: true })).rows : null,
  };
  return { ...read, run: seenWith(damage, run) };
}

/** The finished control without learnable edges that a run is told from: of its suite, environment and seed. */
export function controlOf(run: Run, siblings: readonly Run[]): Run | undefined {
  return siblings.find((other) =>
    other.environment === run.environment && other.seed === run.seed && other.status === "done" && leavesEdgesOut(other)
  );
}

/**
 * Display names of the methods of `runs`: registered ones in the registry's order, then others by name; controls first,
 * but for the upper bound, which comes last.
 */
export function methodsOf(runs: readonly Run[]): readonly string[] {
  const controls = controlsOf(runs);
  const placeOf = { lower: -2, beside: -1, upper: Infinity } as const;
  const rank = (method: string) => {
    const role = controls.get(method);
    if (role !== undefined) return placeOf[role];
    const index = methodRegistry.findIndex((entry) => entry.id === method);
    return index < 0 ? methodRegistry.length : index;
  };
  return [...new Set(runs.map((run) => run.method))]
    .sort((a, b) => compareNumbers(rank(a), rank(b)) || compareNatural(a, b));
}

function compareNumbers(a: number, b: number): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** What pages call a method: its label in the registry or the paper, else the label the suite gave. */
export function methodLabel(method: string): string {
  return methodRegistry.find((entry) => entry.id === method)?.label ?? paperMethods.get(method) ?? method;
}

/** Environments of `runs` by name. */
export function environmentsOf(runs: readonly Run[]): readonly string[] {
  return [...new Set(runs.map((run) => run.environment))].sort(compareNatural);
}

/** Styles of a suite's methods, the same in each of its parts. */
export function stylesOf(
  { runs, suiteMethods }: Pick<SuiteResults, "runs" | "suiteMethods">,
): ReadonlyMap<string, Style> {
  return methodStyles(suiteMethods ?? methodsOf(runs), controlsOf(runs));
}

/** Splits that have values of `metric`, training first. */
export function splitsOf(rows: readonly MetricRow[], metric: MetricId): readonly string[] {
  return [
    ...new Set(
      rows.filter((row) => row.name === metric.name && row.qualifier === metric.qualifier && row.value !== null).map((
        row,
      ) => row.split),
    ),
  ]
    .sort(compareSplits);
}
