/** What is asked of a trained model. */
export type CheckId =
  | "collapse"
  | "one-graph"
  | "contexts"
  | "shift"
  | "density"
  | "sparsity"
  | "given-edges"
  | "control";

/**
 * How a check ends. `fault`: the model fails it. `limit`: what is asked cannot be had from such a model, without its
 * being a failure, such as contexts from one graph for all. `sound`: measured, and nothing is wrong. `unchecked`: not
 * measured, so nothing can be said.
 */
export type Outcome = "fault" | "limit" | "sound" | "unchecked";

/** The answer to one check, for a person. */
export interface Verdict {
  readonly check: CheckId;
  readonly outcome: Outcome;
  /** A few words without a capital, such as "codes ignore contexts"; for what is sound or unchecked the check's name. */
  readonly title: string;
  /** With the numbers behind it, and the threshold. */
  readonly sentence: string;
  /** The number that decided; null where none was measured. */
  readonly figure: Figure | null;
}

/** A number with its unit. */
export interface Figure {
  readonly value: number;
  /** As shown, such as "%" for a value that is a share in percent. */
  readonly unit: string;
  /** What it is of, such as "of the uncertainty about the context taken away". */
  readonly of: string;
}

/** What each check is called where nothing is wrong. */
export const checkNames: Readonly<Record<CheckId, string>> = {
  collapse: "codebook in use",
  "one-graph": "graphs that differ",
  contexts: "contexts told apart",
  shift: "codes under the shift",
  density: "no edges too many",
  sparsity: "no edges missing",
  "given-edges": "given edges",
  control: "better than leaving edges out",
};

/** A share of 1 in percent, with one decimal if it needs one. */
export function percent(share: number): string {
  return `${fixed(100 * share)} %`;
}

/** A number with at most `digits` decimals and a true minus sign. */
export function fixed(value: number, digits = 1): string {
  return String(Number(value.toFixed(digits))).replace("-", "\u2212").replace(/^\u22120$/, "0");
}
