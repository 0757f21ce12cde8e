import { minOf } from "../../core/extremes.ts";
import type { RunMeasures, SplitNumber } from "./run_measures.ts";
import { checkNames, fixed, percent, type Verdict } from "./verdict.ts";

/**
 * Below this perplexity a codebook has collapsed: of two codes in use one has more than six of seven samples (86 %), so
 * that the rest hardly matters.
 */
export const collapsedPerplexity = 1.5;

/** Below this perplexity of graphs all samples have one graph: fewer than about one in a hundred has another. */
export const oneGraphPerplexity = 1.05;

/**
 * Below this share of the contexts' uncertainty, codes ignore contexts: more of the context is lost than kept. Two codes
 * that serve two equally frequent contexts reach it when each has nine in ten of its samples from its own.
 */
export const knownContextShare = 0.5;

/**
 * Below this share of shifted samples with an unchanged code, the shift changes the code. The true context does not hang
 * on a shifted variable, so a right encoder keeps all of them; one in twenty is left for ties and training's last steps.
 */
export const keptCodeShare = 0.95;

/** Below this share of a context's samples in its own codes, codes differ out of distribution where no shift acts. */
export const consistentShare = 0.5;

/** Verdicts on codes and on how many graphs there are; none for a model without graphs. */
export function labelVerdicts(measures: RunMeasures): Verdict[] {
  if (!measures.hasGraphs) return [];
  const collapse = measures.codes && !isSingleCode(measures) ? collapseVerdict(measures.codes) : null;
  const one = oneGraph(measures);
  // One label for all: there is nothing to tell contexts apart by, and nothing that a shift could change.
  if (collapse?.outcome === "fault") return [collapse];
  if (isSingleCode(measures)) return [one];
  return [
    ...(collapse ? [collapse] : []),
    one,
    ...contextVerdict(measures, one.outcome),
    ...shiftVerdict(measures, one.outcome),
  ];
}

/** One code is a choice, K = 1, and no collapse: none is left over. */
function isSingleCode({ codes }: RunMeasures): boolean {
  return codes !== null && codes.perplexity === 1 && codes.deadCodes === 0;
}

function collapseVerdict(codes: NonNullable<RunMeasures["codes"]>): Verdict {
  const { perplexity } = codes;
  if (perplexity === null) return unchecked("collapse", "the use of codes was not recorded");
  const figure = { value: perplexity, unit: "codes", of: "in effect (perplexity)" };
  const isFew = perplexity < collapsedPerplexity;
  // Two codes of which one serves a rare context are few, too, but right.
  if (isFew && (codes.information ?? 0) < knownContextShare) {
    return {
      check: "collapse",
      outcome: "fault",
      title: "codebook collapsed",
      sentence: `The codebook has collapsed: its codes are used as if there were ${fixed(perplexity, 2)} ` +
        `(perplexity, below ${collapsedPerplexity}); ${codes.deadCodes ?? "an unknown number"} have no sample.`,
      figure,
    };
  }
  return {
    check: "collapse",
    outcome: "sound",
    title: checkNames.collapse,
    sentence: `Codes are used as if there were ${fixed(perplexity, 2)} (perplexity)` +
      (isFew ? ", few, but they tell contexts apart." : `, not below ${collapsedPerplexity}.`),
    figure,
  };
}

function oneGraph(measures: RunMeasures): Verdict {
  const perplexity = measures.graphs?.perplexity ?? null;
  if (perplexity === null) return unchecked("one-graph", "how many different graphs are in use was not recorded");
  const figure = { value: perplexity, unit: perplexity < 1.005 ? "graph" : "graphs", of: "in effect (perplexity)" };
  if (perplexity >= oneGraphPerplexity || measures.contexts === 1) {
    return {
      check: "one-graph",
      outcome: "sound",
      title: checkNames["one-graph"],
      sentence: measures.contexts === 1
        ? "There is one context, so one graph can be right for all samples."
        : `Samples have as many different graphs as if there were ${fixed(perplexity, 2)} (perplexity).`,
      figure,
    };
  }
  const isFault = measures.codes !== null && !isSingleCode(measures);
  return {
    check: "one-graph",
    outcome: isFault ? "fault" : "limit",
    title: isFault ? "all codes have one graph" : "one graph for all samples",
    sentence:
      (isFault
        ? `All codes in use have one and the same graph (perplexity of graphs ${fixed(perplexity, 2)}, below ` +
          `${oneGraphPerplexity}), `
        : "All samples have one and the same graph, ") + "so that no context gets a graph of its own.",
    figure,
  };
}

function contextVerdict(measures: RunMeasures, oneGraph: Verdict["outcome"]): Verdict[] {
  const { codes, graphs, contexts } = measures;
  if (contexts === 1 || (codes === null && oneGraph === "limit")) return [];
  const codesKnow = codes?.information ?? null;
  const graphsKnow = graphs?.information ?? null;
  const known = codes === null ? graphsKnow : codesKnow;
  if (known === null) {
    return [unchecked("contexts", "how much of the context codes or graphs tell was not recorded, or cannot be said")];
  }
  const what = codes === null ? "graph" : "code";
  const ami = codes?.ami ?? null;
  const numbers = `knowing the ${what} takes away ${percent(known)} of the uncertainty about the context`;
  const suffix = ami === null ? "" : `; AMI ${fixed(ami, 3)}`;
  const figure = {
    value: 100 * known,
    unit: "%",
    of: "of the uncertainty about the context taken away",
  };
  if (known < knownContextShare) {
    return [{
      check: "contexts",
      outcome: "fault",
      title: `${what}s ignore contexts`,
      sentence: `The ${what}s ignore contexts: ${numbers} (0 % is chance, below ${
        percent(knownContextShare)
      })${suffix}.`,
      figure,
    }];
  }
  if (codes !== null && oneGraph === "sound" && graphsKnow !== null && graphsKnow < knownContextShare) {
    return [{
      check: "contexts",
      outcome: "fault",
      title: "graphs ignore contexts",
      sentence: `The codes tell contexts apart (${percent(known)}), but their graphs do not: knowing the graph takes ` +
        `away ${percent(graphsKnow)} of the uncertainty about the context (below ${percent(knownContextShare)}).`,
      figure: { ...figure, value: 100 * graphsKnow },
    }];
  }
  return [{
    check: "contexts",
    outcome: "sound",
    title: checkNames.contexts,
    sentence: `The ${what}s tell contexts apart: ${numbers} (not below ${percent(knownContextShare)})${suffix}.`,
    figure,
  }];
}

function shiftVerdict(measures: RunMeasures, oneGraph: Verdict["outcome"]): Verdict[] {
  const { codes, graphs } = measures;
  // One graph that is known to be one cannot change.
  if (codes === null && (oneGraph === "limit" || measures.contexts === 1)) return [];
  const what = codes === null ? "graph" : "code";
  const kept = (codes ?? graphs)?.agreement ?? [];
  if (kept.length === 0) return consistencyVerdict(codes?.consistency ?? []);
  const figure = { value: 100 * minOf(kept.map(({ value }) => value)), unit: "%", of: `keep their ${what}` };
  const graphKept = new Map((graphs?.agreement ?? []).map(({ split, value }) => [split, value]));
  const texts = (splits: readonly SplitNumber[]) =>
    splits.map(({ split, value }) => {
      const graph = codes === null ? undefined : graphKept.get(split);
      return `${percent(value)} in ${split}${graph === undefined ? "" : ` (its graph by ${percent(graph)})`}`;
    }).join(", ");
  const changed = kept.filter(({ value }) => value < keptCodeShare);
  if (changed.length > 0) {
    return [{
      check: "shift",
      outcome: "fault",
      title: `the shift changes the ${what}`,
      sentence: `The shift changes the ${what}: the ${what} of the same state without the shift is kept by only ` +
        `${texts(changed)} of the samples (below ${percent(keptCodeShare)}).`,
      figure,
    }];
  }
  return [{
    check: "shift",
    outcome: "sound",
    title: checkNames.shift,
    sentence: `The ${what} of the same state without the shift is kept by ${texts(kept)} of the samples ` +
      `(not below ${percent(keptCodeShare)}).`,
    figure,
  }];
}

function consistencyVerdict(shares: readonly SplitNumber[]): Verdict[] {
  if (shares.length === 0) return [unchecked("shift", "whether the shift changes it was not recorded")];
  const lowest = shares.reduce((a, b) => b.value < a.value ? b : a);
  const figure = { value: 100 * lowest.value, unit: "%", of: "in codes used for their context in distribution" };
  const numbers = `${percent(lowest.value)} of a context's samples in ${lowest.split}`;
  return [
    lowest.value < consistentShare
      ? {
        check: "shift",
        outcome: "fault",
        title: "codes differ out of distribution",
        sentence: `Codes differ out of distribution: only ${numbers} get a code used for it in distribution ` +
          `(below ${percent(consistentShare)}).`,
        figure,
      }
      // That samples are in known codes does not show that a shift leaves each its own.
      : unchecked("shift", `whether the shift changes it was not recorded; ${numbers} get a code known for it`),
  ];
}

function unchecked(check: Verdict["check"], why: string): Verdict {
  return {
    check,
    outcome: "unchecked",
    title: checkNames[check],
    sentence: `Not checked: ${why}.`,
    figure: null,
  };
}
