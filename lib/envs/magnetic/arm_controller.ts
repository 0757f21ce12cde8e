import { solveDamped } from "./arm_kinematics.ts";
import type { MagneticConfig } from "./magnetic_config.ts";

/** Live views of MuJoCo's arrays and the numbers of one control step. */
export interface ArmSituation {
  /** A point on each joint's axis, [6, 3] from `offset` on. */
  readonly anchors: Float64Array;
  /** Direction of each joint's axis, [6, 3] from `offset` on. */
  readonly axes: Float64Array;
  /** First number of the arm's joints in `anchors` and `axes`. */
  readonly offset: number;
  /** Joint velocities, rad/s, [6]. */
  readonly velocity: Float64Array;
  /** End effector's position, [3], and rotation, row-major [3, 3]. */
  readonly position: Float64Array;
  readonly rotation: Float64Array;
}

/**
 * Operational-space control of position and orientation: which joint accelerations bring the end effector back to its
 * reference. With a spring of stiffness kp and critical damping about a reference path,
 * `acceleration = path's + kp·(path - x) + 2√kp·(path's velocity - velocity)`, then joint accelerations by damped least
 * squares from `J q'' = acceleration - J' q'`.
 *
 * The path leads from the position at the control step's start to the goal with the smoothest (least jerk) polynomial
 * and ends at rest. A goal that jumps, robosuite's way, leaves a velocity that no observation shows.
 *
 * Scratch arrays are reused: one controller serves one physics.
 */
export class ArmController {
  readonly #config: MagneticConfig;
  readonly #jacobian = new Float64Array(36);
  readonly #wanted = new Float64Array(6);
  readonly #start = new Float64Array(3);
  readonly #goal = new Float64Array(3);
  /** Share of the way at each substep, from -1 to `substeps` + 1, shifted by one. */
  readonly #path: Float64Array;

  constructor(config: MagneticConfig) {
    this.#config = config;
    const { substeps } = config.control;
    this.#path = Float64Array.from({ length: substeps + 3 }, (_, k) => {
      const t = Math.min(Math.max((k - 1) / substeps, 0), 1);
      return t * t * t * (10 - 15 * t + 6 * t * t);
    });
  }

  /** Starts a control step: the goal is the position moved by the scaled action, within the hand's box. */
  begin(position: ArrayLike<number>, action: ArrayLike<number>): void {
    const { control, hand } = this.#config;
    for (let k = 0; k < 3; k++) {
      const move = control.actionScale * Math.min(Math.max(action[k]!, -1), 1);
      this.#start[k] = position[k]!;
      this.#goal[k] = Math.min(Math.max(position[k]! + move, hand.low[k]!), hand.high[k]!);
    }
  }

  /**
   * Joint accelerations wanted in a substep.
   *
   * @param substep 0 to `substeps` - 1.
   * @returns [6], rad/s²; overwritten by the next call.
   */
  accelerations(substep: number, situation: ArmSituation): Float64Array {
    const { stiffness, timeStep, leastSquares } = this.#config.control;
    const damping = 2 * Math.sqrt(stiffness);
    const moving = this.#fillJacobian(situation);
    const [before, now, after] = [this.#path[substep]!, this.#path[substep + 1]!, this.#path[substep + 2]!];
    const { position, rotation } = situation;
    const wanted = this.#wanted;
    for (let k = 0; k < 3; k++) {
      const way = this.#goal[k]! - this.#start[k]!;
      // Differences of the sampled path, as the integrator (velocity first) follows them without lag.
      wanted[k] = way * (after - 2 * now + before) / (timeStep * timeStep) +
        stiffness * (this.#start[k]! + way * now - position[k]!) +
        damping * (way * (now - before) / timeStep - moving.velocity[k]!) - moving.bias[k]!;
    }
    // The tool points down, its x along the world's: rotation diag(1, -1, -1).
    const [r, w, b] = [rotation, moving.velocity, moving.bias];
    wanted[3] = stiffness * (r[5]! - r[7]!) * -0.5 - damping * w[3]! - b[3]!;
    wanted[4] = stiffness * 0.5 * (r[6]! + r[2]!) - damping * w[4]! - b[4]!;
    wanted[5] = stiffness * -0.5 * (r[3]! + r[1]!) - damping * w[5]! - b[5]!;
    return solveDamped(this.#jacobian, wanted, { damping: leastSquares });
  }

  #velocity = new Float64Array(6);
  #bias = new Float64Array(6);

  /** Fills the Jacobian [6, 6]; returns the end effector's velocity and J' q', each [linear, angular]. */
  #fillJacobian(situation: ArmSituation): { readonly velocity: Float64Array; readonly bias: Float64Array } {
    const { anchors, axes, offset, velocity: rates, position } = situation;
    const jacobian = this.#jacobian;
    const velocity = this.#velocity.fill(0);
    const bias = this.#bias.fill(0);
    // Angular velocity and acceleration of the links so far, and linear velocity of the joint's anchor.
    let wx = 0, wy = 0, wz = 0;
    for (let j = 0; j < 6; j++) {
      const at = offset + 3 * j;
      const [ax, ay, az] = [axes[at]!, axes[at + 1]!, axes[at + 2]!];
      const [px, py, pz] = [
        position[0]! - anchors[at]!,
        position[1]! - anchors[at + 1]!,
        position[2]! - anchors[at + 2]!,
      ];
      const rate = rates[j]!;
      const [lx, ly, lz] = [ay * pz - az * py, az * px - ax * pz, ax * py - ay * px];
      jacobian[j] = lx;
      jacobian[6 + j] = ly;
      jacobian[12 + j] = lz;
      jacobian[18 + j] = ax;
      jacobian[24 + j] = ay;
      jacobian[30 + j] = az;
      // The axis turns with the links before it: axis' = w x axis.
      const [dx, dy, dz] = [wy * az - wz * ay, wz * ax - wx * az, wx * ay - wy * ax];
      bias[3]! += rate * dx;
      bias[4]! += rate * dy;
      bias[5]! += rate * dz;
      velocity[0]! += rate * lx;
      velocity[1]! += rate * ly;
      velocity[2]! += rate * lz;
      wx += rate * ax;
      wy += rate * ay;
      wz += rate * az;
    }
    velocity[3] = wx;
    velocity[4] = wy;
    velocity[5] = wz;
    this.#fillLinearBias(situation);
    return { velocity, bias };
  }

  /** J' q' of the tip: sum over links of w x (w x r) + w' x r, r from joint to joint, then to the tip. */
  #fillLinearBias({ anchors, axes, offset, velocity: rates, position }: ArmSituation): void {
    const bias = this.#bias;
    let wx = 0, wy = 0, wz = 0, ux = 0, uy = 0, uz = 0;
    for (let j = 0; j < 6; j++) {
      const at = offset + 3 * j;
      const [ax, ay, az] = [axes[at]!, axes[at + 1]!, axes[at + 2]!];
      const rate = rates[j]!;
      ux += rate * (wy * az - wz * ay);
      uy += rate * (wz * ax - wx * az);
      uz += rate * (wx * ay - wy * ax);
      wx += rate * ax;
      wy += rate * ay;
      wz += rate * az;
      const isLast = j === 5;
      const rx = (isLast ? position[0]! : anchors[at + 3]!) - anchors[at]!;
      const ry = (isLast ? position[1]! : anchors[at + 4]!) - anchors[at + 1]!;
      const rz = (isLast ? position[2]! : anchors[at + 5]!) - anchors[at + 2]!;
      const [cx, cy, cz] = [wy * rz - wz * ry, wz * rx - wx * rz, wx * ry - wy * rx];
      bias[0]! += wy * cz - wz * cy + uy * rz - uz * ry;
      bias[1]! += wz * cx - wx * cz + uz * rx - ux * rz;
      bias[2]! += wx * cy - wy * cx + ux * ry - uy * rx;
    }
  }
}
