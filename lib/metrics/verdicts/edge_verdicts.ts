import type { EdgeMeasures, RunMeasures } from "./run_measures.ts";
import { checkNames, fixed, percent, type Verdict } from "./verdict.ts";

/**
 * A context's graphs are too dense when the edges beyond its own are more than this share of those it has, so that more
 * than a third of what a complete graph would then show is wrong ...
 */
export const extraEdgeShare = 0.5;

/** ... and more than this share of the entries without an edge; a context with few or no edges may have a stray one. */
export const filledGapShare = 0.1;

/**
 * Graphs are too sparse when they have less than this share of the edges that act in a step. Not all can be asked for:
 * inside a context the variable that decides it does not vary, so its edges cannot be seen in data, though they count as
 * true. A model with exactly the edges that can has 75 % on Chemical's fork (5 nodes, 3 colours).
 */
export const foundEdgeShare = 0.5;

/** From this many wrong given entries a graph on, methods that are not told them have them wrong: one in each graph. */
export const wrongGivenEdges = 1;

/** Verdicts on learnable edges, in distribution; none for a model without graphs. */
export function edgeVerdicts(measures: RunMeasures): Verdict[] {
  if (!measures.hasGraphs) return [];
  return [density(measures), sparsity(measures), ...givenEdges(measures)];
}

function density({ contextEdges }: RunMeasures): Verdict {
  if (contextEdges.length === 0) return unchecked("density");
  const all = contextEdges.map((edges) => ({ ...edges, ...countsOf(edges) }));
  const dense = all.filter(({ extra, present, gaps }) =>
    extra > extraEdgeShare * present && extra > filledGapShare * gaps
  );
  const worst = (dense.length > 0 ? dense : all).reduce((a, b) => b.extra > a.extra ? b : a);
  const figure = { value: worst.extra, unit: "edges", of: "too many in a graph" };
  const texts = (list: typeof all) =>
    list.map(({ context, inferred, present, extra, entries }) =>
      `${context}: ${fixed(inferred)} of ${entries} learnable edges inferred where ${fixed(present)} are true, ` +
      `${fixed(extra)} too many`
    ).join("; ");
  if (dense.length === 0) {
    return {
      check: "density",
      outcome: "sound",
      title: checkNames.density,
      sentence: `Graphs are not too dense. ${texts(all)}.`,
      figure,
    };
  }
  return {
    check: "density",
    outcome: "fault",
    title: `graphs too dense (${dense.map(({ context }) => context).join(", ")})`,
    sentence: `Graphs are too dense. ${texts(dense)} (more than ${fixed(extraEdgeShare, 2)} times the true ones and ` +
      `${percent(filledGapShare)} of the gaps).`,
    figure,
  };
}

function sparsity({ stepEdges }: RunMeasures): Verdict {
  if (stepEdges === null) return unchecked("sparsity");
  const { entries } = stepEdges;
  const { found, present } = countsOf(stepEdges);
  if (present === 0) {
    return {
      check: "sparsity",
      outcome: "sound",
      title: checkNames.sparsity,
      sentence: `None of the ${entries} learnable edges acts, so none is missing.`,
      figure: null,
    };
  }
  const share = found / present;
  const isSparse = share < foundEdgeShare;
  const numbers = `of the ${fixed(present)} learnable edges that act in a step (of ${entries} possible) they have ` +
    `${fixed(found)}, ${percent(share)}`;
  return {
    check: "sparsity",
    outcome: isSparse ? "fault" : "sound",
    title: isSparse ? "graphs too sparse" : checkNames.sparsity,
    sentence: isSparse
      ? `Graphs are too sparse: ${numbers} (below ${percent(foundEdgeShare)}).`
      : `Graphs are not too sparse: ${numbers} (not below ${percent(foundEdgeShare)}).`,
    figure: { value: 100 * share, unit: "%", of: "of the acting learnable edges found" },
  };
}

function givenEdges({ givenShd }: RunMeasures): Verdict[] {
  if (givenShd === null || givenShd < wrongGivenEdges) return [];
  return [{
    check: "given-edges",
    outcome: "fault",
    title: "given edges wrong",
    sentence: `${fixed(givenShd)} entries a graph are wrong among those that actions and causal order decide ` +
      `(${wrongGivenEdges} or more).`,
    figure: { value: givenShd, unit: "edges", of: "wrong among the given ones" },
  }];
}

/** Edges a graph: inferred, true, both, only inferred; and entries without a true one. */
function countsOf({ entries, shd, density, trueDensity }: EdgeMeasures) {
  const inferred = density * entries;
  const present = trueDensity * entries;
  // Hits are in both sums, errors in one: shd = inferred + present - 2 hits.
  const found = Math.max(0, (inferred + present - shd) / 2);
  return { inferred, present, found, extra: Math.max(0, inferred - found), gaps: entries - present };
}

function unchecked(check: "density" | "sparsity"): Verdict {
  return {
    check,
    outcome: "unchecked",
    title: checkNames[check],
    sentence: "Not checked: learnable edges were not recorded apart from given ones.",
    figure: null,
  };
}
