import assert from "node:assert/strict";
import loadMujoco from "@mujoco/mujoco";
import { Rng } from "../../../lib/core/rng.ts";
import type { EnvironmentState } from "../../../lib/envs/environment.ts";
import { resetScene } from "../../../lib/envs/magnetic/resets.ts";
import { magneticXml } from "../../../lib/envs/magnetic/mjcf.ts";
import { recordPoses, sceneOf, tracksOf } from "../../../lib/envs/magnetic/scene.ts";
import { sceneSvg } from "../../../reports/render/scene_svg.ts";
import { at, black, hiddenCount, red, stateCount } from "../../../lib/envs/magnetic/variables.ts";
import { config } from "./magnetic_fixtures.ts";

/** States of the training task, without an engine. */
function states(count: number): EnvironmentState {
  const rng = new Rng(1);
  const [values, hidden] = [new Float32Array(count * stateCount), new Float32Array(count * hiddenCount)];
  for (let row = 0; row < count; row++) {
    resetScene({
      values: values.subarray(row * stateCount, (row + 1) * stateCount),
      hidden: hidden.subarray(row * hiddenCount, (row + 1) * hiddenCount),
    }, { config, start: { colors: "any", isBoxShifted: false }, rng });
  }
  return { values, goal: new Float32Array(0), hidden };
}

Deno.test("sceneOf puts every solid where MuJoCo has it", async () => {
  const mujoco = await loadMujoco();
  using model = mujoco.MjModel.from_xml_string(magneticXml(config))!;
  using data = new mujoco.MjData(model);
  const state = states(5);
  for (let episode = 0; episode < 5; episode++) {
    const values = state.values.subarray(episode * stateCount, (episode + 1) * stateCount);
    data.qpos.set([...state.hidden.subarray(episode * hiddenCount, episode * hiddenCount + 6), ...values.slice(2, 4)]);
    data.mocap_pos.set([...values.slice(at.boxX, at.boxY + 1)]);
    mujoco.mj_kinematics(model, data);
    const { geoms, poses } = sceneOf(state, { episode });
    geoms.forEach(({ name, type }, index) => {
      const id = mujoco.mj_name2id(model, mujoco.mjtObj.mjOBJ_GEOM.value, name);
      const [x, y, z, w, qx, qy, qz] = poses[index]! as [number, number, number, number, number, number, number];
      const near = (actual: number, expected: number) =>
        assert.ok(Math.abs(actual - expected) < 1e-6, `${name}: ${actual} is not ${expected}`);
      [x, y, z].forEach((value, k) => near(value, data.geom_xpos[3 * id + k]));
      near(Math.hypot(w, qx, qy, qz), 1);
      if (type !== "capsule") return;
      // Third column of its rotation: the capsule's axis, up to which end comes first.
      const axis = [2 * (qx * qz + w * qy), 2 * (qy * qz - w * qx), 1 - 2 * (qx * qx + qy * qy)];
      const cosine = axis.reduce((sum, value, k) => sum + value * data.geom_xmat[9 * id + 3 * k + 2], 0);
      near(Math.abs(cosine), 1);
    });
  }
});

Deno.test("sceneOf colours ball and box by the state", () => {
  const state = states(1);
  const colorOf = (name: string) => sceneOf(state).geoms.find((geom) => geom.name === name)!.color;
  state.values[at.ballColor] = red;
  state.values[at.boxColor] = black;
  assert.ok(colorOf("ball")[0]! > 0.6 && colorOf("box")[0]! < 0.2);
  state.values[at.ballColor] = black;
  state.values[at.boxColor] = red;
  assert.ok(colorOf("ball")[0]! < 0.2 && colorOf("box")[0]! > 0.6);
});

Deno.test("recordPoses gives solids once and 7 numbers a solid and state, kept by JSON", () => {
  const recording = recordPoses([states(2), states(2)], { episode: 1 });
  assert.equal(recording.frames.length, 2);
  for (const frame of recording.frames) assert.equal(frame.length, 7 * recording.geoms.length);
  assert.deepEqual(JSON.parse(JSON.stringify(recording)), recording);
  const ball = recording.geoms.findIndex(({ name }) => name === "ball");
  const expected = states(2).values[stateCount + at.ballX]!;
  assert.ok(Math.abs(recording.frames[0]![7 * ball]! - expected) < 1e-5);
  assert.throws(() => recordPoses([]), { name: "RangeError", message: /expected at least one, got 0$/ });
});

Deno.test("sceneSvg draws every solid, numbers finite, also with the box far off the table", () => {
  const far = states(1);
  far.values.set([150, -90], at.boxX);
  for (const state of [states(1), far]) {
    const svg = sceneSvg(recordPoses([state]), { width: 400, height: 300, title: "A scene" });
    assert.match(svg, /^<svg [^>]*viewBox="0 0 400 300".*<title>A scene<\/title>/);
    assert.ok(!/NaN|Infinity|undefined/.test(svg));
  }
  // Another environment's scene need not have a table, a ball or a tool.
  const point = { name: "point", type: "sphere", size: [0.1], color: [1, 0, 0] } as const;
  const svg = sceneSvg({ geoms: [point], frames: [[0, 0, 0.1, 1, 0, 0, 0]] }, {
    width: 4,
    height: 3,
    title: "A point",
  });
  assert.match(svg, /<circle/);
  assert.ok(!/NaN|Infinity|undefined/.test(svg));
});

Deno.test("tracksOf follows ball and hand; sceneSvg draws such ways dashed, as long as they stay near the table", () => {
  const values = states(3).values;
  const [ball, hand] = tracksOf(values);
  for (let row = 0; row < 3; row++) {
    const of = (index: number) => values[row * stateCount + index]!;
    const near = (point: readonly number[], expected: readonly number[]) =>
      expected.forEach((value, k) => assert.ok(Math.abs(point[k]! - value) <= 5.1e-6));
    near(ball!.points[row]!, [of(at.ballX), of(at.ballY), config.table.top + config.ball.radius]);
    near(hand!.points[row]!, [of(at.handX), of(at.handY), of(at.handZ)]);
  }
  const picture = { width: 400, height: 300, title: "A scene" };
  const dashed = [[[0, 0, 0.8], [0.1, 0, 0.8], [40, 0, 0.8], [0, 0, 0.8]]];
  const svg = sceneSvg(recordPoses([states(1)]), { ...picture, dashed });
  const [, points] = /points="([^"]*)"[^>]*stroke-dasharray/.exec(svg)!;
  assert.equal(points!.split(" ").length, 2);
});
