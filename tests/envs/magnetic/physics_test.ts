import assert from "node:assert/strict";
import loadMujoco from "@mujoco/mujoco";
import { Rng } from "../../../lib/core/rng.ts";
import type { EnvironmentState } from "../../../lib/envs/environment.ts";
import { magneticEnvironment } from "../../../lib/envs/magnetic/magnetic_environment.ts";
import { MagneticPhysics } from "../../../lib/envs/magnetic/physics.ts";
import { anglesAt } from "../../../lib/envs/magnetic/resets.ts";
import { actionsToBall, config, episode } from "./magnetic_fixtures.ts";

Deno.test("MagneticPhysics never lets the arm touch the table, and seldom reaches a torque limit", async () => {
  const physics = new MagneticPhysics(await loadMujoco(), config);
  const environment = magneticEnvironment(physics, config);
  const rng = new Rng(1);
  const corners = ({ values }: EnvironmentState) =>
    Float32Array.from({ length: values.length / 3 }, () => rng.uniform() < 0.4 ? -1 : 1);
  for (const act of [corners, actionsToBall]) {
    episode(environment, { start: environment.reset("train", { count: 20, rng }), act, steps: 25, rng });
  }
  const substeps = 2 * 20 * 25 * config.control.substeps;
  assert.equal(physics.counts.contacts, 0);
  assert.ok(physics.counts.saturated < substeps / 1000, `${physics.counts.saturated} of ${substeps}`);
  environment.dispose();
});

Deno.test("MagneticPhysics.endEffector agrees with the forward kinematics", async () => {
  const physics = new MagneticPhysics(await loadMujoco(), config);
  for (const point of [[0, 0, 0.9], [0.29, 0.44, 0.82], [-0.26, -0.1, 1.04]]) {
    const positions = Float64Array.of(...anglesAt(point, config), 0, 0);
    const place = physics.endEffector({ positions, velocities: new Float64Array(8) });
    place.forEach((value, k) => assert.ok(Math.abs(value - point[k]!) < 1e-9, `${value} is not ${point[k]}`));
  }
  physics.dispose();
});

Deno.test("MagneticPhysics refuses to go on where MuJoCo would reset the scene or drop a torque by itself", async () => {
  const physics = new MagneticPhysics(await loadMujoco(), config);
  const input = { action: [0.5, 0, 0], box: [0.1, 0.1], isPulled: true };
  const scene = () => ({
    positions: Float64Array.of(...anglesAt([0, 0, 0.9], config), 0.05, 0),
    velocities: new Float64Array(8),
  });
  const sound = scene();
  const expected = physics.step(sound, input);
  // A joint, the ball, its speed: values that are not finite, and one that MuJoCo calls huge.
  for (
    const [part, at, value] of [["positions", 2, NaN], ["positions", 7, Infinity], ["velocities", 6, 1e11]] as const
  ) {
    const broken = scene();
    broken[part][at] = value;
    const before = structuredClone(broken);
    assert.throws(
      () => physics.step(broken, input),
      /^Error: Cannot simulate the scene: MuJoCo warned, .*, got "Nan, Inf/,
    );
    assert.deepEqual(broken, before, "the scene is as it was");
  }
  assert.throws(() => physics.step(scene(), { ...input, action: [NaN, 0, 0] }), /MuJoCo warned, .*CTRL/);
  assert.throws(() => physics.step(scene(), { ...input, box: [NaN, 0] }), /MuJoCo warned, .*QACC/);
  // What was refused leaves no trace in the next scene.
  const again = scene();
  assert.deepEqual(physics.step(again, input), expected);
  assert.deepEqual(again, sound);
  physics.dispose();
});
