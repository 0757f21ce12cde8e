import type { MetricName } from "../../lib/metrics/catalogue.ts";
import type { EdgeMeasures, LabelMeasures, RunMeasures, SplitNumber } from "../../lib/metrics/verdicts/run_measures.ts";
import type { MetricRow } from "../../lib/store/store.ts";
import { compareSplits, splitLabel } from "../metric_info.ts";

/** The split whose states training shows. */
const inDistribution = "train";

/** Metrics that verdicts are made from. */
const aboutGraphs: ReadonlySet<string> = new Set<MetricName>([
  "shd",
  "learnable_entries",
  "learnable_density",
  "learnable_shd",
  "learnable_true_density",
  "learnable_step_shd",
  "learnable_step_true_density",
  "given_shd",
  "perplexity",
  "dead_codes",
  "ami",
  "graph_perplexity",
  "code_information",
  "graph_information",
  "code_agreement",
  "graph_agreement",
  "code_consistency",
]);

/**
 * What a run's last records say of what it learned. Numbers that a run lacks, for its method or for the version that
 * recorded it, stay missing.
 *
 * @param records Last records of one run.
 */
export function measureRun(records: readonly MetricRow[]): RunMeasures {
  const finals: MetricRow[] = [];
  const inTraining = new Map<string, Map<string, number | null>>();
  for (const row of records) {
    if (!aboutGraphs.has(row.name)) continue;
    finals.push(row);
    if (row.split !== inDistribution) continue;
    let values = inTraining.get(row.name);
    if (!values) inTraining.set(row.name, values = new Map());
    values.set(row.qualifier, row.value);
  }
  const trained: Trained = (name, qualifier = "") => inTraining.get(name)?.get(qualifier) ?? null;
  const has = (name: MetricName) => finals.some((row) => row.name === name && row.qualifier === "");
  const contexts = [...inTraining.get("shd")?.keys() ?? []].filter((context) => context !== "");
  const edges = (context: string): EdgeMeasures | null => {
    const [entries, density] = [trained("learnable_entries"), trained("learnable_density", context)];
    const [shd, trueDensity] = [trained("learnable_shd", context), trained("learnable_true_density", context)];
    if (entries === null || density === null || shd === null || trueDensity === null) return null;
    return { entries, shd, density, trueDensity };
  };
  const whole = edges("");
  const byContext = contexts.flatMap((context) => {
    const measured = edges(context);
    return measured ? [{ context: context.replaceAll("_", " "), ...measured }] : [];
  });
  const labels = (name: "code" | "graph", perplexity: MetricName): LabelMeasures => ({
    perplexity: trained(perplexity),
    information: trained(`${name}_information`),
    agreement: bySplit(finals, `${name}_agreement`),
  });
  return {
    hasGraphs: finals.some(({ name }) => name === "shd"),
    contexts: contexts.length === 0 ? null : contexts.length,
    codes: has("perplexity")
      ? {
        ...labels("code", "perplexity"),
        deadCodes: trained("dead_codes"),
        ami: trained("ami"),
        consistency: bySplit(finals, "code_consistency"),
      }
      : null,
    graphs: has("graph_perplexity") ? labels("graph", "graph_perplexity") : null,
    contextEdges: byContext.length > 0 || whole === null ? byContext : [{ context: "all samples", ...whole }],
    stepEdges: stepEdges(whole, trained),
    givenShd: trained("given_shd"),
  };
}

/** A number in distribution; of the whole where no context is given. */
type Trained = (name: MetricName, context?: string) => number | null;

function stepEdges(whole: EdgeMeasures | null, trained: Trained): EdgeMeasures | null {
  const [shd, trueDensity] = [trained("learnable_step_shd"), trained("learnable_step_true_density")];
  if (whole === null || shd === null || trueDensity === null) return null;
  return { ...whole, shd, trueDensity };
}

/** The lowest value of a split's rows, by split. */
function bySplit(finals: readonly MetricRow[], wanted: MetricName): readonly SplitNumber[] {
  const lowest = new Map<string, number>();
  for (const { split, name, value } of finals) {
    if (value === null || name !== wanted) continue;
    lowest.set(split, Math.min(value, lowest.get(split) ?? Infinity));
  }
  return [...lowest].sort(([a], [b]) => compareSplits(a, b))
    .map(([split, value]) => ({ split: splitLabel(split), value }));
}
