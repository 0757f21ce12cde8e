import type { MetricId } from "../lib/records/metric_id.ts";

/** A metric from a text that tests write it with, `accuracy/x3` or `accuracy_t3`. */
export function metricOf(text: string): MetricId {
  const [, stepped, steps] = /^(\w+_t)(\d+)$/.exec(text) ?? [];
  if (stepped !== undefined) return { name: stepped, qualifier: steps! };
  const [name = "", ...rest] = text.split("/");
  return { name, qualifier: rest.join("/") };
}
