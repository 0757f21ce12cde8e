import { meanOf } from "../../lib/metrics/mean.ts";
import { checkNames, type Verdict } from "../../lib/metrics/verdicts/verdict.ts";
import type { MetricRow, Run } from "../../lib/store/store.ts";
import { controlRoleOf } from "../read/controls.ts";
import { seedStatistics } from "./interval_statistics.ts";
import { formatMetric, formatNumber, metricInfo } from "../metric_info.ts";

/**
 * Without an interval over seeds, a return or an error that is not better by this share of the control's counts as no
 * better: about one standard error of a mean of ten episodes.
 */
export const relativeMargin = 0.05;

/**
 * Without an interval over seeds, an accuracy that is not higher by this much counts as no better: two standard errors of
 * the difference of two accuracies near 95 % over 4,096 predictions.
 */
export const accuracyMargin = 0.01;

/** Whether a run is the control without learnable edges. */
export function leavesEdgesOut(run: Pick<Run, "spec">): boolean {
  return controlRoleOf(run) === "lower";
}

/** Last records of a run and of the control with the same suite, environment and seed. */
export interface ComparedSeed {
  readonly own: readonly MetricRow[];
  readonly control: readonly MetricRow[];
}

/**
 * Whether a method is better under the shift than leaving all learnable edges out. In the same metrics and splits of the
 * same seeds: return, and accuracy (or squared error, where variables are continuous), each a mean over the shifted
 * splits. From three seeds on the 95 % interval (Student's t) of the seeds' differences has to lie above zero. Fewer seeds
 * cannot show that a method is better, only that it is not, by less than a margin in the mean difference. Not better in
 * one of them is a fault: a claim of robustness rests on both.
 *
 * @param seeds Those for which both have finished.
 */
export function controlVerdict(seeds: readonly ComparedSeed[]): Verdict {
  const compared = ["return", hasMetric(seeds, "mse") ? "mse" : "accuracy"].flatMap((metric) => compare(seeds, metric));
  if (compared.length === 0) {
    return {
      check: "control",
      outcome: "unchecked",
      title: checkNames.control,
      sentence:
        "Not compared with leaving edges out: there is no finished run of the control without learnable edges " +
        "(method fixed-graph, graph none) for this suite, environment and seed.",
      figure: null,
    };
  }
  const failed = compared.filter(({ isBetter }) => !isBetter);
  const texts = compared.map(({ text }) => text).join("; ");
  const figure = { value: compared[0]!.gain, unit: "", of: "return above leaving edges out" };
  if (failed.length === 0) {
    const isShown = compared.every(({ hasInterval }) => hasInterval);
    return {
      check: "control",
      outcome: isShown ? "sound" : "unchecked",
      title: checkNames.control,
      sentence: isShown
        ? `Better than leaving edges out under the shift: ${texts}.`
        : `Above leaving edges out under the shift, though so few seeds do not show that it is better: ${texts}.`,
      figure,
    };
  }
  const isWorse = failed.every(({ isWorse }) => isWorse);
  const what = isWorse ? "worse than leaving edges out" : "no better than leaving edges out";
  const where = failed.length === compared.length ? "" : ` in ${failed.map(({ name }) => name).join(" and ")}`;
  return {
    check: "control",
    outcome: "fault",
    title: what + where,
    sentence: `${what.charAt(0).toUpperCase()}${what.slice(1)} under the shift${where}: ${texts}.`,
    figure,
  };
}

interface Compared {
  readonly name: string;
  readonly gain: number;
  readonly isBetter: boolean;
  readonly isWorse: boolean;
  readonly hasInterval: boolean;
  readonly text: string;
}

/** Of one metric; empty where no seed has it for both. */
function compare(seeds: readonly ComparedSeed[], metric: string): Compared[] {
  const pairs = seeds.flatMap((seed) => {
    const splits = seed.own.filter((row) => isShifted(row, metric)).map(({ split }) => split)
      .filter((split) => seed.control.some((row) => isShifted(row, metric) && row.split === split));
    const mean = (rows: readonly MetricRow[]) =>
      meanOf(rows.filter((row) => isWhole(row, metric) && splits.includes(row.split)).map(({ value }) => value));
    const [own, other] = [mean(seed.own), mean(seed.control)];
    return own === null || other === null ? [] : [{ own, other }];
  });
  if (pairs.length === 0) return [];
  const info = metricInfo(metric);
  const sign = info.better === "lower" ? -1 : 1;
  // Errors that differ by powers of ten are compared as ratios.
  const isRatio = info.log && pairs.every(({ own, other }) => own > 0 && other > 0);
  const scaled = (value: number) => isRatio ? Math.log10(value) : value;
  const { mean, low, high } = seedStatistics(pairs.map(({ own, other }) => scaled(own) - scaled(other)));
  const [own, other] = [meanOf(pairs.map((pair) => pair.own))!, meanOf(pairs.map((pair) => pair.other))!];
  const margin = metric === "accuracy"
    ? accuracyMargin
    : isRatio
    ? Math.log10(1 + relativeMargin)
    : relativeMargin * Math.abs(other);
  const [least, most] = low === null || high === null
    ? [sign * mean! - margin, sign * mean! + margin]
    : [Math.min(sign * low, sign * high), Math.max(sign * low, sign * high)];
  const unit = info.scale === 100 ? " %" : "";
  const name = { return: "return", accuracy: "accuracy", mse: "squared error" }[metric] ?? metric;
  const change = (value: number) =>
    isRatio ? `${formatNumber(10 ** value, 2)} times` : `${value > 0 ? "+" : ""}${formatMetric(metric, value)}`;
  const spread = low === null || high === null
    ? `${pairs.length} ${pairs.length === 1 ? "seed" : "seeds"}, too few for an interval`
    : `95 % interval ${change(low)} to ${change(high)}, ${pairs.length} seeds`;
  return [{
    name,
    gain: sign * mean!,
    isBetter: least > 0,
    isWorse: most < 0,
    hasInterval: low !== null && high !== null,
    text: `${name} ${formatMetric(metric, own)}${unit} against ${formatMetric(metric, other)}${unit} ` +
      `(${change(mean!)}; ${spread})`,
  }];
}

function hasMetric(seeds: readonly ComparedSeed[], metric: string): boolean {
  return seeds.some(({ own }) => own.some((row) => isShifted(row, metric)));
}

function isShifted(row: MetricRow, metric: string): boolean {
  return isWhole(row, metric) && row.split !== "train" && row.value !== null;
}

function isWhole(row: MetricRow, metric: string): boolean {
  return row.name === metric && row.qualifier === "";
}
