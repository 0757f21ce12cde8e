/** Which number: a metric of the catalogue, and of what, such as a context. */
export interface MetricId {
  readonly name: string;
  /** Which of those that the catalogue's entry names, such as a variable or a context; empty for the whole. */
  readonly qualifier: string;
}

/** A metric without a qualifier. */
export function wholeMetric(name: string): MetricId {
  return { name, qualifier: "" };
}

/** Each text is made once: files and tables ask for every row. */
const texts = new Map<string, Map<string, string>>();

/**
 * A metric as CSV files, command lines and tables write it: `accuracy/x3`; `accuracy_t3` where the name ends in `_t`, for
 * the number of steps. Nothing reads it back: what is recorded, stored and looked up is name and qualifier.
 *
 * @example
 * ```ts
 * import { equal } from "node:assert/strict";
 *
 * equal(metricText({ name: "edge_f1", qualifier: "local" }), "edge_f1/local");
 * equal(metricText(wholeMetric("return")), "return");
 * ```
 */
export function metricText({ name, qualifier }: MetricId): string {
  if (qualifier === "") return name;
  let known = texts.get(name);
  if (!known) texts.set(name, known = new Map());
  let text = known.get(qualifier);
  if (text === undefined) known.set(qualifier, text = `${name}${name.endsWith("_t") ? "" : "/"}${qualifier}`);
  return text;
}
