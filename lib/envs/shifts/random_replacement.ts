import { columnOffsets, totalWidth, type Variable, widthOf } from "../../core/variable.ts";
import type { ObservationShift } from "../environment.ts";
import { chosenVariables } from "./chosen_variables.ts";

/**
 * The shift that makes variables noisy: in each observation, each of them by itself shows with some probability a value
 * drawn uniformly from all its categories (the true one included) or from its range, instead of its own. What is
 * observed of a categorical variable stays an exact one-hot.
 *
 * @param variables The N variables of an observation, in order.
 * @param options.chosen Indices of the noisy variables, in 0..N-1.
 * @param options.probability Chance of a replacement, in [0, 1].
 * @throws {RangeError} If a chosen index is not a variable's.
 */
export function randomReplacement(
  variables: readonly Variable[],
  options: { readonly chosen: readonly number[]; readonly probability: number },
): ObservationShift {
  const { probability } = options;
  const noisy = chosenVariables(variables, options.chosen);
  const offsets = columnOffsets(variables);
  const width = totalWidth(variables);
  return {
    variables: options.chosen,
    description: `${noisy.map(({ variable }) => variable.name).join(", ")} replaced with probability ${probability}`,
    apply(encoded, rng) {
      const shifted = encoded.slice();
      for (let row = 0; row < shifted.length; row += width) {
        for (const { index, variable } of noisy) {
          // Both draws are made for every variable, so that one replacement does not change another's draws.
          const isReplaced = rng.uniform() < probability;
          const place = rng.uniform();
          if (!isReplaced) continue;
          const start = row + offsets[index]!;
          if (variable.kind === "continuous") {
            shifted[start] = variable.low + (variable.high - variable.low) * place;
          } else {
            shifted.fill(0, start, start + widthOf(variable));
            shifted[start + Math.floor(place * variable.categories)] = 1;
          }
        }
      }
      return shifted;
    },
  };
}
