import { type Geom, sceneGeoms } from "./geoms.ts";
import type { MagneticConfig } from "./magnetic_config.ts";

/**
 * The scene as MuJoCo's XML. Joints in order: arm 1 to 6, ball x, ball y. Actuators: a motor for each arm joint.
 *
 * Only arm and table can touch. Ball and box are out of all collisions: a box that pushes ball or arm would act on them
 * whatever its colour, and the true graphs would be wrong.
 */
export function magneticXml(config: MagneticConfig): string {
  const { arm, ball, box, control, table } = config;
  const geoms = sceneGeoms(config);
  const xmlOf = (parent: Geom["parent"]) =>
    geoms.filter((geom) => geom.parent === parent).map((g) => geomXml(g, config));
  // The base turns half a circle: the maker's frames point the arm along -x.
  const frames = arm.d.map((_, i) =>
    i === 0 ? { position: arm.base as readonly number[], quaternion: [0, 0, 0, 1] } : {
      position: [arm.a[i - 1]!, 0, arm.d[i - 1]!],
      quaternion: [Math.cos(arm.alpha[i - 1]! / 2), Math.sin(arm.alpha[i - 1]! / 2), 0, 0],
    }
  );
  const last = arm.d.length - 1;
  const tip = [arm.a[last]!, 0, arm.d[last]! + arm.toolLength];
  const links =
    frames.map(({ position, quaternion }, i) =>
      `<body name="link${i}" pos="${list(position)}" quat="${list(quaternion)}">` +
      `<joint name="arm${i}" axis="0 0 1"/>${xmlOf(i).join("")}`
    ).join("\n") + `<site name="end effector" pos="${list(tip)}"/>` + "</body>".repeat(frames.length);
  const height = table.top + ball.radius;
  return `<mujoco model="magnetic">
<compiler angle="radian" balanceinertia="true"/>
<size memory="512K"/>
<option timestep="${control.timeStep}" integrator="implicitfast"><flag warmstart="disable"/></option>
<worldbody>
${xmlOf("world").join("\n")}
${links}
<body name="ball" pos="0 0 ${height}">
<joint name="ball x" type="slide" axis="1 0 0" damping="${ball.damping}" limited="true" range="${-table
    .halfX} ${table.halfX}"/>
<joint name="ball y" type="slide" axis="0 1 0" damping="${ball.damping}" limited="true" range="${-table
    .halfY} ${table.halfY}"/>
<inertial pos="0 0 0" mass="${ball.mass}" diaginertia="1e-4 1e-4 1e-4"/>
${xmlOf("ball").join("\n")}
</body>
<body name="box" mocap="true" pos="0 0 ${table.top + box.half}">${xmlOf("box").join("\n")}</body>
</worldbody>
<actuator>
${arm.torque.map((limit, i) => `<motor joint="arm${i}" ctrllimited="true" ctrlrange="${-limit} ${limit}"/>`).join("\n")}
</actuator>
</mujoco>`;
}

function geomXml(geom: Geom, { arm }: MagneticConfig): string {
  const isLink = typeof geom.parent === "number";
  const mass = isLink ? geom.massShare * arm.masses[geom.parent as number]! : 0;
  const touches = isLink
    ? `contype="1" conaffinity="0"`
    : geom.name === "table"
    ? `contype="0" conaffinity="1"`
    : `contype="0" conaffinity="0"`;
  const place = geom.type === "capsule"
    ? `fromto="${list(geom.points.flat())}" size="${geom.size[0]}"`
    : `pos="${list(geom.points[0]!)}" size="${list(geom.size)}"`;
  return `<geom name="${geom.name}" type="${geom.type}" ${place} mass="${mass}" ${touches}/>`;
}

function list(numbers: readonly number[]): string {
  return numbers.join(" ");
}
