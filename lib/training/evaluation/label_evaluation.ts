import type { EnvironmentSpec } from "../../envs/environment.ts";
import { codeUsage } from "../../metrics/code_usage.ts";
import { graphLabels } from "../../metrics/graph_labels.ts";
import { labelAgreement } from "../../metrics/label_agreement.ts";
import { contextInformation } from "../../metrics/mutual_information.ts";
import type { SampleGraphs } from "./graph_evaluation.ts";
import { type Score, scoreOf, type SplitSample } from "./score.ts";

/** Labels of a sample's transitions, such as codes: as the model sees them, and before the split's shift. */
export interface SampleLabels {
  readonly sample: SplitSample;
  /** [B]. */
  readonly labels: ArrayLike<number>;
  /** [B]; null where nothing shifts. */
  readonly unshifted: ArrayLike<number> | null;
}

/**
 * What labels have to do with contexts and shifts: in distribution `<name>_information`, the share of the uncertainty
 * about the context that the label takes away; where a shift acts `<name>_agreement`, the share of shifted samples that
 * keep the label of the same state before the shift.
 *
 * @param options.name What is labelled, `code` or `graph`.
 */
export function labelMetrics(all: readonly SampleLabels[], { name }: { readonly name: "code" | "graph" }): Score[] {
  return all.flatMap(({ sample, labels, unshifted }) => {
    const { split, contexts } = sample;
    if (split.inDistribution) {
      return [
        scoreOf(split.id, `${name}_information`, { value: contextInformation(labels, contexts) }),
      ];
    }
    if (unshifted === null) return [];
    return [
      scoreOf(split.id, `${name}_agreement`, {
        value: labelAgreement(labels, unshifted, { included: sample.changed }),
      }),
    ];
  });
}

/**
 * {@link labelMetrics} of samples' graphs, each different graph being a label, and `graph_perplexity`, the exponential of
 * the entropy of their use: 1 where all samples have the same inferred edges.
 */
export function graphLabelMetrics(all: readonly SampleGraphs[], spec: EnvironmentSpec): Score[] {
  const entries = spec.stateVariables.length * (spec.stateVariables.length + spec.actionVariables.length);
  const labelled = all.map(({ sample, probabilities, unshifted }): SampleLabels => {
    if (unshifted === null) return { sample, labels: graphLabels(probabilities, entries), unshifted: null };
    // Numbered together, so that the same graph has the same number.
    const both = new Float32Array(probabilities.length * 2);
    both.set(probabilities);
    both.set(unshifted, probabilities.length);
    const labels = graphLabels(both, entries);
    const rows = sample.contexts.length;
    return { sample, labels: labels.subarray(0, rows), unshifted: labels.subarray(rows) };
  });
  return [
    ...labelled.map(({ sample, labels }) =>
      scoreOf(sample.split.id, "graph_perplexity", { value: codeUsage(labels, labels.length).perplexity })
    ),
    ...labelMetrics(labelled, { name: "graph" }),
  ];
}
