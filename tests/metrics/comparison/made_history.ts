import { Rng } from "../../../lib/core/rng.ts";
import type { SeedValues } from "../../../lib/metrics/comparison/mod.ts";

/** A history of one method's accuracy. */
export interface MadeHistory {
  /** Executions, and seeds of each. */
  readonly length: number;
  readonly seeds: number;
  /** Results are drawn anew every so many executions, as by another version of the code; between, they are equal. */
  readonly every: number;
  /** Whether each execution has seeds of its own. */
  readonly other?: boolean;
  /** From this execution on a part of the accuracy is lost. */
  readonly step?: { readonly at: number; readonly loss: number };
}

/** Accuracies round 0.93 with a spread over seeds of 0.03: half of it belongs to the seed, half to luck. */
export function madeHistory(rng: Rng, { length, seeds, every, other = false, step }: MadeHistory): SeedValues[] {
  const hardness = new Map<number, number>();
  let lucks: number[] = [];
  return Array.from({ length }, (_, execution): SeedValues => {
    if (execution % every === 0 || execution === step?.at) lucks = Array.from({ length: seeds }, () => rng.normal());
    return new Map(lucks.map((luck, i) => {
      const seed = other ? execution * seeds + i : i;
      if (!hardness.has(seed)) hardness.set(seed, rng.normal());
      const share = 1 / (1 + Math.exp(-(2.6 + 0.3 * hardness.get(seed)! + 0.3 * luck)));
      const kept = step && execution >= step.at ? 1 - step.loss : 1;
      return [seed, Math.round(512 * share * kept) / 512];
    }));
  });
}
