import assert from "node:assert/strict";
import type { Browser, Page } from "playwright-core";
import { createApp } from "../../routes/app.ts";
import { demoMetrics, demoPaperSuite, demoQuickSuite, demoRuns } from "../demo/demo_data.ts";
import { demoStore } from "../demo/demo_store.ts";
import { demoPerfCsv } from "../reports/perf_demo.ts";
import { findChromium, launchChromium } from "./browser.ts";

const executable = findChromium();
const ignore = executable === null;
const suffix = ignore ? " (ignored: no Chromium here; run tests/e2e/install_chromium.sh)" : "";

/** The service on a free port with demo results, and a browser. */
async function stage(suites: Parameters<typeof demoStore>[0]) {
  const demo = await demoStore(suites);
  const closing = new AbortController();
  const app = createApp({
    store: () => Promise.resolve(demo.store),
    now: Date.now,
    version: "test",
    perfCsv: () => Promise.resolve(demoPerfCsv("2026-01-01T00:00:00.000Z", "2026-01-02T00:00:00.000Z")),
    closing: closing.signal,
  });
  const server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen: () => {} }, (request) => app.fetch(request));
  const browser = await launchChromium(executable!);
  return {
    demo,
    browser,
    origin: `http://127.0.0.1:${server.addr.port}`,
    async [Symbol.asyncDispose]() {
      await browser.close();
      closing.abort();
      await server.shutdown();
      await demo[Symbol.asyncDispose]();
    },
  };
}

/** Opens a page and collects everything the browser complains about, policy violations included. */
async function open(
  browser: Browser,
  { url, width, scheme }: { readonly url: string; readonly width: number; readonly scheme: "light" | "dark" },
): Promise<{ readonly page: Page; readonly complaints: string[] }> {
  const page = await browser.newPage({ viewport: { width, height: 900 }, colorScheme: scheme });
  const complaints: string[] = [];
  page.on("console", (message) => {
    if (message.type() === "error" || message.type() === "warning") complaints.push(message.text());
  });
  page.on("pageerror", (error) => complaints.push(error.message));
  page.on("response", (response) => {
    if (response.status() >= 400) complaints.push(`${response.status()} ${response.url()}`);
  });
  await page.goto(url, { waitUntil: "load" });
  return { page, complaints };
}

Deno.test({
  name: `pages render without complaints, sideways scrolling or missing images${suffix}`,
  ignore,
  // The browser driver keeps its own pipes and timers.
  sanitizeOps: false,
  sanitizeResources: false,
  async fn() {
    await using scene = await stage([demoPaperSuite, demoQuickSuite]);
    const paths = [
      "/",
      "/suites/chemical-fork",
      "/suites/quick",
      "/runs/quick-fcdl-1",
      "/runs/chemical-fork-mlp-1",
      "/perf",
    ];
    for (const path of paths) {
      for (const [width, scheme] of [[390, "dark"], [1280, "light"]] as const) {
        const { page, complaints } = await open(scene.browser, { url: scene.origin + path, width, scheme });
        const what = `${path} at ${width} px`;
        const overflow = await page.evaluate("document.documentElement.scrollWidth - innerWidth");
        assert.equal(overflow, 0, `${what} scrolls sideways`);
        const ids = await page.evaluate("[...document.querySelectorAll('[id]')].map(({ id }) => id)") as string[];
        assert.deepEqual(ids.filter((id, place) => ids.indexOf(id) !== place), [], `${what}: ids are unique`);
        const images = await page.evaluate(`Promise.all([...document.images].map(async (image) => {
          image.loading = "eager";
          await image.decode().catch(() => {});
          return { src: image.currentSrc, width: image.naturalWidth, alt: image.hasAttribute("alt") };
        }))`) as { src: string; width: number; alt: boolean }[];
        for (const image of images) {
          assert.ok(image.width > 0, `${what}: ${image.src} did not load`);
          assert.ok(image.alt, `${what}: ${image.src} has no alt text`);
          if (image.src.includes("/charts/")) assert.equal(image.src.includes("theme=dark"), scheme === "dark");
        }
        if (path.startsWith("/suites/")) assert.ok(images.length > 6, `${what} has its charts`);
        assert.deepEqual(complaints, [], what);
        await page.close();
      }
    }
  },
});

Deno.test({
  name: `an open page follows a running bench${suffix}`,
  ignore,
  sanitizeOps: false,
  sanitizeResources: false,
  async fn() {
    const growing = { ...demoQuickSuite, statuses: { 4: "pending", 5: "pending" } as const };
    await using scene = await stage([growing]);
    const { store } = scene.demo;
    const { page, complaints } = await open(scene.browser, {
      url: `${scene.origin}/suites/quick`,
      width: 1280,
      scheme: "light",
    });
    await page.waitForSelector('#live-status[data-state="on"]');
    await page.click("#paper-chemical-fork-return > summary");
    assert.match(await page.textContent("#facts") ?? "", /2 pending/);
    // The events come every two seconds: be sure the page knows the first state.
    await page.waitForTimeout(2500);
    const run = demoRuns(growing)[4]!;
    const lease = { worker: "e2e", leaseMs: 60_000, nowMs: Date.now() };
    await store.claim(run.id, lease);
    await store.recordMetrics(run.id, demoMetrics(run, { ...growing, share: 1 }), lease);
    await store.finish(run.id, { worker: "e2e", status: "done", elapsedMs: 1000, nowMs: Date.now() });
    await page.locator("#facts").filter({ hasText: "1 pending" }).waitFor({ timeout: 15_000 });
    const row = page.locator("#leaderboard-chemical-fork-5x3 tbody tr").first();
    assert.match(await row.textContent() ?? "", /^FCDL3/);
    assert.equal(await page.getAttribute("#paper-chemical-fork-return", "open"), "", "open details stay open");
    assert.deepEqual(complaints, []);
  },
});

Deno.test({
  name: `keyboard: the skip link comes first and tables can be scrolled${suffix}`,
  ignore,
  sanitizeOps: false,
  sanitizeResources: false,
  async fn() {
    await using scene = await stage([demoQuickSuite]);
    const { page } = await open(scene.browser, { url: `${scene.origin}/suites/quick`, width: 390, scheme: "light" });
    await page.keyboard.press("Tab");
    assert.equal(await page.evaluate("document.activeElement.textContent"), "Skip to content");
    await page.focus(".scroll");
    await page.keyboard.press("ArrowRight");
    await page.waitForTimeout(500);
    assert.ok(await page.evaluate('document.querySelector(".scroll").scrollLeft') as number > 0);
  },
});
