import { type EnvironmentSpec, learnableEdgesOf } from "../../envs/environment.ts";
import { contextUnions } from "../../metrics/context_unions.ts";
import { type PooledEdges, poolEdges } from "../../metrics/pooled_edges.ts";
import type { SampleGraphs } from "./graph_evaluation.ts";
import { inContext, type Score, scoreOf } from "./score.ts";

/**
 * Scores of the edges that have to be learned, those apart that are given beforehand: by split and, where a split has
 * several contexts, by context with its name as qualifier. `learnable_shd`, `learnable_f1`, `learnable_auc`,
 * `learnable_density` compare with the graph of the whole context, whose share of edges is `learnable_true_density`;
 * `learnable_step_…` with the graph of each step. `learnable_entries` is how many such entries a graph has, from which
 * and the densities the scores of reference graphs follow (see `referenceScores`). `given_shd` counts wrong entries
 * among the given ones, self edges apart: 0 for a method that is told them.
 *
 * A context's graph is the union over all splits' samples of it, so that it does not depend on which actions a split met.
 */
export function learnableMetrics(all: readonly SampleGraphs[], spec: EnvironmentSpec): Score[] {
  const columns = spec.stateVariables.length + spec.actionVariables.length;
  const entries = spec.stateVariables.length * columns;
  const counted = learnableEdgesOf(spec);
  const given = counted.map((isLearnable, k) => isLearnable || k % columns === Math.floor(k / columns) ? 0 : 1);
  const unions = unionsOf(all, entries);
  return all.flatMap((graphs, index) => {
    const { sample: { split, contexts }, probabilities, truth } = graphs;
    const union = unions[index]!;
    const scored = (qualifier: string, included?: Uint8Array): Score[] => {
      const which = { entries, counted, ...(included ? { included } : {}) };
      const whole = poolEdges(probabilities, union, which);
      if (whole.graphs === 0) return [];
      const step = poolEdges(probabilities, truth, which);
      return [
        ...comparison(split.id, { prefix: "learnable", qualifier, edges: whole }),
        scoreOf(split.id, "learnable_density", { qualifier, value: whole.density }),
        ...comparison(split.id, { prefix: "learnable_step", qualifier, edges: step }),
      ];
    };
    const isMixed = new Set(contexts).size > 1;
    const { shd } = poolEdges(probabilities, union, { entries, counted: given });
    return [
      ...scored(""),
      ...(isMixed ? spec.contextNames : []).flatMap((name, context) => scored(name, inContext(contexts, context))),
      scoreOf(split.id, "learnable_entries", { value: counted.reduce((sum, each) => sum + each, 0) }),
      scoreOf(split.id, "given_shd", { value: shd }),
    ];
  });
}

function comparison(
  split: string,
  { prefix, qualifier, edges }: {
    readonly prefix: "learnable" | "learnable_step";
    readonly qualifier: string;
    readonly edges: PooledEdges;
  },
): Score[] {
  return [
    scoreOf(split, `${prefix}_shd`, { qualifier, value: edges.shd }),
    scoreOf(split, `${prefix}_f1`, { qualifier, value: edges.f1 }),
    scoreOf(split, `${prefix}_auc`, { qualifier, value: edges.auc }),
    scoreOf(split, `${prefix}_true_density`, { qualifier, value: edges.trueDensity }),
  ];
}

/** Each split's samples with the union of their context's graphs over all splits, row-major [B, E] a split. */
function unionsOf(all: readonly SampleGraphs[], entries: number): readonly Uint8Array[] {
  const rows = all.reduce((sum, { truth }) => sum + truth.length, 0);
  const truth = new Uint8Array(rows);
  const contexts = new Uint8Array(rows / entries);
  let row = 0;
  for (const graphs of all) {
    truth.set(graphs.truth, row * entries);
    contexts.set(graphs.sample.contexts, row);
    row += graphs.sample.contexts.length;
  }
  const unions = contextUnions(truth, { entries, contexts });
  let start = 0;
  return all.map((graphs) => unions.subarray(start, start += graphs.truth.length));
}
