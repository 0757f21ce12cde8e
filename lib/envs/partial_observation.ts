import type { Rng } from "../core/rng.ts";
import type { Environment, ObservationShift } from "./environment.ts";
import { hiddenVariables } from "./shifts/hidden_variables.ts";
import { randomReplacement } from "./shifts/random_replacement.ts";
import { shiftsInOrder } from "./shifts/shifts_in_order.ts";

/** How much of the state a model observes, in training and test alike. */
export interface PartialObservation {
  /** Share of the state variables that are hidden, in [0, 1]; their number is rounded, and at least 1 if it is not 0. */
  readonly hiddenShare: number;
  /** Share of the state variables that are noisy; none of them is hidden. */
  readonly noisyShare: number;
  /** Chance that a noisy variable shows a uniformly random value in an observation. */
  readonly noise: number;
}

/** Indices of the variables that are hidden, and of those that are noisy, each rising. */
export interface ObservedVariables {
  readonly hidden: readonly number[];
  readonly noisy: readonly number[];
}

/**
 * Chooses variables at random. With the same draws, those of a smaller share are among those of a larger one, so levels
 * can be compared: hidden ones come from the front of one permutation, noisy ones from its end.
 *
 * @param count N.
 * @throws {RangeError} If no variable would be left that is seen, be it with noise.
 */
export function chooseObserved(
  count: number,
  { observation, rng }: { readonly observation: PartialObservation; readonly rng: Rng },
): ObservedVariables {
  const order = [...rng.permutation(count)];
  const hiddenCount = countOf(observation.hiddenShare, count);
  const noisyCount = Math.min(countOf(observation.noisyShare, count), count - hiddenCount);
  if (hiddenCount === count) {
    throw new RangeError(
      `Cannot hide state variables: none would be left, expected a hiddenShare that leaves one of ${count}, ` +
        `got ${observation.hiddenShare}`,
    );
  }
  const rising = (indices: number[]) => indices.sort((a, b) => a - b);
  return { hidden: rising(order.slice(0, hiddenCount)), noisy: rising(order.slice(count - noisyCount)) };
}

/**
 * The same world through worse sensors. In every split, training included, the model sees noisy variables with noise,
 * then what the split's own shift makes of that, then hidden variables as a constant; in training it also learns from
 * such observations (`spec.sensor`). Hidden variables are not scored; noisy ones are, against their true values. Goals,
 * rewards, contexts and true graphs stay the world's.
 *
 * @param environment Owned by the result, whose `dispose` frees it.
 * @param observed Which variables are hidden and noisy.
 */
export function partiallyObserved(
  environment: Environment,
  { observed, noise }: { readonly observed: ObservedVariables; readonly noise: number },
): Environment {
  const { stateVariables, splits } = environment.spec;
  const { hidden, noisy } = observed;
  const noiseShift = noisy.length === 0
    ? null
    : randomReplacement(stateVariables, { chosen: noisy, probability: noise });
  const hidingShift = hidden.length === 0 ? null : hiddenVariables(stateVariables, hidden);
  const sensor: ObservationShift | null = shiftsInOrder([noiseShift, hidingShift]);
  if (sensor === null) return environment;
  return {
    ...environment,
    spec: {
      ...environment.spec,
      sensor,
      splits: splits.map((split) => ({
        ...split,
        scoredVariables: split.scoredVariables.filter((index) => !hidden.includes(index)),
        shift: shiftsInOrder([noiseShift, split.shift, hidingShift]),
      })),
    },
  };
}

function countOf(share: number, count: number): number {
  return share === 0 ? 0 : Math.max(1, Math.round(share * count));
}
