/** A position and an orientation in the world. */
export interface Pose {
  /** x, y, z in m. */
  readonly position: readonly number[];
  /** 3 x 3, row-major; columns are the frame's axes in the world. */
  readonly rotation: readonly number[];
}

/** A serial arm by its Denavit-Hartenberg numbers. */
export interface ArmGeometry {
  /** Frame of the first joint at angle 0; it turns about its z. */
  readonly base: Pose;
  /** d, shift along each joint's axis, in m. */
  readonly d: readonly number[];
  /** a, shift along the turned x, in m. */
  readonly a: readonly number[];
  /** alpha, turn about the turned x, in rad. */
  readonly alpha: readonly number[];
  /** Length of the tool along the last joint's axis, after the last d, in m. */
  readonly toolLength: number;
}

/** Where an arm is at given joint angles. */
export interface ArmPose {
  /** The frame of each link, that is of each joint after its turn. */
  readonly links: readonly Pose[];
  /** The end effector: the tool's tip, z along the tool. */
  readonly endEffector: Pose;
}

/**
 * Forward kinematics.
 *
 * @param angles One angle a joint, in rad.
 */
export function armPose(arm: ArmGeometry, angles: ArrayLike<number>): ArmPose {
  const links: Pose[] = [];
  let frame = arm.base;
  for (let i = 0; i < arm.d.length; i++) {
    const link = { position: frame.position, rotation: product(frame.rotation, aboutZ(angles[i]!)) };
    links.push(link);
    const isLast = i === arm.d.length - 1;
    frame = {
      position: pointAt(link, [arm.a[i]!, 0, arm.d[i]! + (isLast ? arm.toolLength : 0)]),
      rotation: product(link.rotation, aboutX(arm.alpha[i]!)),
    };
  }
  return { links, endEffector: frame };
}

/**
 * Joint angles that bring the end effector to a pose: damped Newton steps from `options.start`, so the solution is on the
 * start's branch (elbow up stays elbow up).
 *
 * @returns Angles in rad, and the remaining error in m plus rad.
 */
export function solveAngles(
  arm: ArmGeometry,
  goal: Pose,
  options: { readonly start: readonly number[] },
): { readonly angles: number[]; readonly error: number } {
  const angles = [...options.start];
  let error = Infinity;
  for (let iteration = 0; iteration < 60; iteration++) {
    const { links, endEffector } = armPose(arm, angles);
    const turn = rotationError(endEffector.rotation, goal.rotation);
    const residual = [0, 1, 2].map((k) => goal.position[k]! - endEffector.position[k]!).concat(turn);
    error = Math.hypot(...residual);
    if (error < 1e-12) break;
    const jacobian = new Float64Array(36);
    links.forEach((link, joint) => {
      const axis = [link.rotation[2]!, link.rotation[5]!, link.rotation[8]!];
      const column = [...cross(axis, difference(endEffector.position, link.position)), ...axis];
      column.forEach((value, row) => jacobian[row * 6 + joint] = value);
    });
    // Damping shrinks with the error: safe far from the solution, quadratic near it.
    const change = solveDamped(jacobian, residual, { damping: Math.min(1e-3, error * error) });
    for (let joint = 0; joint < 6; joint++) angles[joint]! += Math.max(-0.5, Math.min(0.5, change[joint]!));
  }
  return { angles, error };
}

/**
 * Least-squares solution of a 6 x 6 system with damping, by Cholesky on (JᵀJ + damping·I).
 *
 * @param matrix J, row-major [6, 6].
 * @param right [6].
 * @returns [6].
 */
export function solveDamped(
  matrix: Float64Array,
  right: ArrayLike<number>,
  options: { readonly damping: number },
): Float64Array {
  const normal = new Float64Array(36);
  const out = new Float64Array(6);
  for (let i = 0; i < 6; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = i === j ? options.damping : 0;
      for (let k = 0; k < 6; k++) sum += matrix[k * 6 + i]! * matrix[k * 6 + j]!;
      normal[i * 6 + j] = sum;
    }
    let sum = 0;
    for (let k = 0; k < 6; k++) sum += matrix[k * 6 + i]! * right[k]!;
    out[i] = sum;
  }
  for (let i = 0; i < 6; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = normal[i * 6 + j]!;
      for (let k = 0; k < j; k++) sum -= normal[i * 6 + k]! * normal[j * 6 + k]!;
      normal[i * 6 + j] = i === j ? Math.sqrt(Math.max(sum, 1e-18)) : sum / normal[j * 6 + j]!;
    }
  }
  for (let i = 0; i < 6; i++) {
    for (let k = 0; k < i; k++) out[i]! -= normal[i * 6 + k]! * out[k]!;
    out[i]! /= normal[i * 6 + i]!;
  }
  for (let i = 5; i >= 0; i--) {
    for (let k = i + 1; k < 6; k++) out[i]! -= normal[k * 6 + i]! * out[k]!;
    out[i]! /= normal[i * 6 + i]!;
  }
  return out;
}

/** Small rotation vector, in rad, that turns `from` towards `to`: half the sum of cross products of their axes. */
export function rotationError(from: ArrayLike<number>, to: ArrayLike<number>): number[] {
  const sum = [0, 0, 0];
  for (let axis = 0; axis < 3; axis++) {
    const a = [from[axis]!, from[3 + axis]!, from[6 + axis]!];
    const b = [to[axis]!, to[3 + axis]!, to[6 + axis]!];
    cross(a, b).forEach((value, k) => sum[k]! += value / 2);
  }
  return sum;
}

/** A point of a frame in world coordinates. */
export function pointAt(frame: Pose, local: readonly number[]): number[] {
  const { position, rotation } = frame;
  return [0, 1, 2].map((row) =>
    position[row]! + rotation[row * 3]! * local[0]! + rotation[row * 3 + 1]! * local[1]! +
    rotation[row * 3 + 2]! * local[2]!
  );
}

/** Cross product. */
export function cross(a: readonly number[], b: readonly number[]): number[] {
  return [a[1]! * b[2]! - a[2]! * b[1]!, a[2]! * b[0]! - a[0]! * b[2]!, a[0]! * b[1]! - a[1]! * b[0]!];
}

/** a - b. */
export function difference(a: readonly number[], b: readonly number[]): number[] {
  return a.map((value, k) => value - b[k]!);
}

/** Product of two 3 x 3 matrices, row-major. */
export function product(a: readonly number[], b: readonly number[]): number[] {
  const out: number[] = [];
  for (let i = 0; i < 3; i++) {
    for (let j = 0; j < 3; j++) out.push(a[i * 3]! * b[j]! + a[i * 3 + 1]! * b[3 + j]! + a[i * 3 + 2]! * b[6 + j]!);
  }
  return out;
}

/** Turn about z by an angle in rad. */
export function aboutZ(angle: number): number[] {
  const [c, s] = [Math.cos(angle), Math.sin(angle)];
  return [c, -s, 0, s, c, 0, 0, 0, 1];
}

/** Turn about x by an angle in rad. */
export function aboutX(angle: number): number[] {
  const [c, s] = [Math.cos(angle), Math.sin(angle)];
  return [1, 0, 0, 0, c, -s, 0, s, c];
}
