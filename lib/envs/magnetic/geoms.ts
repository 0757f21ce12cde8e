import type { MagneticConfig } from "./magnetic_config.ts";

/** What a geom's frame is attached to: the world, a link of the arm (0 to 5), the ball or the box. */
export type GeomParent = "world" | "ball" | "box" | number;

/** A simple solid, in the frame of its parent. */
export interface Geom {
  readonly name: string;
  readonly type: "box" | "sphere" | "capsule";
  readonly parent: GeomParent;
  /** Half extents of a box; radius of a sphere; radius and half length (along z) of a capsule. In m. */
  readonly size: readonly number[];
  /** Centre of a box or sphere; the two ends of a capsule's axis. In m. */
  readonly points: readonly (readonly number[])[];
  /** Share of the parent link's mass. */
  readonly massShare: number;
  /** Red, green, blue in [0, 1]; ball and box are coloured by the state. */
  readonly color: readonly [number, number, number];
}

const grey: Geom["color"] = [0.72, 0.74, 0.77];
const blue: Geom["color"] = [0.35, 0.55, 0.75];
const dark: Geom["color"] = [0.3, 0.32, 0.36];
const wood: Geom["color"] = [0.87, 0.78, 0.64];
const black: Geom["color"] = [0.12, 0.12, 0.13];

/**
 * All solids of the scene: the physics model and the picture are both made of them.
 *
 * The arm's Denavit-Hartenberg frames leave out that a UR5e's upper arm runs beside its forearm; the capsules show it.
 */
export function sceneGeoms({ table, arm, ball, box }: MagneticConfig): Geom[] {
  const thickness = 0.025;
  const beside = 0.12;
  const [baseX, baseY, baseZ] = arm.base;
  const solid = (geom: Omit<Geom, "massShare">): Geom => ({ ...geom, massShare: 0 });
  const leg = (name: string, x: number, y: number) =>
    solid({
      name,
      type: "box",
      parent: "world",
      size: [0.02, 0.02, table.top / 2 - thickness],
      points: [[x, y, table.top / 2 - thickness]],
      color: dark,
    });
  const [legX, legY] = [table.halfX - 0.03, table.halfY - 0.03];
  const capsule = (name: string, link: number, shape: {
    readonly from: readonly number[];
    readonly to: readonly number[];
    readonly radius: number;
    readonly massShare?: number;
    readonly color?: Geom["color"];
  }): Geom => ({
    name,
    type: "capsule",
    parent: link,
    size: [shape.radius, Math.hypot(...shape.from.map((value, k) => value - shape.to[k]!)) / 2],
    points: [shape.from, shape.to],
    massShare: shape.massShare ?? 1,
    color: shape.color ?? grey,
  });
  const toolRadius = 0.018;
  return [
    solid({
      name: "table",
      type: "box",
      parent: "world",
      size: [table.halfX, table.halfY, thickness],
      points: [[0, 0, table.top - thickness]],
      color: wood,
    }),
    leg("leg 1", -legX, -legY),
    leg("leg 2", legX, -legY),
    leg("leg 3", -legX, legY),
    leg("leg 4", legX, legY),
    solid({
      name: "pedestal",
      type: "box",
      parent: "world",
      size: [0.09, 0.09, baseZ / 2],
      points: [[baseX - 0.02, baseY, baseZ / 2]],
      color: dark,
    }),
    capsule("shoulder", 0, { from: [0, 0, 0.03], to: [0, 0, arm.d[0]!], radius: 0.06 }),
    capsule("shoulder joint", 1, { from: [0, 0, 0], to: [0, 0, beside], radius: 0.055, massShare: 0, color: blue }),
    capsule("upper arm", 1, { from: [0, 0, beside], to: [arm.a[1]!, 0, beside], radius: 0.05 }),
    capsule("elbow joint", 2, { from: [0, 0, 0], to: [0, 0, beside], radius: 0.045, massShare: 0, color: blue }),
    capsule("forearm", 2, { from: [0, 0, 0], to: [arm.a[2]!, 0, 0], radius: 0.04 }),
    capsule("wrist 1", 3, { from: [0, 0, 0], to: [0, 0, arm.d[3]!], radius: 0.037, color: blue }),
    capsule("wrist 2", 4, { from: [0, 0, 0], to: [0, 0, arm.d[4]!], radius: 0.037, color: blue }),
    capsule("wrist 3", 5, { from: [0, 0, 0], to: [0, 0, arm.d[5]!], radius: 0.032, massShare: 0.8 }),
    capsule("tool", 5, {
      from: [0, 0, arm.d[5]!],
      to: [0, 0, arm.d[5]! + arm.toolLength - toolRadius],
      radius: toolRadius,
      massShare: 0.2,
      color: dark,
    }),
    solid({ name: "ball", type: "sphere", parent: "ball", size: [ball.radius], points: [[0, 0, 0]], color: black }),
    solid({
      name: "box",
      type: "box",
      parent: "box",
      size: [box.half, box.half, box.half],
      points: [[0, 0, 0]],
      color: black,
    }),
  ];
}
