import { metricTextOf } from "../lib/metrics/catalogue.ts";
import type { MetricInfo } from "../lib/metrics/metric_entry.ts";
import { type MetricId, metricText, wholeMetric } from "../lib/records/metric_id.ts";

export type { MetricInfo };

const base: MetricInfo = {
  ...{ label: "", unit: "", axis: "", scale: 1, digits: 2 },
  ...{ better: "neither", min: null, max: null, log: false },
};

/** Each is looked into once: tables ask for every cell. */
const known = new Map<string, MetricInfo>();

/** How a metric, or the whole metric of a name, is shown; one that nobody described keeps its own name. */
export function metricInfo(metric: MetricId | string): MetricInfo {
  const text = typeof metric === "string" ? metric : metricText(metric);
  let info = known.get(text);
  if (!info) known.set(text, info = describe(typeof metric === "string" ? wholeMetric(metric) : metric));
  return info;
}

function describe(metric: MetricId): MetricInfo {
  const { entry, own, isNamed } = metricTextOf(metric);
  if (!entry || !own) return { ...base, label: metricText(metric), axis: metricText(metric) };
  if (isNamed || metric.qualifier === "") return { ...base, ...own };
  const qualifier = entry.by === "steps" ? `${metric.qualifier} steps` : metric.qualifier.replaceAll("_", " ");
  return { ...base, ...own, label: `${own.label}, ${qualifier}` };
}

/**
 * A stored number as shown: scaled, with the metric's decimals, or with as many digits that count where values differ by
 * powers of ten; empty when missing.
 */
export function formatMetric(metric: MetricId | string, value: number | null | undefined): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return "";
  const info = metricInfo(metric);
  const shown = value * info.scale;
  const size = Math.abs(shown);
  const isWide = info.log && size >= 1e-4;
  const decimals = isWide ? Math.max(0, info.digits - 1 - Math.floor(Math.log10(size))) : info.digits;
  return formatNumber(shown, decimals);
}

/** A number with `digits` decimals and a true minus sign; very large and small ones in scientific form. */
export function formatNumber(value: number, digits: number): string {
  const size = Math.abs(value);
  const text = size >= 1e6 || (size > 0 && size < 0.5 * 10 ** -digits && size < 1e-4)
    ? value.toExponential(2)
    : value.toFixed(digits);
  return /^-0(\.0*)?$/.test(text) ? text.slice(1) : text.replace("-", "\u2212");
}

/** A split's name on pages: `n2` is "n = 2". */
export function splitLabel(split: string): string {
  return split.replace(/^n(\d+)$/, "n = $1");
}

/** Orders splits: `train` first, then by name with numbers as numbers. */
export function compareSplits(a: string, b: string): number {
  if (a === b) return 0;
  if (a === "train") return -1;
  if (b === "train") return 1;
  return compareNatural(a, b);
}

/** Made once: making it takes far longer than using it. */
const natural = new Intl.Collator("en", { numeric: true });

/** Orders names with the numbers in them as numbers, so that k16 follows k8. */
export function compareNatural(a: string, b: string): number {
  return natural.compare(a, b);
}
