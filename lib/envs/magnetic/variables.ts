import type { Variable } from "../../core/variable.ts";
import type { MagneticConfig } from "./magnetic_config.ts";

/** Index of each state variable. */
export const at = {
  ballColor: 0,
  boxColor: 1,
  ballX: 2,
  ballY: 3,
  boxX: 4,
  boxY: 5,
  handX: 6,
  handY: 7,
  handZ: 8,
} as const;

/** N, state variables. */
export const stateCount = 9;
/** M, action variables. */
export const actionCount = 3;
/** L, hidden numbers: 6 joint angles, 6 joint rates, the ball's velocity. */
export const hiddenCount = 14;

/** Value of a colour that is magnetic. */
export const red = 1;
/** Value of the other colour. */
export const black = 0;

/** The 9 state variables, in the order of {@link at}. */
export function magneticVariables({ table, hand }: MagneticConfig): Variable[] {
  const [x, y] = [{ low: -table.halfX, high: table.halfX }, { low: -table.halfY, high: table.halfY }];
  const color = (name: string): Variable => ({ kind: "categorical", name, categories: 2 });
  const place = (name: string, range: { readonly low: number; readonly high: number }): Variable => (
    { kind: "continuous", name, ...range }
  );
  return [
    color("ball color"),
    color("box color"),
    place("ball x", x),
    place("ball y", y),
    place("box x", x),
    place("box y", y),
    ...["x", "y", "z"].map((axis, k) => place(`hand ${axis}`, { low: hand.low[k]!, high: hand.high[k]! })),
  ];
}

/** The 3 action variables: displacement of the end effector in units of the action scale. */
export function magneticActions(): Variable[] {
  return ["x", "y", "z"].map((axis) => ({ kind: "continuous", name: `move ${axis}`, low: -1, high: 1 }));
}

/** Whether ball and box of a row of values are both red. */
export function isMagnetic(values: Float32Array, row: number): boolean {
  return values[row * stateCount + at.ballColor] === red && values[row * stateCount + at.boxColor] === red;
}
