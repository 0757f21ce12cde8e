import assert from "node:assert/strict";
import type { Store } from "../../lib/store/store.ts";
import { createApp } from "../../routes/app.ts";
import { demoQuickSuite } from "../demo/demo_data.ts";
import { putLate } from "../demo/put_late.ts";
import { addDemoReplay, demoReplay } from "../demo/demo_replay.ts";
import { demoStore } from "../demo/demo_store.ts";

const html = { headers: { accept: "text/html" } };

function appOf(store: Store | null) {
  return createApp({ store: () => Promise.resolve(store), now: () => 0, version: "0.0.0-test" });
}

Deno.test("a run's page has the player, its pictures and its errors; a run without replay has none", async () => {
  await using demo = await demoStore([demoQuickSuite]);
  await addDemoReplay(demo, "quick-fcdl-1");
  const app = appOf(demo.store);
  const page = await (await app.request("/runs/quick-fcdl-1", html)).text();
  assert.match(page, /data-replay="\/runs\/quick-fcdl-1\/replay"/);
  assert.match(page, /<script src="\/assets\/replay.js" type="module"/);
  assert.match(page, /<option[^>]* value="1">box off the table; non-magnetic<\/option>/);
  assert.doesNotMatch(page, /<style|\sstyle="|\son[a-z]+="/);
  assert.match(page, /id="replay-errors"/);
  // The hand is off by 0.2 * 0.003 m a step.
  assert.match(page, /<td[^>]* class="number group-start">0\.06<\/td>/);
  const [src] = /\/runs\/quick-fcdl-1\/replay\/0\.svg\?v=[^"]+/.exec(page)!;
  const picture = await app.request(src);
  assert.equal(picture.headers.get("content-type"), "image/svg+xml");
  assert.match(await picture.text(), /^<svg .*stroke-dasharray/s);
  assert.doesNotMatch(await (await app.request("/runs/quick-mlp-1", html)).text(), /data-replay/);
});

Deno.test("replay.json holds the episodes, and is not sent again while it is the same", async () => {
  await using demo = await demoStore([demoQuickSuite]);
  await addDemoReplay(demo, "quick-fcdl-1");
  const app = appOf(demo.store);
  const response = await app.request("/runs/quick-fcdl-1/replay.json");
  const expected = demoReplay();
  assert.deepEqual(await response.json(), expected);
  const again = { headers: { "if-none-match": response.headers.get("etag")! } };
  assert.equal((await app.request("/runs/quick-fcdl-1/replay.json", again)).status, 304);
});

Deno.test("a replay that is not there answers 404 with one sentence; one that is broken counts as not there", async () => {
  await using demo = await demoStore([demoQuickSuite]);
  await addDemoReplay(demo, "quick-fcdl-1");
  await putLate(demo, { runId: "quick-fcdl-2", name: "replay", text: '{"stepMs":-1,"episodes":[]}' });
  const app = appOf(demo.store);
  const paths = {
    "/runs/none/replay.json": /^Cannot find run "none"/,
    "/runs/quick-mlp-1/replay.json": /^Cannot find a replay of run "quick-mlp-1": it has none$/,
    "/runs/quick-fcdl-2/replay.json": /it has none$/,
    "/runs/quick-fcdl-1/replay/2.svg": /expected replay\/0.svg to replay\/1.svg, got "replay\/2.svg"$/,
    "/runs/quick-fcdl-1/replay/x.svg": /^Cannot find the picture/,
  };
  for (const [path, sentence] of Object.entries(paths)) {
    const answer = await app.request(path, { headers: { accept: "application/json" } });
    assert.equal(answer.status, 404, path);
    assert.match((await answer.json()).error, sentence);
  }
  assert.equal((await app.request("/runs/quick-fcdl-2", html)).status, 200);
});

Deno.test("scripts of the player are served from here and name nothing that a browser cannot find", async () => {
  const app = appOf(null);
  const seen = new Set<string>();
  const load = async (path: string) => {
    if (seen.has(path)) return;
    seen.add(path);
    const response = await app.request(path);
    assert.equal(response.status, 200, path);
    assert.equal(response.headers.get("content-type"), "text/javascript; charset=utf-8");
    const text = await response.text();
    for (const [, name] of text.matchAll(/^(?:import|export|\})[^;'"]*? from\s*['"]([^'"]+)['"]/gm)) {
      assert.match(name!, /^(\.\/|\/assets\/)/, `${path} imports ${name}`);
      await load(new URL(name!, `http://host${path}`).pathname);
    }
    for (const [, name] of text.matchAll(/await import\("([^"]+)"\)/g)) {
      await load(new URL(name!, `http://host${path}`).pathname);
    }
  };
  await load("/assets/replay.js");
  assert.deepEqual([...seen].map((path) => path.slice("/assets/".length)).sort(), [
    "replay.js",
    "replay_motion.js",
    "replay_scene.js",
    "three/orbit_controls.js",
    "three/rounded_box_geometry.js",
    "three/three.core.js",
    "three/three.module.js",
  ]);
});
