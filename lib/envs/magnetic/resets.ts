import type { Rng } from "../../core/rng.ts";
import { type ArmGeometry, armPose, solveAngles } from "./arm_kinematics.ts";
import type { MagneticConfig } from "./magnetic_config.ts";
import { at, black, hiddenCount, red, stateCount } from "./variables.ts";

/** Which colours a split draws. */
export type ColorRule = "any" | "not both red" | "both red";

/** How a split's episodes start. */
export interface Start {
  readonly colors: ColorRule;
  /** True for a box that is drawn from N(0, boxShift²) instead of on the table. */
  readonly isBoxShifted: boolean;
}

/** The tool points down, its x along the world's. */
export const toolDown: readonly number[] = [1, 0, 0, 0, -1, 0, 0, 0, -1];

/** The arm of a configuration for `armPose`; its base turns half a circle, since the maker's frames point along -x. */
export function armOf({ arm }: MagneticConfig): ArmGeometry {
  const { d, a, alpha, toolLength } = arm;
  return { d, a, alpha, toolLength, base: { position: arm.base, rotation: [-1, 0, 0, 0, -1, 0, 0, 0, 1] } };
}

/**
 * Joint angles with the end effector at a point, tool down, elbow up.
 *
 * @throws {RangeError} If the point is out of reach.
 */
export function anglesAt(point: readonly number[], config: MagneticConfig): number[] {
  const { angles, error } = solveAngles(armOf(config), { position: point, rotation: toolDown }, {
    start: config.arm.home,
  });
  if (error > 1e-9) {
    throw new RangeError(
      `Cannot place the end effector: out of reach, expected a point over the table, got ${point.join(", ")}`,
    );
  }
  return angles;
}

/**
 * Starts an episode: colours uniform (of those the split allows), ball and box uniform on the table (or the box
 * shifted), the end effector uniform in a cube over the table's middle, everything at rest.
 *
 * @param values [9], overwritten.
 * @param hidden [14], overwritten.
 */
export function resetScene(
  { values, hidden }: { readonly values: Float32Array; readonly hidden: Float32Array },
  options: { readonly config: MagneticConfig; readonly start: Start; readonly rng: Rng },
): void {
  const { config, start, rng } = options;
  const { table, hand, task } = config;
  const colors = drawColors(start.colors, rng);
  values[at.ballColor] = colors.ball;
  values[at.boxColor] = colors.box;
  values[at.ballX] = spread(rng, table.halfX);
  values[at.ballY] = spread(rng, table.halfY);
  values[at.boxX] = start.isBoxShifted ? task.boxShift * rng.normal() : spread(rng, table.halfX);
  values[at.boxY] = start.isBoxShifted ? task.boxShift * rng.normal() : spread(rng, table.halfY);
  const angles = anglesAt(hand.start.map((middle) => middle + spread(rng, hand.startHalf)), config);
  placeArm({ values, hidden }, { angles, config });
}

/**
 * Puts the arm at rest at joint angles and notes where that brings the end effector.
 *
 * @param values [9] and hidden [14]: the hand's place and all that is hidden are overwritten.
 */
export function placeArm(
  { values, hidden }: { readonly values: Float32Array; readonly hidden: Float32Array },
  { angles, config }: { readonly angles: readonly number[]; readonly config: MagneticConfig },
): void {
  hidden.fill(0, 0, hiddenCount);
  hidden.set(angles);
  // From the angles as stored, rounded to float32, so that nobody sees more than is there.
  values.set(armPose(armOf(config), hidden).endEffector.position, at.handX);
  if (values.length !== stateCount) throw new RangeError(`Cannot place the arm: expected one row of ${stateCount}`);
}

function drawColors(rule: ColorRule, rng: Rng): { readonly ball: number; readonly box: number } {
  if (rule === "both red") return { ball: red, box: red };
  // 0 to 3 as two bits, 3 being both red.
  const pair = rng.integer(rule === "any" ? 4 : 3);
  return { ball: pair & 1 ? red : black, box: pair & 2 ? red : black };
}

/** Uniform in [-half, half). */
function spread(rng: Rng, half: number): number {
  return half * (2 * rng.uniform() - 1);
}
