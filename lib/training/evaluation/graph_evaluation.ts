import { append } from "../../core/append.ts";
import { areValues, encodeObservations, type Observations } from "../../core/observations.ts";
import { encodeValues } from "../../core/variable.ts";
import type { Environment, EnvironmentSpec } from "../../envs/environment.ts";
import { contextUnions } from "../../metrics/context_unions.ts";
import { type GraphScores, scoreGraphs } from "../../metrics/graph_scores.ts";
import type { GraphModel, ModelInput } from "../../model/dynamics_model.ts";
import { matrix, readTensor } from "../../tensor/mod.ts";
import type { JsonArtifact } from "../../records/artifacts.ts";
import { inContext, matrixOf, type Score, scoreOf, type SplitSample } from "./score.ts";

/** Inferred and true local graphs of the same transitions, row-major [B, N, N + M]. */
export interface SampleGraphs {
  readonly sample: SplitSample;
  readonly probabilities: Float32Array;
  readonly truth: Uint8Array;
  /** Inferred for the same transitions before the split's shift; null where nothing shifts. */
  readonly unshifted: Float32Array | null;
}

/** Asks a model for the local graph of each transition of a sample, with and without the split's shift. */
export async function inferGraphs(
  model: GraphModel,
  options: { readonly environment: Environment; readonly sample: SplitSample },
): Promise<SampleGraphs> {
  const { environment, sample } = options;
  const infer = (observations: Observations) =>
    readTensor(() => model.localGraph(inputTensors(environment.spec, { ...sample, observations })));
  return {
    sample,
    probabilities: await infer(sample.observations),
    truth: environment.localGraphs(sample.transitions),
    unshifted: sample.unshifted === null ? null : await infer(sample.unshifted),
  };
}

/** A sample's input to a model; call inside `tidy`. */
export function inputTensors(
  spec: EnvironmentSpec,
  { contexts, transitions, observations }: SplitSample,
): ModelInput {
  const rows = contexts.length;
  const seen = encodeObservations(spec.stateVariables, observations);
  const actions = encodeValues(spec.actionVariables, transitions.actions);
  return {
    observation: matrix(seen, [rows, seen.length / rows]),
    action: matrix(actions, [rows, actions.length / rows]),
    isShifted: !areValues(observations),
  };
}

/**
 * Graph metrics of a split: over all its transitions, and by context with the context's name as qualifier. Beside these,
 * which compare each transition with its own true graph, `context_f1` by context compares it with the true graph of the
 * whole context, which is what a graph for many transitions, a code's, can at best be. A code counts by its use.
 */
export function graphMetrics(graphs: SampleGraphs, spec: EnvironmentSpec): Score[] {
  const { sample } = graphs;
  const scores = metricsOf(scoreSample(graphs, spec), { split: sample.split.id, qualifier: "" });
  const entries = spec.stateVariables.length * (spec.stateVariables.length + spec.actionVariables.length);
  const whole = { ...graphs, truth: contextUnions(graphs.truth, { entries, contexts: sample.contexts }) };
  spec.contextNames.forEach((qualifier, context) => {
    const included = inContext(sample.contexts, context);
    const ofContext = scoreSample(graphs, spec, included);
    if (ofContext.graphs === 0) return;
    append(scores, metricsOf(ofContext, { split: sample.split.id, qualifier }));
    scores.push(scoreOf(sample.split.id, "context_f1", { qualifier, value: scoreSample(whole, spec, included).f1 }));
  });
  return scores;
}

/** Scores of the graphs of a sample, or of the `included` ones. */
export function scoreSample(graphs: SampleGraphs, spec: EnvironmentSpec, included?: Uint8Array): GraphScores {
  return scoreGraphs(graphs.probabilities, graphs.truth, {
    entries: spec.stateVariables.length * (spec.stateVariables.length + spec.actionVariables.length),
    ...(included ? { included } : {}),
  });
}

/** The artifact `graphs`: mean inferred and mean true graph [N][N + M] by split and context. */
export function graphsArtifact(all: readonly SampleGraphs[], spec: EnvironmentSpec): JsonArtifact {
  const inferred: Record<string, Record<string, number[][]>> = {};
  const truth: Record<string, Record<string, number[][]>> = {};
  for (const { sample, probabilities, truth: edges } of all) {
    const means = (graphs: ArrayLike<number>) => meanGraphs(graphs, { contexts: sample.contexts, spec });
    inferred[sample.split.id] = means(probabilities);
    truth[sample.split.id] = means(edges);
  }
  return { name: "graphs", content: { variables: variableNames(spec), inferred, truth } };
}

/** Mean graph [N][N + M] of each context that has samples, by the context's name. */
export function meanGraphs(
  graphs: ArrayLike<number>,
  options: { readonly contexts: Uint8Array; readonly spec: EnvironmentSpec },
): Record<string, number[][]> {
  const { contexts, spec } = options;
  const columns = spec.stateVariables.length + spec.actionVariables.length;
  const entries = spec.stateVariables.length * columns;
  const means: Record<string, number[][]> = {};
  spec.contextNames.forEach((name, context) => {
    const sums = new Float64Array(entries);
    let count = 0;
    for (let b = 0; b < contexts.length; b++) {
      if (contexts[b] !== context) continue;
      count++;
      for (let k = 0; k < entries; k++) sums[k]! += graphs[b * entries + k]!;
    }
    if (count > 0) means[name] = matrixOf(sums.map((sum) => sum / count), columns);
  });
  return means;
}

/** Names of the variables, as artifacts carry them. */
export function variableNames(spec: EnvironmentSpec): { readonly state: string[]; readonly action: string[] } {
  return {
    state: spec.stateVariables.map((variable) => variable.name),
    action: spec.actionVariables.map((variable) => variable.name),
  };
}

function metricsOf(
  scores: GraphScores,
  { split, qualifier }: { readonly split: string; readonly qualifier: string },
): Score[] {
  return [
    scoreOf(split, "shd", { qualifier, value: scores.shd }),
    scoreOf(split, "edge_precision", { qualifier, value: scores.precision }),
    scoreOf(split, "edge_recall", { qualifier, value: scores.recall }),
    scoreOf(split, "edge_f1", { qualifier, value: scores.f1 }),
    scoreOf(split, "edge_auc", { qualifier, value: scores.auc }),
    scoreOf(split, "edge_density", { qualifier, value: scores.density }),
  ];
}
