import type { Variable } from "../../core/variable.ts";
import type { Split } from "../environment.ts";
import { gaussianScaling } from "../shifts/gaussian_scaling.ts";

/** The split that is the training task. */
export const trainSplit = "train";

/** A split of Chemical and the number of its noisy nodes, 0 for training. */
export interface ChemicalSplit {
  readonly split: Split;
  /** n: nodes 1..n are noisy. */
  readonly noisy: number;
}

/**
 * The training split and one test split for each number n of noisy nodes.
 *
 * @param variables The N nodes.
 * @param options.noisyNodes The n, each in 1..N-2.
 * @param options.scale Standard deviation of the factors on the noisy nodes' one-hots.
 */
export function chemicalSplits(
  variables: readonly Variable[],
  options: { readonly noisyNodes: readonly number[]; readonly scale: number },
): ChemicalSplit[] {
  const all = variables.map((_, node) => node);
  const train: Split = {
    id: trainSplit,
    label: "train",
    inDistribution: true,
    scoredVariables: all,
    shift: null,
  };
  const tests = options.noisyNodes.map((noisy) => ({
    noisy,
    split: {
      id: `n${noisy}`,
      label: `n = ${noisy}`,
      inDistribution: false,
      scoredVariables: all.filter((node) => node === 0 || node > noisy),
      shift: gaussianScaling(variables, { chosen: all.slice(1, noisy + 1), scale: options.scale }),
    },
  }));
  return [{ split: train, noisy: 0 }, ...tests];
}
