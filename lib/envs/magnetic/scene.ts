import type { EnvironmentState } from "../environment.ts";
import { armPose, pointAt, type Pose } from "./arm_kinematics.ts";
import type { PoseRecording, SceneGeom, SceneTrack, SceneView } from "../scene_view.ts";
import { type Geom, sceneGeoms } from "./geoms.ts";
import { type MagneticConfig, magneticConfig } from "./magnetic_config.ts";
import { armOf } from "./resets.ts";
import { at, hiddenCount, red, stateCount } from "./variables.ts";

/** Solids and where they are. */
export interface Scene {
  readonly geoms: readonly SceneGeom[];
  /** Of each solid: centre x, y, z in m, then the unit quaternion w, x, y, z. */
  readonly poses: readonly (readonly number[])[];
}

const redColor = [0.82, 0.16, 0.14];
/** Radius of the mark at a hand's place, the tool's. */
const handRadius = 0.018;
const identity = [1, 0, 0, 0, 1, 0, 0, 0, 1];

/**
 * The scene of one instance, from its state alone: needs no physics engine.
 *
 * @param options.episode Index of the instance, default 0.
 */
export function sceneOf(
  state: EnvironmentState,
  options: { readonly episode?: number; readonly config?: MagneticConfig } = {},
): Scene {
  const { episode = 0, config = magneticConfig } = options;
  const values = state.values.subarray(episode * stateCount, (episode + 1) * stateCount);
  const angles = state.hidden.subarray(episode * hiddenCount, episode * hiddenCount + config.arm.d.length);
  const { links } = armPose(armOf(config), angles);
  const { top } = config.table;
  const frames: Readonly<Record<"world" | "ball" | "box", Pose>> = {
    world: { position: [0, 0, 0], rotation: identity },
    ball: { position: [values[at.ballX]!, values[at.ballY]!, top + config.ball.radius], rotation: identity },
    box: { position: [values[at.boxX]!, values[at.boxY]!, top + config.box.half], rotation: identity },
  };
  const isRed = { ball: values[at.ballColor] === red, box: values[at.boxColor] === red };
  const geoms = sceneGeoms(config);
  return {
    geoms: geoms.map(({ name, type, size, color, parent }) => ({
      name,
      type,
      size,
      color: (parent === "ball" || parent === "box") && isRed[parent] ? redColor : color,
    })),
    poses: geoms.map((geom) =>
      poseOf(geom, typeof geom.parent === "number" ? links[geom.parent]! : frames[geom.parent])
    ),
  };
}

/**
 * Poses of all solids in each state of an episode, rounded to 0.01 mm, for a page that replays it.
 *
 * @param states The episode's states in order; colours are those of the first.
 * @param options.episode Index of the instance, default 0.
 * @throws {RangeError} If there is no state.
 */
export function recordPoses(
  states: readonly EnvironmentState[],
  options: { readonly episode?: number; readonly config?: MagneticConfig } = {},
): PoseRecording {
  const scenes = states.map((state) => sceneOf(state, options));
  if (scenes.length === 0) throw new RangeError("Cannot record poses: no states, expected at least one, got 0");
  return {
    geoms: scenes[0]!.geoms,
    frames: scenes.map(({ poses }) => poses.flat().map((value) => Math.round(value * 1e5) / 1e5 + 0)),
  };
}

/** Ways of ball and hand through states with the values [S, 9], rounded to 0.01 mm. */
export function tracksOf(values: Float32Array, config: MagneticConfig = magneticConfig): SceneTrack[] {
  const rows = Array.from({ length: values.length / stateCount }, (_, row) => row * stateCount);
  const rounded = (point: readonly number[]) => point.map((value) => Math.round(value * 1e5) / 1e5 + 0);
  const { ball, table } = config;
  return [
    {
      name: "ball",
      radius: ball.radius,
      floor: table.top,
      points: rows.map((row) => rounded([values[row + at.ballX]!, values[row + at.ballY]!, table.top + ball.radius])),
    },
    {
      name: "hand",
      radius: handRadius,
      floor: null,
      points: rows.map((row) => rounded([...values.subarray(row + at.handX, row + at.handZ + 1)])),
    },
  ];
}

/** Magnetic's scene as an environment offers it. */
export function magneticScene(config: MagneticConfig): SceneView {
  return {
    stepMs: 1000 * config.control.substeps * config.control.timeStep,
    record: (states, { episode }) => recordPoses(states, { episode, config }),
    tracks: (values) => tracksOf(values, config),
  };
}

function poseOf(geom: Geom, frame: Pose): number[] {
  const [first, last] = [geom.points[0]!, geom.points.at(-1)!];
  const centre = pointAt(frame, first.map((value, k) => (value + last[k]!) / 2));
  if (geom.type !== "capsule") return [...centre, 1, 0, 0, 0];
  const [from, to] = [pointAt(frame, first), pointAt(frame, last)];
  return [...centre, ...turnFromZ(to.map((value, k) => value - from[k]!))];
}

/** The unit quaternion, w first, of the shortest turn from the z axis to a direction. */
function turnFromZ([x, y, z]: readonly number[]): number[] {
  const length = Math.hypot(x!, y!, z!);
  const quaternion = [length + z!, -y!, x!, 0];
  const norm = Math.hypot(...quaternion);
  // Straight down: any half turn about a horizontal axis.
  return norm < 1e-9 * length ? [0, 1, 0, 0] : quaternion.map((value) => value / norm + 0);
}
