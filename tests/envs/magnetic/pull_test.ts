import assert from "node:assert/strict";
import { pullSpeed } from "../../../lib/envs/magnetic/pull.ts";
import { config } from "./magnetic_fixtures.ts";

const near = (actual: number, expected: number) => assert.ok(Math.abs(actual - expected) < 1e-12, `${actual}`);

Deno.test("pullSpeed is 0 at the box and nearer", () => {
  for (const distance of [0, 0.01, 0.07]) assert.equal(pullSpeed(distance, config), 0);
});

Deno.test("pullSpeed is the speed over 1 + (distance / reach)², with a ramp at the box", () => {
  near(pullSpeed(0.3, config), 0.15 / 2);
  near(pullSpeed(0.6, config), 0.15 / 5);
  near(pullSpeed(0.095, config), 0.15 * 0.5 / (1 + (0.095 / 0.3) ** 2));
});

Deno.test("pullSpeed is bounded, and nothing is left of it where the shifted box is", () => {
  for (let distance = 0; distance < 2; distance += 0.001) assert.ok(pullSpeed(distance, config) < config.pull.speed);
  assert.ok(pullSpeed(100, config) < 1.4e-6);
});
