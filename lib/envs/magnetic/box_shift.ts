import { columnOffsets, totalWidth } from "../../core/variable.ts";
import type { ObservationShift } from "../environment.ts";
import type { MagneticConfig } from "./magnetic_config.ts";
import { at, magneticVariables } from "./variables.ts";

/**
 * The shift that moves an observed box off the table, its x and y drawn from N(0, scale²). A box that already is off
 * the table stays, so the episodes of a split that starts this way are shown as they are; only observations of training
 * change, on which prediction out of distribution is measured. There the truth does not change as long as the box does
 * not act, that is unless ball and box are both red.
 *
 * @see Hwang et al. 2024, appendix (deviation: the paper does not say on which transitions it scores prediction).
 */
export function boxShift(config: MagneticConfig): ObservationShift {
  const variables = magneticVariables(config);
  const width = totalWidth(variables);
  const column = columnOffsets(variables)[at.boxX]!;
  const { boxShift: scale } = config.task;
  const { halfX, halfY } = config.table;
  return {
    variables: [at.boxX, at.boxY],
    description: `a box on the table moved to x, y drawn from N(0, ${scale}²)`,
    apply(encoded, rng) {
      const shifted = encoded.slice();
      for (let row = column; row < shifted.length; row += width) {
        // Drawn for every row, so that one row's place does not change another's draws.
        const [x, y] = [scale * rng.normal(), scale * rng.normal()];
        if (Math.abs(shifted[row]!) > halfX || Math.abs(shifted[row + 1]!) > halfY) continue;
        shifted[row] = x;
        shifted[row + 1] = y;
      }
      return shifted;
    },
  };
}
