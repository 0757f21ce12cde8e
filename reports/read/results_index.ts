import { type MetricId, metricText } from "../../lib/records/metric_id.ts";
import type { MetricRow, Run } from "../../lib/store/store.ts";
import { environmentResults } from "./environment_results.ts";
import { compareSplits } from "../metric_info.ts";
import { methodsOf, type SuiteResults } from "./results.ts";

/** A metric in a split. */
export interface Series extends MetricId {
  readonly split: string;
}

/** The results of one environment by what reports ask for, so that no table cell looks at every row. */
export interface ResultsIndex {
  /** The environment's runs, in order. */
  readonly runs: readonly Run[];
  /** Its methods in order of display. */
  readonly methods: readonly string[];
  /** Series with a value in any run, in order of appearance. */
  readonly series: readonly Series[];
  /** Splits in which a metric, or the whole one of a name, has a value, training first; `finished`: in a finished run. */
  splits(metric: MetricId | string, of?: { readonly finished: boolean }): readonly string[];
  /** Final values of a method's finished runs, in order; null where a run recorded it as missing. */
  values(at: Series & { readonly method: string }): readonly (number | null)[];
  /** Splits in which a metric has values over training, training first. */
  curveSplits(metric: MetricId | string): readonly string[];
  /** Records of a series of one run over training, in order. */
  curve(at: Series & { readonly runId: string }): readonly MetricRow[];
}

/** By the results that they are of: a page, its charts and tables share them. */
const indexes = new WeakMap<SuiteResults, ResultsIndex>();

const noValues: readonly never[] = [];

/** The index of an environment; made in one pass when first asked for. */
export function resultsIndex(results: SuiteResults, environment: string): ResultsIndex {
  const part = environmentResults(results, environment);
  let known = indexes.get(part);
  if (!known) indexes.set(part, known = indexOf(part));
  return known;
}

function indexOf({ runs, finals, curves }: SuiteResults): ResultsIndex {
  const index = new EnvironmentIndex(runs);
  const byId = new Map(runs.map((run) => [run.id, run]));
  for (const row of finals) index.addFinal(byId.get(row.runId)!, row);
  for (const row of curves) index.addCurve(row);
  return index;
}

/** Values by metric, split and one more name. */
type Tree<Value> = Map<string, Map<string, Map<string, Value[]>>>;

class EnvironmentIndex implements ResultsIndex {
  readonly runs: readonly Run[];
  readonly methods: readonly string[];
  readonly series: Series[] = [];
  readonly #finished: Tree<number | null> = new Map();
  readonly #curves: Tree<MetricRow> = new Map();
  /** Splits with a value by metric: of any run, of finished runs, over training. */
  readonly #splits = new Map<string, Set<string>>();
  readonly #finishedSplits = new Map<string, Set<string>>();
  readonly #curveSplits = new Map<string, Set<string>>();

  constructor(runs: readonly Run[]) {
    this.runs = runs;
    this.methods = methodsOf(runs);
  }

  addFinal(run: Run, { name, qualifier, split, value }: MetricRow): void {
    const series = { name, qualifier, split };
    if (value !== null && addTo(this.#splits, series)) this.series.push(series);
    if (run.status !== "done") return;
    if (value !== null) addTo(this.#finishedSplits, series);
    leaf(this.#finished, [metricText(series), split, run.method]).push(value);
  }

  addCurve(row: MetricRow): void {
    if (row.value !== null) addTo(this.#curveSplits, row);
    leaf(this.#curves, [metricText(row), row.split, row.runId]).push(row);
  }

  splits(metric: MetricId | string, of = { finished: false }): readonly string[] {
    return sorted((of.finished ? this.#finishedSplits : this.#splits).get(keyOf(metric)));
  }

  values({ split, method, ...metric }: Series & { readonly method: string }): readonly (number | null)[] {
    return this.#finished.get(metricText(metric))?.get(split)?.get(method) ?? noValues;
  }

  curveSplits(metric: MetricId | string): readonly string[] {
    return sorted(this.#curveSplits.get(keyOf(metric)));
  }

  curve({ split, runId, ...metric }: Series & { readonly runId: string }): readonly MetricRow[] {
    return this.#curves.get(metricText(metric))?.get(split)?.get(runId) ?? noValues;
  }
}

function keyOf(metric: MetricId | string): string {
  return typeof metric === "string" ? metric : metricText(metric);
}

/** Adds a split to its metric's; whether it is new there. */
function addTo(splits: Map<string, Set<string>>, { split, ...metric }: Series): boolean {
  const key = metricText(metric);
  let known = splits.get(key);
  if (!known) splits.set(key, known = new Set());
  if (known.has(split)) return false;
  known.add(split);
  return true;
}

function leaf<Value>(tree: Tree<Value>, [first, second, third]: readonly [string, string, string]): Value[] {
  let branch = tree.get(first);
  if (!branch) tree.set(first, branch = new Map());
  let twig = branch.get(second);
  if (!twig) branch.set(second, twig = new Map());
  let values = twig.get(third);
  if (!values) twig.set(third, values = []);
  return values;
}

function sorted(splits: ReadonlySet<string> | undefined): readonly string[] {
  return [...splits ?? []].sort(compareSplits);
}
