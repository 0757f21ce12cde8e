import { maxOf } from "../core/extremes.ts";
import { type Score, scoreOf } from "../training/evaluation/score.ts";

/** Value of `return` and `success` at each evaluation so far, by `<split> <name>`; plain data, as checkpoints keep it. */
export type ProtocolHistory = Record<string, (number | null)[]>;

const followed = ["return", "success"] as const;

/** Adds an evaluation to the history. */
export function followScores(history: ProtocolHistory, scores: readonly Score[]): void {
  for (const { split, name, qualifier, value } of scores) {
    if (qualifier === "" && followed.some((each) => each === name)) (history[`${split} ${name}`] ??= []).push(value);
  }
}

/**
 * Other readings of "final performance" than the last evaluation, so that the choice is visible: the best evaluation
 * (qualifier `best`) and the mean of the last three (`last_3`), by split; of `return` and `success`.
 */
export function protocolScores(history: ProtocolHistory): Score[] {
  return Object.entries(history).flatMap(([key, values]) => {
    const name = followed.find((each) => key.endsWith(` ${each}`))!;
    const split = key.slice(0, -name.length - 1);
    const present = values.filter((value) => value !== null);
    if (present.length === 0) return [];
    const last = present.slice(-3);
    const mean = last.reduce((sum, value) => sum + value, 0) / last.length;
    return [
      scoreOf(split, name, { qualifier: "best", value: maxOf(present) }),
      scoreOf(split, name, { qualifier: "last_3", value: mean }),
    ];
  });
}
