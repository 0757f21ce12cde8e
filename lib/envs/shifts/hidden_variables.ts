import { columnOffsets, totalWidth, type Variable, widthOf } from "../../core/variable.ts";
import type { ObservationShift } from "../environment.ts";
import { chosenVariables } from "./chosen_variables.ts";

/**
 * The shift that hides variables: each shows the same value in every observation, category 0 if it is categorical, the
 * middle of its range if it is continuous. An encoding has no column for "missing", and a constant says as little; so
 * what is observed stays an exact one-hot, and first layers can be tables. Takes no draws.
 *
 * @param variables The N variables of an observation, in order.
 * @param chosen Indices of the hidden variables, in 0..N-1.
 * @throws {RangeError} If a chosen index is not a variable's.
 */
export function hiddenVariables(variables: readonly Variable[], chosen: readonly number[]): ObservationShift {
  const hidden = chosenVariables(variables, chosen);
  const offsets = columnOffsets(variables);
  const width = totalWidth(variables);
  const constants = hidden.map(({ index, variable }) => ({
    start: offsets[index]!,
    values: variable.kind === "continuous"
      ? [(variable.low + variable.high) / 2]
      : Array.from({ length: widthOf(variable) }, (_, category) => category === 0 ? 1 : 0),
  }));
  return {
    variables: chosen,
    description: `${hidden.map(({ variable }) => variable.name).join(", ")} hidden`,
    apply(encoded) {
      const shifted = encoded.slice();
      for (let row = 0; row < shifted.length; row += width) {
        for (const { start, values } of constants) shifted.set(values, row + start);
      }
      return shifted;
    },
  };
}
