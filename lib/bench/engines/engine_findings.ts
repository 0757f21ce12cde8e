import type { RunSpec } from "../../experiment/run_spec.ts";

/** One loop of training: an update, and a plan for each environment. */
export interface LoopTimes {
  /** Median, ms. */
  readonly updateMs: number;
  /** Median, ms. */
  readonly planMs: number;
}

/** Losses of the first updates of a run, by name. */
export type TrialLosses = readonly Readonly<Record<string, number>>[];

/**
 * How far two engines' losses may lie apart: the first update's by rounding; later ones' by what rounding makes of Adam's
 * first steps, which have the size of the learning rate whatever that of the gradient. Where a feature hardly varies over
 * a batch, normalised it lies at the kink of the ReLU after it, and which slope it gets is rounding too: the gradient's
 * norm tells only that it is no other number altogether.
 */
const tolerance = { first: 2e-3, later: 3e-2, absolute: 1e-4, normFactor: 20 } as const;

/** What of some losses lies too far from the plain engine's, in a few words; null where nothing does. */
export function differenceOf(losses: TrialLosses, plain: TrialLosses): string | null {
  for (const [k, expected] of plain.entries()) {
    for (const [name, there] of Object.entries(expected)) {
      const here = losses[k]?.[name];
      if (here === undefined || !isClose(here, there, { name, isFirst: k === 0 })) {
        return `loss ${name} of update ${k + 1} is ${here ?? "missing"} and ${there} on cpu`;
      }
    }
  }
  return null;
}

function isClose(
  here: number,
  there: number,
  { name, isFirst }: { readonly name: string; readonly isFirst: boolean },
): boolean {
  if (name === "gradient_norm") {
    return here <= there * tolerance.normFactor && there <= here * tolerance.normFactor;
  }
  const relative = isFirst ? tolerance.first : tolerance.later;
  return Math.abs(here - there) <= tolerance.absolute + relative * Math.abs(there);
}

/** A run as the plain engine computes it for a comparison: the plain network, which has less to do for a small batch. */
export function plainly(spec: RunSpec): RunSpec {
  return { ...spec, fast: false };
}

/** The engine that is taken when in doubt, and against which others are measured. */
export const safeEngine = "wasm";
