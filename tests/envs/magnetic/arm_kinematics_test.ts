import assert from "node:assert/strict";
import { Rng } from "../../../lib/core/rng.ts";
import { armPose, rotationError, solveAngles, solveDamped } from "../../../lib/envs/magnetic/arm_kinematics.ts";
import { anglesAt, armOf, toolDown } from "../../../lib/envs/magnetic/resets.ts";
import { config } from "./magnetic_fixtures.ts";

const identity = [1, 0, 0, 0, 1, 0, 0, 0, 1];

function assertNear(actual: ArrayLike<number>, expected: ArrayLike<number>, tolerance = 1e-9): void {
  assert.equal(actual.length, expected.length);
  for (let k = 0; k < actual.length; k++) {
    assert.ok(Math.abs(actual[k]! - expected[k]!) < tolerance, `${k}: ${actual[k]} is not ${expected[k]}`);
  }
}

Deno.test("armPose at angles 0 is the UR5e's stretched pose", () => {
  const arm = { ...armOf(config), base: { position: [0, 0, 0], rotation: identity }, toolLength: 0 };
  // By hand: x = a2 + a3, y = -(d4 + d6), z = d1 - d5.
  assertNear(armPose(arm, [0, 0, 0, 0, 0, 0]).endEffector.position, [-0.8172, -0.2329, 0.0628]);
});

Deno.test("armPose at robosuite's rest pose has the tool within 3 degrees of straight down", () => {
  const { rotation } = armPose(armOf(config), config.arm.home).endEffector;
  assert.ok(rotation[8]! < -Math.cos(3 * Math.PI / 180));
});

Deno.test("solveAngles reaches every corner over the table, tool down", () => {
  const { low, high } = config.hand;
  for (const x of [low[0], 0, high[0]]) {
    for (const y of [low[1], 0, high[1]]) {
      for (const z of [low[2], high[2]]) {
        const { position, rotation } = armPose(armOf(config), anglesAt([x, y, z], config)).endEffector;
        assertNear(position, [x, y, z]);
        assertNear(rotation, toolDown);
      }
    }
  }
});

Deno.test("anglesAt says when a point is out of reach", () => {
  assert.throws(() => anglesAt([3, 0, 1], config), { name: "RangeError", message: /^Cannot place .+ got 3, 0, 1$/ });
});

Deno.test("solveAngles reports the distance that is left", () => {
  const { error } = solveAngles(armOf(config), { position: [3, 0, 1], rotation: toolDown }, { start: config.arm.home });
  assert.ok(error > 1);
});

Deno.test("solveDamped solves a system, and least squares with damping", () => {
  const rng = new Rng(1);
  const matrix = rng.fillNormal(new Float32Array(36));
  const wanted = [1, -2, 3, 0.5, 0, -1];
  const right = wanted.map((_, row) => wanted.reduce((sum, x, k) => sum + matrix[row * 6 + k]! * x, 0));
  assertNear(solveDamped(Float64Array.from(matrix), right, { damping: 0 }), wanted, 1e-6);
  // The identity damped by 1 halves.
  const eye = Float64Array.from({ length: 36 }, (_, k) => k % 7 === 0 ? 1 : 0);
  assertNear(solveDamped(eye, wanted, { damping: 1 }), wanted.map((x) => x / 2));
});

Deno.test("rotationError is the rotation vector of a small turn", () => {
  const [c, s] = [Math.cos(1e-4), Math.sin(1e-4)];
  assertNear(rotationError(identity, [c, -s, 0, s, c, 0, 0, 0, 1]), [0, 0, 1e-4]);
  assertNear(rotationError(identity, [1, 0, 0, 0, c, -s, 0, s, c]), [1e-4, 0, 0]);
});
