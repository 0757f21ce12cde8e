import { maxOf } from "../core/extremes.ts";
import type { Score } from "../training/evaluation/score.ts";

/** Value of `return` and `success` at each evaluation so far, by `<split> <metric>`. */
export type ProtocolHistory = Record<string, (number | null)[]>;

const followed = new Set(["return", "success"]);

/** Adds an evaluation to the history. */
export function followScores(history: ProtocolHistory, scores: readonly Score[]): void {
  for (const { split, metric, value } of scores) {
    if (followed.has(metric)) (history[`${split} ${metric}`] ??= []).push(value);
  }
}

/**
 * Other readings of "final performance" than the last evaluation, so that the choice is visible: the best evaluation
 * (`return/best`) and the mean of the last three (`return/last_3`), by split; the same for `success`.
 */
export function protocolScores(history: ProtocolHistory): Score[] {
  return Object.entries(history).flatMap(([key, values]) => {
    const [split = "", metric = ""] = key.split(" ");
    const present = values.filter((value) => value !== null);
    if (present.length === 0) return [];
    const last = present.slice(-3);
    return [
      { split, metric: `${metric}/best`, value: maxOf(present) },
      { split, metric: `${metric}/last_3`, value: last.reduce((sum, value) => sum + value, 0) / last.length },
    ];
  });
}
