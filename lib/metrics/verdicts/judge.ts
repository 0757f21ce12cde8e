import { edgeVerdicts } from "./edge_verdicts.ts";
import { labelVerdicts } from "./label_verdicts.ts";
import type { RunMeasures } from "./run_measures.ts";
import type { Verdict } from "./verdict.ts";

/** All verdicts on what a model has learned by itself, in the order of checks; none for a model without graphs. */
export function judge(measures: RunMeasures): Verdict[] {
  return [...labelVerdicts(measures), ...edgeVerdicts(measures)];
}

/**
 * One sentence for all verdicts: the faults and limits by name; where there is none "Sound", with what that is said of.
 * What was not checked is always named, and a model of which nothing was checked is never called sound.
 */
export function headline(verdicts: readonly Verdict[]): string {
  const of = (...outcomes: readonly Verdict["outcome"][]) =>
    verdicts.filter(({ outcome }) => outcomes.includes(outcome));
  const wrong = of("fault", "limit").map(({ title }) => title);
  const sound = of("sound").map(({ title }) => title);
  const open = of("unchecked").map(({ title }) => title);
  const said = wrong.length > 0
    ? [sentence(wrong.join("; "))]
    : sound.length > 0
    ? [`Sound: ${sound.join(", ")}.`]
    : [];
  const left = open.length > 0 ? [`Not checked: ${open.join(", ")}.`] : [];
  return [...said, ...left].join(" ") || "Nothing to check: the method has no causal graph.";
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}
