import { columnOffsets, totalWidth, type Variable, widthOf } from "../../core/variable.ts";
import type { Rng } from "../../core/rng.ts";
import type { ObservationShift } from "../environment.ts";

/**
 * The shift that multiplies every column of the chosen variables by `scale`·N(0, 1), drawn anew for each column of each
 * observation. A one-hot so becomes one number of any sign and size; a continuous variable becomes noise of its own
 * size times `scale`.
 *
 * @param variables The N variables of an observation, in order; each categorical or continuous.
 * @param options.chosen Indices of the shifted variables, in 0..N-1.
 * @param options.scale Standard deviation of the factors.
 * @returns A shift that leaves its input and all other columns unchanged.
 * @throws {RangeError} If a chosen index is not a variable's.
 * @see Hwang et al. 2024, section 5.1 and the released program (deviation: none).
 */
export function gaussianScaling(
  variables: readonly Variable[],
  options: { readonly chosen: readonly number[]; readonly scale: number },
): ObservationShift {
  const columns = columnsOf(variables, options.chosen);
  const width = totalWidth(variables);
  const names = options.chosen.map((index) => variables[index]!.name).join(", ");
  return {
    variables: options.chosen,
    description: `${names} multiplied by ${options.scale}·N(0, 1)`,
    apply(encoded: Float32Array, rng: Rng): Float32Array {
      const shifted = encoded.slice();
      for (let row = 0; row < shifted.length; row += width) {
        for (const column of columns) {
          // A factor is drawn for zeros too, so that the draws do not depend on the values; + 0 turns -0 into 0.
          shifted[row + column] = shifted[row + column]! * options.scale * rng.normal() + 0;
        }
      }
      return shifted;
    },
  };
}

/** The encoded columns of the chosen variables. */
function columnsOf(variables: readonly Variable[], chosen: readonly number[]): number[] {
  const offsets = columnOffsets(variables);
  const columns: number[] = [];
  for (const index of chosen) {
    const variable = variables[index];
    if (variable === undefined) {
      throw new RangeError(
        `Cannot shift a variable: no such index, expected 0 to ${variables.length - 1}, got ${index}`,
      );
    }
    for (let k = 0; k < widthOf(variable); k++) columns.push(offsets[index]! + k);
  }
  return columns;
}
