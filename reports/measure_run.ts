import type { EdgeMeasures, LabelMeasures, RunMeasures, SplitNumber } from "../lib/metrics/verdicts/run_measures.ts";
import type { MetricRow } from "../lib/store/store.ts";
import { compareSplits, splitLabel } from "./metric_info.ts";

/** The split whose states training shows. */
const inDistribution = "train";

/** Metrics that verdicts are made from. */
const aboutGraphs = /^(?:shd(?:\/|$)|learnable_|given_|code_|graph_|perplexity$|dead_codes$|ami$)/;

/** By name, since suites of thousands of runs have the same few names again and again. */
const known = new Map<string, boolean>();

function isAboutGraphs(metric: string): boolean {
  let is = known.get(metric);
  if (is === undefined) known.set(metric, is = aboutGraphs.test(metric));
  return is;
}

/**
 * What a run's last records say of what it learned. Numbers that a run lacks, for its method or for the version that
 * recorded it, stay missing.
 *
 * @param records Last records of one run.
 */
export function measureRun(records: readonly MetricRow[]): RunMeasures {
  const finals: MetricRow[] = [];
  const inTraining = new Map<string, number | null>();
  for (const row of records) {
    if (!isAboutGraphs(row.metric)) continue;
    finals.push(row);
    if (row.split === inDistribution) inTraining.set(row.metric, row.value);
  }
  const trained = (metric: string) => inTraining.get(metric) ?? null;
  const has = (metric: string) => inTraining.has(metric) || finals.some((row) => row.metric === metric);
  const contexts = [...inTraining.keys()].filter((metric) => metric.startsWith("shd/"))
    .map((metric) => metric.slice("shd/".length));
  const edges = (suffix: string): EdgeMeasures | null => {
    const [entries, density] = [trained("learnable_entries"), trained(`learnable_density${suffix}`)];
    const [shd, trueDensity] = [
      trained(`learnable_shd${suffix}`),
      trained(`learnable_true_density${suffix}`),
    ];
    if (entries === null || density === null || shd === null || trueDensity === null) return null;
    return { entries, shd, density, trueDensity };
  };
  const whole = edges("");
  const byContext = contexts.flatMap((context) => {
    const measured = edges(`/${context}`);
    return measured ? [{ context: context.replaceAll("_", " "), ...measured }] : [];
  });
  const labels = (name: string, perplexity: string): LabelMeasures => ({
    perplexity: trained(perplexity),
    information: trained(`${name}_information`),
    agreement: bySplit(finals, (metric) => metric === `${name}_agreement`),
  });
  return {
    hasGraphs: finals.some(({ metric }) => /^shd(\/|$)/.test(metric)),
    contexts: contexts.length === 0 ? null : contexts.length,
    codes: has("perplexity")
      ? {
        ...labels("code", "perplexity"),
        deadCodes: trained("dead_codes"),
        ami: trained("ami"),
        consistency: bySplit(finals, (metric) => metric.startsWith("code_consistency/")),
      }
      : null,
    graphs: has("graph_perplexity") ? labels("graph", "graph_perplexity") : null,
    contextEdges: byContext.length > 0 || whole === null ? byContext : [{ context: "all samples", ...whole }],
    stepEdges: stepEdges(whole, trained),
    givenShd: trained("given_shd"),
  };
}

function stepEdges(whole: EdgeMeasures | null, trained: (metric: string) => number | null): EdgeMeasures | null {
  const [shd, trueDensity] = [trained("learnable_step_shd"), trained("learnable_step_true_density")];
  if (whole === null || shd === null || trueDensity === null) return null;
  return { ...whole, shd, trueDensity };
}

/** The lowest value of a split's rows, by split. */
function bySplit(finals: readonly MetricRow[], isWanted: (metric: string) => boolean): readonly SplitNumber[] {
  const lowest = new Map<string, number>();
  for (const { split, metric, value } of finals) {
    if (value === null || !isWanted(metric)) continue;
    lowest.set(split, Math.min(value, lowest.get(split) ?? Infinity));
  }
  return [...lowest].sort(([a], [b]) => compareSplits(a, b))
    .map(([split, value]) => ({ split: splitLabel(split), value }));
}
