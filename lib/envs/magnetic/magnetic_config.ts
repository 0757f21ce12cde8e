/**
 * Every constant of Magnetic. "paper" is Hwang et al. 2024; its environment was not released, so whatever is marked
 * "ours" is our choice, with its reason. Lengths in m, angles in rad, masses in kg, times in s.
 */
export interface MagneticConfig {
  readonly table: {
    /** Half of the table's extent along x and y; paper: 0.6 by 0.9 m. */
    readonly halfX: number;
    readonly halfY: number;
    /** Height of its top; paper. */
    readonly top: number;
  };
  readonly ball: {
    /** Ours: as large as what the gripper of a UR5e could hold. */
    readonly radius: number;
    /** Ours. Only damping / mass matters. */
    readonly mass: number;
    /**
     * Damping of its two slide joints, N·s/m. Ours: damping / mass = 2000 / s relaxes the velocity, which no
     * observation shows, within one substep, so position alone predicts the next position.
     */
    readonly damping: number;
  };
  readonly box: {
    /** Half of its edge. Ours. */
    readonly half: number;
  };
  readonly pull: {
    /** Speed of the ball under the largest pull, m/s. Ours: 3 cm a step, less than the hand's 5 cm, so it can follow. */
    readonly speed: number;
    /** Distance at which the pull is half of its bound. Ours: felt all over the table, gone at the shifted box. */
    readonly reach: number;
    /** Distance of the centres at which the ball stops. Ours: box half plus ball radius. */
    readonly stop: number;
    /** Width of the ramp from no pull at `stop` to full pull. Ours: no jump in the force, so no chatter at the box. */
    readonly ramp: number;
  };
  readonly arm: {
    /**
     * The base's place. Height: robosuite's pedestal. Ours: 0.19 behind the table's edge, not robosuite's 0.16, from
     * where the elbow folds up at the near edge and the end effector misses its goal by centimetres.
     */
    readonly base: readonly [number, number, number];
    /** Denavit-Hartenberg numbers of the UR5e (maker's data sheet). */
    readonly d: readonly number[];
    readonly a: readonly number[];
    readonly alpha: readonly number[];
    /** Link masses of the UR5e (maker's data sheet). */
    readonly masses: readonly number[];
    /** Largest torque of each joint, Nm (maker's data sheet). */
    readonly torque: readonly number[];
    /** Length of the tool beyond the flange. Ours: with it every point of the table is in reach, tool down. */
    readonly toolLength: number;
    /** Joint angles at rest: robosuite's UR5e. Start of inverse kinematics, so they pick the branch (elbow up). */
    readonly home: readonly number[];
  };
  readonly hand: {
    /** Where an episode's end effector starts: uniform within `startHalf` of `start`. Ours: over the table's middle. */
    readonly start: readonly [number, number, number];
    readonly startHalf: number;
    /** Goals of the end effector are clipped to this box. Ours: above the table, where the arm neither folds nor locks. */
    readonly low: readonly [number, number, number];
    readonly high: readonly [number, number, number];
  };
  readonly control: {
    /** Displacement of the end effector's goal for an action of 1; robosuite's default for this controller. */
    readonly actionScale: number;
    /** One physics step. */
    readonly timeStep: number;
    /**
     * Physics steps in a control step. Ours: 0.2 s, so that the end effector comes to rest at its goal within one
     * control step without reaching a torque limit: its velocity is not observed either.
     */
    readonly substeps: number;
    /** Position gain of the operational-space controller, 1/s²; robosuite's default. Damping is critical. */
    readonly stiffness: number;
    /** Damping of the least squares that turns end-effector into joint accelerations. Ours: bounds them where folded. */
    readonly leastSquares: number;
  };
  readonly task: {
    /** Steps of an episode; paper. */
    readonly episodeLength: number;
    /** Standard deviation of the box's x and y out of distribution; paper. */
    readonly boxShift: number;
    /** Factor in reward = 1 - tanh(sharpness · distance); paper, eq. 42. */
    readonly sharpness: number;
    /** L1 distance below which the task is done; paper. */
    readonly successDistance: number;
  };
}

/** The defaults. */
export const magneticConfig: MagneticConfig = {
  table: { halfX: 0.3, halfY: 0.45, top: 0.8 },
  ball: { radius: 0.03, mass: 0.1, damping: 200 },
  box: { half: 0.04 },
  pull: { speed: 0.15, reach: 0.3, stop: 0.07, ramp: 0.05 },
  arm: {
    base: [-0.49, 0, 0.912],
    d: [0.1625, 0, 0, 0.1333, 0.0997, 0.0996],
    a: [0, -0.425, -0.3922, 0, 0, 0],
    alpha: [Math.PI / 2, 0, 0, Math.PI / 2, -Math.PI / 2, 0],
    masses: [3.761, 8.058, 2.846, 1.37, 1.3, 0.365],
    torque: [150, 150, 150, 28, 28, 28],
    toolLength: 0.08,
    home: [-0.470, -1.735, 2.480, -2.275, -1.590, -1.991],
  },
  hand: { start: [0, 0, 0.95], startHalf: 0.05, low: [-0.27, -0.45, 0.81], high: [0.3, 0.45, 1.05] },
  control: { actionScale: 0.05, timeStep: 0.004, substeps: 50, stiffness: 150, leastSquares: 1e-6 },
  task: { episodeLength: 25, boxShift: 100, sharpness: 5, successDistance: 0.05 },
};
