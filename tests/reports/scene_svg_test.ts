import assert from "node:assert/strict";
import { episodeSvg, sceneSvg } from "../../reports/render/scene_svg.ts";
import { demoReplay } from "../demo/demo_replay.ts";

const size = { width: 400, height: 300, title: "A scene <1>" };

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

Deno.test("episodeSvg draws predicted ways dashed as long as they stay near the table", () => {
  const [episode] = demoReplay().episodes;
  const tracks = episode!.tracks.map((track) => ({
    ...track,
    predicted: [[0, 0, 0.9], [0.1, 0, 0.9], [40, 0, 0.9], [0, 0, 0.9]],
  }));
  const svg = episodeSvg({ ...episode!, tracks });
  const dashes = [...svg.matchAll(/points="([^"]*)"[^>]*stroke-dasharray/g)].map(([, points]) => points!.split(" "));
  assert.deepEqual(dashes.map((points) => points.length), [2, 2]);
  // The ball's way lies on the table, as far as it has one, the hand's where it is.
  assert.notDeepEqual(dashes[0], dashes[1]);
});
