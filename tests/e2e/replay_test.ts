import assert from "node:assert/strict";
import type { Page } from "playwright-core";
import { createApp } from "../../routes/app.ts";
import { demoQuickSuite } from "../demo/demo_data.ts";
import { addDemoReplay } from "../demo/demo_replay.ts";
import { demoStore } from "../demo/demo_store.ts";
import { findChromium, launchChromium } from "./browser.ts";

const executable = findChromium();
const ignore = executable === null;
const suffix = ignore ? " (ignored: no Chromium here; run tests/e2e/install_chromium.sh)" : "";
// The browser driver keeps its own pipes and timers.
const browserTest = { ignore, sanitizeOps: false, sanitizeResources: false };
const player = "#replay-player";

/** The page of a run with a replay, open in a browser, and what the browser complains about. */
async function stage(options: { readonly hasWebGl: boolean; readonly width?: number }) {
  const demo = await demoStore([demoQuickSuite]);
  await addDemoReplay(demo, "quick-fcdl-1");
  const closing = new AbortController();
  const app = createApp({
    store: () => Promise.resolve(demo.store),
    now: Date.now,
    version: "test",
    closing: closing.signal,
  });
  const server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen: () => {} }, (request) => app.fetch(request));
  const browser = await launchChromium(executable!, options);
  const page = await browser.newPage({ viewport: { width: options.width ?? 1280, height: 900 } });
  const complaints: string[] = [];
  page.on("console", (message) => {
    // Reading a picture back is slow in software, which the browser says; nobody else reads it.
    if (/error|warning/.test(message.type()) && !/ReadPixels/.test(message.text())) complaints.push(message.text());
  });
  page.on("pageerror", (error) => complaints.push(error.message));
  page.on("response", (response) => {
    if (response.status() >= 400) complaints.push(`${response.status()} ${response.url()}`);
  });
  await page.goto(`http://127.0.0.1:${server.addr.port}/runs/quick-fcdl-1`, { waitUntil: "load" });
  return {
    page,
    complaints,
    async [Symbol.asyncDispose]() {
      await browser.close();
      closing.abort();
      await server.shutdown();
      await demo[Symbol.asyncDispose]();
    },
  };
}

const stepOf = async (page: Page) => Number(await page.getAttribute(player, "data-step"));
const isAt = (page: Page, step: number) => page.waitForSelector(`${player}[data-step="${step.toFixed(2)}"]`);

/** How many different colours a coarse look at the canvas finds. */
async function colorsOf(page: Page): Promise<number> {
  const shot = await page.locator(`${player} canvas`).screenshot();
  return await page.evaluate(`(async () => {
    const bytes = Uint8Array.from(atob("${shot.toString("base64")}"), (letter) => letter.charCodeAt(0));
    const image = await createImageBitmap(new Blob([bytes], { type: "image/png" }));
    const canvas = new OffscreenCanvas(64, 48);
    const context = canvas.getContext("2d");
    context.drawImage(image, 0, 0, 64, 48);
    const { data } = context.getImageData(0, 0, 64, 48);
    const colors = new Set();
    for (let k = 0; k < data.length; k += 4) colors.add((data[k] >> 5) * 64 + (data[k + 1] >> 5) * 8 + (data[k + 2] >> 5));
    return colors.size;
  })()`) as number;
}

Deno.test({
  ...browserTest,
  name: `replay: plays, stops at the end, and is driven by buttons, slider and keys${suffix}`,
  async fn() {
    await using scene = await stage({ hasWebGl: true });
    const { page, complaints } = scene;
    await page.waitForSelector(`${player}[data-state="ready"]`);
    await isAt(page, 0);
    assert.ok(await colorsOf(page) > 12, "the scene is drawn");
    await page.selectOption(".replay-speed", "4");
    await page.click(".replay-play");
    await page.waitForSelector(`${player}[data-state="playing"]`);
    await page.waitForSelector(`${player}[data-state="ready"]`);
    await isAt(page, 25);
    assert.equal(await page.textContent(".replay-play"), "Play");
    assert.equal(await page.textContent(".replay-step"), "step 25 of 25");
    assert.equal(await page.textContent(".replay-off"), "prediction off by: ball 7.5 cm, hand 1.5 cm");
    await page.focus(".replay-time");
    await page.keyboard.press("Home");
    await isAt(page, 0);
    const canvas = page.locator(`${player} canvas`);
    await canvas.focus();
    for (
      const [key, step] of [["ArrowRight", 1], ["ArrowRight", 2], ["ArrowLeft", 1], ["End", 25], ["Home", 0]] as const
    ) {
      await page.keyboard.press(key);
      await isAt(page, step);
    }
    await page.keyboard.press("Space");
    await page.waitForSelector(`${player}[data-state="playing"]`);
    await page.keyboard.press("Space");
    await page.waitForSelector(`${player}[data-state="ready"]`);
    const before = await canvas.screenshot();
    await page.keyboard.press("Shift+ArrowLeft");
    await page.waitForTimeout(300);
    assert.notDeepEqual(await canvas.screenshot(), before, "the view turns");
    assert.deepEqual(complaints, []);
  },
});

Deno.test({
  ...browserTest,
  name: `replay: another episode starts at its beginning and says what is out of sight${suffix}`,
  async fn() {
    await using scene = await stage({ hasWebGl: true, width: 390 });
    const { page, complaints } = scene;
    await page.waitForSelector(`${player}[data-state="ready"]`);
    assert.ok(await page.isHidden(".replay-far"));
    await page.locator(`${player} canvas`).focus();
    await page.keyboard.press("End");
    await page.selectOption(".replay-episode", "1");
    await isAt(page, 0);
    assert.equal(await page.textContent(".replay-far"), "box 116 m away, where the arrow points");
    await page.locator(`${player} canvas`).focus();
    await page.keyboard.press("End");
    await isAt(page, 25);
    assert.match(await page.textContent(".replay-off") ?? "", /ball without bound/);
    assert.equal(await page.evaluate("document.documentElement.scrollWidth - innerWidth"), 0);
    assert.equal(await stepOf(page), 25);
    assert.deepEqual(complaints, []);
  },
});

Deno.test({
  ...browserTest,
  name: `replay: without WebGL the pictures stay and can be chosen${suffix}`,
  async fn() {
    await using scene = await stage({ hasWebGl: false });
    const { page, complaints } = scene;
    await page.waitForSelector(`${player}[data-state="picture"]`);
    assert.ok(await page.isHidden(`${player} canvas`) && await page.isHidden(".replay-play"));
    assert.match(await page.textContent(".replay-note") ?? "", /no WebGL/);
    await page.selectOption(".replay-episode", "1");
    const width = await page.evaluate(`(async () => {
      const image = document.querySelector("${player} img");
      await image.decode();
      return image.currentSrc.includes("/1.svg") ? image.naturalWidth : 0;
    })()`);
    assert.equal(width, 720);
    assert.deepEqual(complaints, []);
  },
});
