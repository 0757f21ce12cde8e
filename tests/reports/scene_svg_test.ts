import assert from "node:assert/strict";
import { sceneSvg } from "../../reports/scene_svg.ts";
import { demoReplay } from "../demo/demo_replay.ts";

const size = { width: 400, height: 300, title: "A scene <1>" };
const numbers = (text: string) => [...text.matchAll(/-?\d+(?:\.\d+)?/g)].map(Number);

Deno.test("sceneSvg draws every solid, numbers finite, also with one far off the table, which it leaves out", () => {
  const [near, far] = demoReplay().episodes.map((episode) => sceneSvg(episode, size)) as [string, string];
  for (const svg of [near, far]) {
    assert.match(svg, /^<svg [^>]*viewBox="0 0 400 300".*<title>A scene &lt;1><\/title>/);
    assert.ok(!/NaN|Infinity|undefined/.test(svg));
  }
  // The box has three faces and a shadow, on the table only.
  const paths = (svg: string) => svg.match(/<path /g)!.length;
  assert.equal(paths(near) - paths(far), 4);
});

Deno.test("sceneSvg draws true ways as dots, predicted ones dashed as long as they stay near the table", () => {
  const [episode] = demoReplay().episodes;
  const tracks = episode!.tracks.map((track) => ({
    ...track,
    predicted: [[0, 0, 0.9], [0.1, 0, 0.9], [40, 0, 0.9], [0, 0, 0.9]],
  }));
  const svg = sceneSvg({ ...episode!, tracks }, size);
  const dashes = [...svg.matchAll(/points="([^"]*)"[^>]*stroke-dasharray/g)].map(([, points]) => points!.split(" "));
  assert.deepEqual(dashes.map((points) => points.length), [2, 2]);
  // The ball's way lies on the table, as far as it has one, the hand's where it is.
  assert.notDeepEqual(dashes[0], dashes[1]);
  const dots = [...svg.matchAll(/<polyline points="([^"]*)"[^>]*opacity/g)].map(([, points]) =>
    numbers(points!).length
  );
  assert.deepEqual(dots, tracks.map((track) => 2 * track.true.length));
});

Deno.test("sceneSvg draws a scene without a floor without shadows, farther solids first", () => {
  const solid = (name: string, color: number[]) => ({ name, type: "sphere" as const, size: [0.1], color });
  const point = { name: "near", radius: 0.1, floor: null, true: [[0, 0, 0]], predicted: [[0, 0, 0]] };
  const svg = sceneSvg({
    geoms: [solid("near", [1, 0, 0]), solid("far", [0, 1, 0])],
    // The viewer stands at positive x.
    frames: [[1, 0, 0.5, 1, 0, 0, 0, -1, 0, 0.5, 1, 0, 0, 0]],
    tracks: [point],
  }, size);
  assert.ok(!svg.includes("clip-path"));
  assert.equal(svg.match(/<circle [^>]*url/g)!.length, 2);
  const [first, second] = [
    ...svg.matchAll(/<radialGradient[^>]*><stop offset="0"\s*\/?><stop|offset="0.5" stop-color="([^"]*)"/g),
  ]
    .map(([, color]) => color);
  assert.deepEqual([first, second], ["#00ff00", "#ff0000"]);
});
