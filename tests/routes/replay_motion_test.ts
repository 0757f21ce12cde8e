import assert from "node:assert/strict";
import { alignedFrames, curveAt, waySegments } from "../../routes/assets/replay_motion.js";

const near = (actual: number, expected: number) => assert.ok(Math.abs(actual - expected) < 1e-9, `${actual}`);

Deno.test("curveAt passes through every row, is smooth there and held beyond the ends", () => {
  const rows = [[0, 1], [2, 1], [3, -1], [3, 0]];
  rows.forEach((row, k) => assert.deepEqual(curveAt(rows, k), row));
  assert.deepEqual(curveAt(rows, -1), rows[0]);
  assert.deepEqual(curveAt(rows, 9), rows[3]);
  assert.deepEqual(curveAt([[5]], 0.5), [5]);
  for (const k of [1, 2]) {
    const before = (curveAt(rows, k)[0]! - curveAt(rows, k - 1e-6)[0]!) / 1e-6;
    const after = (curveAt(rows, k + 1e-6)[0]! - curveAt(rows, k)[0]!) / 1e-6;
    assert.ok(Math.abs(before - after) < 1e-4);
    // Catmull and Rom: half the way from the row before to the row after.
    assert.ok(Math.abs(after - (rows[k + 1]![0]! - rows[k - 1]![0]!) / 2) < 1e-4);
  }
  near(curveAt([[0], [1], [2], [3]], 1.3)[0]!, 1.3);
});

Deno.test("alignedFrames turns a quaternion to the side of the one before and leaves the place", () => {
  const [, second] = alignedFrames([[1, 2, 3, 1, 0, 0, 0], [4, 5, 6, -0.8, 0, -0.6, 0]]);
  assert.deepEqual(second, [4, 5, 6, 0.8, -0, 0.6, -0]);
});

Deno.test("waySegments covers a way once when solid, and by shares when dashed", () => {
  const points = [[0, 0, 0], [1, 0, 0], [2, 0, 0]];
  const length = (segments: ReturnType<typeof waySegments>) =>
    segments.reduce((sum, { from, to }) => sum + to[0]! - from[0]!, 0);
  const whole = { reach: 10, centre: [0, 0, 0] };
  near(length(waySegments(points, whole)), 2);
  const dashed = waySegments(points, { ...whole, dash: 0.15, gap: 0.05 });
  assert.ok(Math.abs(length(dashed) - 1.5) < 1e-5);
  assert.ok(dashed.every(({ from }) => (from[0]! + 1e-6) % 0.2 < 0.15 + 1e-5));
  // Done in time, and only as far as it reaches.
  assert.ok(waySegments(points, whole).every(({ to, until }) => Math.abs(to[0]! - until) < 0.2));
  assert.ok(waySegments(points, { ...whole, reach: 0.5 }).every(({ to }) => to[0]! <= 0.5));
  assert.deepEqual(waySegments([[1, 1, 1], [1, 1, 1]], whole), []);
  assert.deepEqual(waySegments([[1, 1, 1]], whole), []);
});
