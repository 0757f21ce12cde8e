import type { Rng } from "../../../lib/core/rng.ts";
import type { SeedResult } from "../../../lib/metrics/comparison/mod.ts";

const accuracy = { name: "accuracy", qualifier: "" };
const episodeReturn = { name: "return", qualifier: "" };

/** Accuracy of each method under training's conditions and under shifts, as small suites were seen to have them. */
const methods: readonly {
  readonly id: string;
  readonly train: number;
  readonly shifted: number;
  readonly collapses: number;
}[] = [
  { id: "fcdl", train: 0.93, shifted: 0.85, collapses: 0.1 },
  { id: "fcdl-sparse", train: 0.94, shifted: 0.93, collapses: 0 },
  { id: "ncd", train: 0.92, shifted: 0.78, collapses: 0.15 },
  { id: "mlp", train: 0.9, shifted: 0.47, collapses: 0 },
  { id: "gnn", train: 0.88, shifted: 0.55, collapses: 0.05 },
  { id: "true local graph", train: 0.995, shifted: 0.985, collapses: 0 },
];

/** What an execution is made with. */
export interface MadeExecution {
  readonly seeds: readonly number[];
  /** Draws what the code decides: the same gives the same execution to the bit. */
  readonly rng: Rng;
  /** The part of a method's accuracy under shifts that is lost. */
  readonly worse?: { readonly method: string; readonly loss: number };
}

/**
 * Results of an execution as real ones are: a seed draws an environment, which makes all methods better or worse; a run
 * has luck of its own, on all splits; some methods collapse on some seeds; numbers come in steps, of 512 predictions and
 * of ten episodes. Two environments, six methods, four splits, two metrics: 96 numbers.
 *
 * @param world Draws what belongs to a seed, so that it is the same in every execution.
 */
export function madeResults(world: Rng, { seeds, rng, worse }: MadeExecution): SeedResult[] {
  const results: SeedResult[] = [];
  for (const environment of ["chemical-fork", "chemical-chain"]) {
    for (const seed of seeds) {
      const hardness = 0.25 * world.fork(`${environment} ${seed}`).normal();
      for (const { id, train, shifted, collapses } of methods) {
        const luck = 0.25 * rng.normal();
        const hasCollapsed = rng.uniform() < collapses;
        for (const split of ["train", "n2", "n4", "n6"]) {
          const isShifted = split !== "train";
          const mean = isShifted ? shifted * (id === worse?.method ? 1 - worse.loss : 1) : train;
          const share = logistic(
            logit(mean) + hardness + luck + 0.1 * rng.normal() - (hasCollapsed && isShifted ? 2 : 0),
          );
          // Binomial, near enough.
          const right = Math.round(512 * share + Math.sqrt(512 * share * (1 - share)) * rng.normal());
          let reward = 0;
          for (let i = 0; i < 10; i++) reward += Math.max(0, Math.round(25 * share + 4 * rng.normal()));
          const run = { environment, method: id, split, seed };
          results.push({ ...run, metric: accuracy, value: Math.min(right, 512) / 512 });
          results.push({ ...run, metric: episodeReturn, value: reward / 10 });
        }
      }
    }
  }
  return results;
}

function logit(share: number): number {
  return Math.log(share / (1 - share));
}

function logistic(value: number): number {
  return 1 / (1 + Math.exp(-value));
}

/** Whole numbers from `first` on. */
export function seedsFrom(first: number, count: number): number[] {
  return Array.from({ length: count }, (_, i) => first + i);
}
