import type { Split } from "../environment.ts";
import { boxShift } from "./box_shift.ts";
import type { MagneticConfig } from "./magnetic_config.ts";
import type { Start } from "./resets.ts";
import { at, stateCount } from "./variables.ts";

/** A split of Magnetic and how its episodes start. */
export interface MagneticSplit {
  readonly split: Split;
  readonly start: Start;
}

/** `train`; `ood`, box off the table and ball or box black; `ood-red`, box off the table and both red. */
export function magneticSplits(config: MagneticConfig): MagneticSplit[] {
  const all = Array.from({ length: stateCount }, (_, index) => index);
  const withoutBox = all.filter((index) => index !== at.boxX && index !== at.boxY);
  return [
    {
      split: { id: "train", label: "train", inDistribution: true, scoredVariables: all, shift: null },
      start: { colors: "any", isBoxShifted: false },
    },
    {
      split: {
        id: "ood",
        label: "box off the table",
        inDistribution: false,
        scoredVariables: withoutBox,
        shift: boxShift(config),
      },
      start: { colors: "not both red", isBoxShifted: true },
    },
    {
      split: {
        id: "ood-red",
        label: "box off the table, both red",
        inDistribution: false,
        scoredVariables: withoutBox,
        shift: null,
      },
      start: { colors: "both red", isBoxShifted: true },
    },
  ];
}
