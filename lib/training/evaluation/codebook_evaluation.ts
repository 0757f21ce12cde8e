import type { Observations } from "../../core/observations.ts";
import type { EnvironmentSpec } from "../../envs/environment.ts";
import { codeConsistency } from "../../metrics/code_consistency.ts";
import { codeUsage } from "../../metrics/code_usage.ts";
import { contextAgreement } from "../../metrics/mutual_information.ts";
import { type CodebookModel, type GatedModel, isGatedModel } from "../../model/dynamics_model.ts";
import { inputTensors, meanGraphs, type SampleGraphs, variableNames } from "./graph_evaluation.ts";
import { labelMetrics } from "./label_evaluation.ts";
import { readTensor } from "../../tensor/mod.ts";
import type { JsonArtifact } from "../../records/artifacts.ts";
import { inContext, matrixOf, type Score, scoreOf } from "./score.ts";

/** Codes of a sample's transitions, [B]. */
export interface SampleCodes {
  readonly graphs: SampleGraphs;
  readonly codes: Float32Array;
  /** Of the same transitions before the split's shift; null where nothing shifts. */
  readonly unshifted: Float32Array | null;
}

/** Asks a model for the code of each transition of a sample, with and without the split's shift. */
export async function assignCodes(
  model: CodebookModel,
  options: { readonly spec: EnvironmentSpec; readonly graphs: SampleGraphs },
): Promise<SampleCodes> {
  const { spec, graphs } = options;
  const assign = (observations: Observations) =>
    readTensor(() => model.codes(inputTensors(spec, { ...graphs.sample, observations })));
  const { observations, unshifted } = graphs.sample;
  return {
    graphs,
    codes: await assign(observations),
    unshifted: unshifted === null ? null : await assign(unshifted),
  };
}

/**
 * Codebook metrics by split: `perplexity` and `dead_codes` of its use; in distribution `ami` of code and true context,
 * missing where there is only one context; out of distribution `code_consistency` by context, the share of a context's
 * samples in the codes used for it in distribution; and those of `labelMetrics`.
 *
 * @param all The split in distribution first, if there is one.
 */
export function codebookMetrics(
  all: readonly SampleCodes[],
  options: { readonly spec: EnvironmentSpec; readonly codeCount: number },
): Score[] {
  const { spec, codeCount } = options;
  const labels = labelMetrics(
    all.map(({ graphs, codes, unshifted }) => ({ sample: graphs.sample, labels: codes, unshifted })),
    { name: "code" },
  );
  return labels.concat(all.flatMap(({ graphs: { sample }, codes }) => {
    const id = sample.split.id;
    const { perplexity, deadCodes } = codeUsage(codes, codeCount);
    const scores = [
      scoreOf(id, "perplexity", { value: perplexity }),
      scoreOf(id, "dead_codes", { value: deadCodes }),
    ];
    if (sample.split.inDistribution) {
      return [...scores, scoreOf(id, "ami", { value: contextAgreement(codes, sample.contexts) })];
    }
    const shares = consistency(all, { spec, split: id });
    spec.contextNames.forEach((qualifier, context) => {
      const value = shares[context] ?? null;
      if (value !== null) scores.push(scoreOf(id, "code_consistency", { qualifier, value }));
    });
    return scores;
  }));
}

/**
 * The artifact `codebook`: edge probabilities of each code [K][N][N + M], use of each code by split and context, mean
 * true graph of each context, and names of the variables; of a model with gates what its encoder reads, too.
 */
export async function codebookArtifact(
  model: CodebookModel,
  options: { readonly spec: EnvironmentSpec; readonly all: readonly SampleCodes[] },
): Promise<JsonArtifact> {
  const { spec, all } = options;
  const columns = spec.stateVariables.length + spec.actionVariables.length;
  const graphs = await readTensor(() => model.codeGraphs());
  const entries = spec.stateVariables.length * columns;
  const usage: Record<string, Record<string, readonly number[]>> = {};
  const truth: Record<string, number[][]> = {};
  for (const { graphs: { sample, truth: edges }, codes } of all) {
    usage[sample.split.id] = Object.fromEntries(spec.contextNames.map((name, context) => {
      const included = inContext(sample.contexts, context);
      return [name, codeUsage(codes.filter((_, b) => included[b] === 1), model.codeCount).histogram];
    }));
    // Splits agree on a context's graph up to which actions were met; the first split with samples speaks for all.
    const means = meanGraphs(edges, { contexts: sample.contexts, spec });
    for (const [name, graph] of Object.entries(means)) truth[name] ??= graph;
  }
  return {
    name: "codebook",
    content: {
      variables: variableNames(spec),
      codes: model.codeCount,
      graphs: Array.from(
        { length: model.codeCount },
        (_, code) => matrixOf(graphs.subarray(code * entries, (code + 1) * entries), columns),
      ),
      usage,
      truth,
      ...(isGatedModel(model) ? { gates: gatesOf(model) } : {}),
    },
  };
}

function gatesOf(model: GatedModel): { readonly open: boolean[]; readonly effects: number[] } {
  const { open, effects } = model.contextGates();
  return { open: Array.from(open, (gate) => gate === 1), effects: [...effects] };
}

/** By context, for one split out of distribution. */
function consistency(
  all: readonly SampleCodes[],
  options: { readonly spec: EnvironmentSpec; readonly split: string },
): (number | null)[] {
  const coded = (samples: readonly SampleCodes[]) => ({
    codes: samples.flatMap(({ codes }) => [...codes]),
    contexts: samples.flatMap(({ graphs }) => [...graphs.sample.contexts]),
  });
  const isKnown = (each: SampleCodes) => each.graphs.sample.split.inDistribution;
  const met = all.filter((each) => !isKnown(each) && each.graphs.sample.split.id === options.split);
  return codeConsistency(coded(all.filter(isKnown)), coded(met), { contextCount: options.spec.contextNames.length });
}
