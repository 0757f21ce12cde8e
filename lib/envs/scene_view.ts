import type { EnvironmentState } from "./environment_state.ts";

/** A solid as a viewer needs it. */
export interface SceneGeom {
  readonly name: string;
  readonly type: "box" | "sphere" | "capsule";
  /** Half extents of a box; radius of a sphere; radius and half length (along z) of a capsule. In m. */
  readonly size: readonly number[];
  /** Red, green, blue in [0, 1]. */
  readonly color: readonly number[];
}

/** An episode as compact JSON: the solids once, then a flat list of poses (7 numbers a solid) for each state. */
export interface PoseRecording {
  readonly geoms: readonly SceneGeom[];
  /** Of each solid: centre x, y, z in m, then the unit quaternion w, x, y, z. */
  readonly frames: readonly (readonly number[])[];
}

/** The way of one thing through some states, as their observed values tell it. */
export interface SceneTrack {
  readonly name: string;
  /** Radius of what goes this way, in m. */
  readonly radius: number;
  /** Height at which a viewer draws the way, in m; null for where the thing is. */
  readonly floor: number | null;
  /** x, y, z in m of each state. */
  readonly points: readonly (readonly number[])[];
}

/** How an environment whose states can be seen shows them. An optional capability, see `Environment.scene`. */
export interface SceneView {
  /** Time that one step stands for, in ms. */
  readonly stepMs: number;
  /**
   * All solids in each of the states of an episode.
   *
   * @param options.episode Index of the instance among the E of the states.
   */
  record(states: readonly EnvironmentState[], options: { readonly episode: number }): PoseRecording;
  /**
   * Ways that values alone tell, so that predicted ones can be drawn too; the same names for all values.
   *
   * @param values Row-major [S, N], true or predicted.
   */
  tracks(values: Float32Array): readonly SceneTrack[];
}
