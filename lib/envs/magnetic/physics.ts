import type { DoubleBuffer, MainModule, MjData, MjModel, MjWarningStatVec } from "@mujoco/mujoco";
import { ArmController, type ArmSituation } from "./arm_controller.ts";
import type { MagneticConfig } from "./magnetic_config.ts";
import { magneticXml } from "./mjcf.ts";
import { pullSpeed } from "./pull.ts";

/** Joints of the arm. */
export const armJoints = 6;

/** The physical state of one scene; a control step reads and overwrites it. */
export interface SceneState {
  /** Arm's joint angles in rad, then the ball's x and y in m: [8]. */
  readonly positions: Float64Array;
  /** Their rates: [8]. */
  readonly velocities: Float64Array;
}

/** What acts on a scene during one control step. */
export interface SceneInput {
  /** The three action values, in [-1, 1]. */
  readonly action: ArrayLike<number>;
  /** The box's x and y. */
  readonly box: ArrayLike<number>;
  /** Whether the box pulls the ball. */
  readonly isPulled: boolean;
}

/** Arrays of MuJoCo that are read or written; valid until its memory grows. */
interface Views extends ArmSituation {
  readonly qpos: Float64Array;
  readonly qvel: Float64Array;
  readonly qacc: Float64Array;
  readonly ctrl: Float64Array;
  readonly applied: Float64Array;
  readonly mocap: Float64Array;
  readonly torque: Float64Array;
}

/**
 * One MuJoCo model with one data block, through which all instances go in turn: every control step starts by resetting
 * the block and writing a scene's state into it, so it depends on nothing else.
 */
export class MagneticPhysics {
  readonly #config: MagneticConfig;
  readonly #mujoco: MainModule;
  readonly #model: MjModel;
  readonly #data: MjData;
  readonly #torque: DoubleBuffer;
  readonly #controller: ArmController;
  #views: Views;
  #contacts = 0;
  #saturated = 0;

  /** @param mujoco The engine, loaded. */
  constructor(mujoco: MainModule, config: MagneticConfig) {
    this.#config = config;
    this.#mujoco = mujoco;
    const model = mujoco.MjModel.from_xml_string(magneticXml(config));
    if (model === null) throw new Error("Cannot make the scene: MuJoCo refused its XML");
    this.#model = model;
    this.#data = new mujoco.MjData(model);
    this.#torque = new mujoco.DoubleBuffer(armJoints + 2);
    this.#controller = new ArmController(config);
    this.#views = this.#takeViews();
  }

  /** Substeps so far in which arm and table touched, and those in which a torque limit was reached. */
  get counts(): { readonly contacts: number; readonly saturated: number } {
    return { contacts: this.#contacts, saturated: this.#saturated };
  }

  /**
   * Where the end effector is, in m.
   *
   * @returns [3], a copy.
   */
  endEffector(scene: SceneState): Float64Array {
    this.#load(scene);
    this.#mujoco.mj_kinematics(this.#model, this.#data);
    return this.#views.position.slice();
  }

  /**
   * One control step of a scene.
   *
   * @returns Where the end effector is at its end, [3], a copy.
   * @throws {Error} If MuJoCo warned. After a number that is not finite or above 1e10 it puts the scene back to its
   *   start by itself and goes on, so what follows would look plausible. The scene is then as it was.
   */
  step(scene: SceneState, input: SceneInput): Float64Array {
    const mujoco = this.#mujoco;
    const [model, data] = [this.#model, this.#data];
    const views = this.#load(scene);
    const { substeps } = this.#config.control;
    // The box is where it is even when it does not act: nothing else may read it.
    views.mocap[0] = input.box[0]!;
    views.mocap[1] = input.box[1]!;
    for (let substep = 0; substep < substeps; substep++) {
      mujoco.mj_step1(model, data);
      if (substep === 0) this.#controller.begin(views.position, input.action);
      this.#driveArm(substep, views);
      if (input.isPulled) this.#pullBall(input.box, views);
      mujoco.mj_step2(model, data);
      this.#contacts += data.ncon > 0 ? 1 : 0;
    }
    this.#refuseWarnings();
    scene.positions.set(views.qpos);
    scene.velocities.set(views.qvel);
    mujoco.mj_kinematics(model, data);
    return views.position.slice();
  }

  /** Frees the engine's memory; a second call does nothing. */
  dispose(): void {
    if (this.#model.isDeleted()) return;
    this.#torque.delete();
    this.#data.delete();
    this.#model.delete();
  }

  /** Once a control step: MuJoCo counts warnings until the next reset of ours, through resets of its own. */
  #refuseWarnings(): void {
    const warnings = this.#data.warning; // A view, not ours to delete; what it gives is.
    for (let kind = 0; kind < warnings.size(); kind++) {
      const { number, lastinfo } = takeWarning(warnings, kind);
      if (number === 0) continue;
      const text = this.#mujoco.mju_warningText(kind, lastinfo).trim();
      throw new Error(`Cannot simulate the scene: MuJoCo warned, expected no warning, got "${text}"`);
    }
  }

  /** Motor torques that give the accelerations the controller wants: inverse dynamics, gravity included. */
  #driveArm(substep: number, views: Views): void {
    const { torque } = this.#config.arm;
    views.qacc.fill(0);
    views.qacc.set(this.#controller.accelerations(substep, views));
    this.#mujoco.mj_rne(this.#model, this.#data, 1, this.#torque);
    let isSaturated = false;
    for (let joint = 0; joint < armJoints; joint++) {
      views.ctrl[joint] = views.torque[joint]!;
      isSaturated ||= Math.abs(views.torque[joint]!) > torque[joint]!;
    }
    if (isSaturated) this.#saturated++;
  }

  /** The force that, against the ball's damping, gives the speed of the stated law. */
  #pullBall(box: ArrayLike<number>, { qpos, applied }: Views): void {
    const x = box[0]! - qpos[armJoints]!;
    const y = box[1]! - qpos[armJoints + 1]!;
    const distance = Math.hypot(x, y);
    const speed = pullSpeed(distance, this.#config);
    const force = speed === 0 ? 0 : this.#config.ball.damping * speed / distance;
    applied[armJoints] = force * x;
    applied[armJoints + 1] = force * y;
  }

  #load({ positions, velocities }: SceneState): Views {
    // Views of a grown memory have length 0.
    if (this.#views.qpos.length === 0 || this.#views.torque.length === 0) this.#views = this.#takeViews();
    this.#mujoco.mj_resetData(this.#model, this.#data);
    this.#views.qpos.set(positions);
    this.#views.qvel.set(velocities);
    return this.#views;
  }

  #takeViews(): Views {
    const data = this.#data;
    // World's body comes first, so joint j's numbers start at 3 j.
    return {
      qpos: data.qpos,
      qvel: data.qvel,
      qacc: data.qacc,
      ctrl: data.ctrl,
      applied: data.qfrc_applied,
      mocap: data.mocap_pos,
      torque: this.#torque.GetView(),
      anchors: data.xanchor,
      axes: data.xaxis,
      offset: 0,
      velocity: data.qvel,
      position: data.site_xpos,
      rotation: data.site_xmat,
    };
  }
}

function takeWarning(warnings: MjWarningStatVec, kind: number): { readonly number: number; readonly lastinfo: number } {
  const warning = warnings.get(kind)!;
  const { number, lastinfo } = warning;
  warning.delete();
  return { number, lastinfo };
}
