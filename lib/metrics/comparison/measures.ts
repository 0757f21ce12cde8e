import { metricTextOf } from "../catalogue.ts";

/** What a comparison asks of a metric. */
export interface Measure {
  readonly better: "higher" | "lower" | "neither";
  /** Whether it may be called worse; others are shown without a judgement. */
  readonly isJudged: boolean;
  /** The smallest worsening of a mean that matters, in the metric's unit. */
  margin(meanBefore: number): number;
}

/** What of an execution is judged: each more is one more test to correct for, and all others follow from these. */
const judged: readonly string[] = ["return", "success", "accuracy"];

/** Of a number from 0 to 1: two of a hundred. */
const SHARE_MARGIN = 0.02;

/** Of any other number, of its mean before. */
const RELATIVE_MARGIN = 0.05;

/**
 * What is asked of a metric of the catalogue. Judged are return, success and one-step accuracy as a whole. A worsening
 * matters from 2 percentage points on where the metric is a share, from 5 % of the mean before on where it is not.
 */
export function measureOf(metric: { readonly name: string; readonly qualifier: string }): Measure {
  const { entry, own } = metricTextOf(metric);
  const text = own ?? entry;
  const better = text?.better ?? "neither";
  const isShare = text?.unit === "share";
  return {
    better,
    isJudged: better !== "neither" && metric.qualifier === "" && judged.includes(metric.name),
    margin: (meanBefore) => isShare ? SHARE_MARGIN : RELATIVE_MARGIN * Math.abs(meanBefore),
  };
}
