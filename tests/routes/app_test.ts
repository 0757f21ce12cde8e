import assert from "node:assert/strict";
import type { Store } from "../../lib/store/store.ts";
import { createApp } from "../../routes/app.ts";
import { demoPaperSuite, demoQuickSuite } from "../demo/demo_data.ts";
import { demoStore } from "../demo/demo_store.ts";

const html = { headers: { accept: "text/html" } };
const json = { headers: { accept: "application/json" } };

function appOf(store: Store | null, closing?: AbortSignal) {
  return createApp({
    store: () => Promise.resolve(store),
    now: () => 0,
    version: "0.0.0-test",
    ...(closing ? { closing } : {}),
  });
}

Deno.test("GET / without a store, or with an empty one, names the command to run", async () => {
  await using demo = await demoStore([]);
  for (const store of [null, demo.store]) {
    const response = await appOf(store).request("/", html);
    assert.equal(response.status, 200);
    assert.match(await response.text(), /deno task bench --suite quick/);
  }
});

Deno.test("GET /, suite and run pages show what the store holds", async () => {
  await using demo = await demoStore([demoPaperSuite, demoQuickSuite]);
  const app = appOf(demo.store);
  const home = await (await app.request("/", html)).text();
  assert.match(home, /href="\/suites\/quick"/);
  const suite = await (await app.request("/suites/chemical-fork", html)).text();
  assert.match(suite, /15\.27 ± 2\.53/);
  assert.match(suite, /1 failed/);
  assert.match(suite, /Every setting compared here, number of seeds included, is the paper/);
  const reduced = await (await app.request("/suites/quick", html)).text();
  assert.match(reduced, /who is robust, and for the right reason, in minutes/, "a built-in suite's description");
  assert.match(reduced, /500 updates where the paper has 15,100/, "and its notes");
  assert.match(reduced, /numbers are not comparable/);
  const run = await (await app.request("/runs/chemical-fork-mlp-1", html)).text();
  assert.match(run, /The run failed/);
  assert.match(run, /the loss at update 6342 is not finite/);
});

Deno.test("addresses of runs from when ids had no letter lead to the run", async () => {
  await using demo = await demoStore([]);
  const { store } = demo;
  await store.addRuns([{ id: "r04e1990152113312", suite: "s", environment: "e", method: "mlp", seed: 1, spec: {} }]);
  const app = appOf(store);
  for (const path of ["/runs/", "/api/runs/", "/runs/04e1990152113312/metrics.csv?a=1"]) {
    const old = path.includes("0") ? path : `${path}04e1990152113312`;
    const response = await app.request(old, html);
    assert.equal(response.status, 301);
    assert.equal(response.headers.get("location"), old.replace("04e", "r04e"));
    assert.equal((await app.request(response.headers.get("location")!, html)).status, 200);
  }
});

Deno.test("pages show a change at once, whatever the clock says, and a lease that ends without one", async () => {
  await using demo = await demoStore([]);
  const { store } = demo;
  const ids = ["one", "two"];
  await store.addRuns(ids.map((id, index) => ({
    ...{ id, suite: "s", environment: "chemical-fork", method: "mlp" },
    ...{ seed: index, spec: {} },
  })));
  let nowMs = 0;
  const app = createApp({ store: () => Promise.resolve(store), now: () => nowMs, version: "test" });
  const page = async (path = "/suites/s") => await (await app.request(path, html)).text();
  const statuses = async () =>
    [...(await page()).matchAll(/<td class="[^"]*"><span class="status status-(\w+)/g)].map((match) => match[1]);
  assert.deepEqual(await statuses(), ["pending", "pending"]);
  await store.claim("two", { worker: "w", leaseMs: 1000, nowMs });
  assert.deepEqual(await statuses(), ["running", "pending"]);
  assert.match(await page("/runs/two"), /status-running/);
  const before = await page();
  assert.equal(await page(), before);
  const point = { envSteps: 10, updates: 5, split: "train", elapsedMs: 1 };
  await store.recordMetrics("two", [{ ...point, name: "return", qualifier: "", value: 17.25 }], { worker: "w" });
  assert.match(await page(), /curve-chemical-fork-return-train/);
  assert.match(await page("/runs/two"), /17\.25/);
  nowMs = 1000;
  assert.deepEqual(await statuses(), ["interrupted", "pending"]);
  assert.match(await page("/runs/two"), /status-interrupted/);
  assert.match(await page("/"), /1 <span class="status status-interrupted/);
});

Deno.test("a run whose worker's lease has ended is shown as interrupted", async () => {
  await using demo = await demoStore([]);
  const { store } = demo;
  const run = { suite: "s", environment: "chemical-fork", method: "mlp", spec: {} };
  await store.addRuns([{ ...run, id: "lost", seed: 1 }, { ...run, id: "alive", seed: 2 }]);
  await store.claim("lost", { worker: "w", leaseMs: 60_000, nowMs: 0 });
  await store.claim("alive", { worker: "w", leaseMs: 60_000, nowMs: 50_000 });
  let nowMs = 59_999;
  const app = createApp({ store: () => Promise.resolve(store), now: () => nowMs, version: "test" });
  const look = async () => {
    const api = async (path: string) => await (await app.request(path)).json();
    const { runs } = await api("/api/suites/s") as { runs: { status: string }[] };
    const { suites } = await api("/api/suites") as { suites: { byStatus: { running: number; interrupted: number } }[] };
    const { run } = await api("/api/runs/lost") as { run: { status: string } };
    const { running, interrupted } = suites[0]!.byStatus;
    return [...runs.map(({ status }) => status), run.status, running, interrupted];
  };
  assert.deepEqual(await look(), ["running", "running", "running", 2, 0]);
  nowMs = 60_000;
  assert.deepEqual(await look(), ["interrupted", "running", "interrupted", 1, 1]);
  assert.match(await (await app.request("/suites/s", html)).text(), /interrupted/);
});

Deno.test("a run's page names what each stretch was made with, and why a run was left", async () => {
  await using demo = await demoStore([]);
  await demo.store.addRuns([{ id: "r", suite: "s", environment: "e", method: "m", seed: 1, spec: {} }]);
  const lease = { worker: "w", leaseMs: 1000, nowMs: 0 };
  await demo.store.claim("r", lease);
  const origin = (backend: string) => ({
    ...{ codeVersion: `0.1.0+0123456789${backend === "cpu" ? ".dirty" : ""}`, backend },
    ...{ versions: {}, machine: {} },
  });
  const page = async () => await (await appOf(demo.store).request("/runs/r", html)).text();
  await demo.store.recordOrigin("r", { ...lease, fromLoop: 0, provenance: origin("wasm") });
  assert.doesNotMatch(await page(), /went on with something else/);
  await demo.store.recordOrigin("r", { ...lease, fromLoop: 1200, provenance: origin("cpu") });
  await demo.store.finish("r", { ...lease, status: "interrupted", error: "Cannot store it: disk", elapsedMs: 1 });
  const text = (await page()).replace(/<[^>]*>/g, " ").replace(/\s+/g, " ");
  assert.match(text, /went on with something else than it began with, once/);
  assert.match(text, /Loops 0 to 1,200 .*Backend wasm .*Loops 1,200 to the end .*0123456789\.dirty .*Backend cpu/);
  assert.match(text, /The run was left, and can go on Cannot store it: disk/);
});

Deno.test("pages escape what users choose", async () => {
  await using demo = await demoStore([]);
  const evil = `<img src=x onerror="alert(1)">`;
  await demo.store.addRuns([
    { id: "r&1", suite: "s", environment: evil, method: evil, seed: 1, spec: { method: { label: "</code><script>" } } },
  ]);
  await demo.store.claim("r&1", { worker: "w", leaseMs: 1000, nowMs: 0 });
  await demo.store.recordMetrics("r&1", [
    { envSteps: 1, updates: 1, split: evil, name: "return", qualifier: evil, value: 1, elapsedMs: 1 },
    { envSteps: 1, updates: 1, split: "train", name: evil, qualifier: "", value: 1, elapsedMs: 1 },
  ], { worker: "w" });
  const app = appOf(demo.store);
  for (const path of ["/", "/suites/s", "/runs/r%261", `/suites/${encodeURIComponent(evil)}`]) {
    const text = await (await app.request(path, html)).text();
    assert.ok(!text.includes("<img src=x"), path);
    assert.ok(!text.includes("<script>"), path);
    assert.ok(text.includes("&lt;img src=x") || path === "/runs/r%261", path);
  }
});

Deno.test("no page carries inline script, style or event handlers, and all have the security headers", async () => {
  await using demo = await demoStore([demoQuickSuite]);
  const app = appOf(demo.store);
  for (const path of ["/", "/suites/quick", "/runs/quick-fcdl-1", "/nothing"]) {
    const response = await app.request(path, html);
    const text = await response.text();
    assert.doesNotMatch(text, /<script(?![^>]*\ssrc=)/);
    assert.doesNotMatch(text, /<style|\sstyle="|\son[a-z]+="/);
    const policy = response.headers.get("content-security-policy")!;
    assert.match(policy, /default-src 'none'/);
    assert.doesNotMatch(policy, /unsafe/);
    assert.equal(response.headers.get("x-content-type-options"), "nosniff");
  }
});

Deno.test("unknown addresses answer 404 with one sentence, as page or JSON", async () => {
  await using demo = await demoStore([demoQuickSuite]);
  const app = appOf(demo.store);
  const paths = [
    "/nothing",
    "/suites/none",
    "/runs/none",
    "/api/runs/none",
    "/suites/none/metrics.csv",
    "/runs/none/metrics.csv",
    "/charts/suites/quick/none.png",
    "/charts/runs/none/run-return.svg",
  ];
  for (const path of paths) {
    const answer = await app.request(path, json);
    assert.equal(answer.status, 404, path);
    assert.match((await answer.json()).error, /^Cannot find [^\n]+$/);
    const page = await app.request(path, html);
    assert.equal(page.status, 404, path);
    assert.match(await page.text(), path.startsWith("/api/") ? /^\{"error"/ : /<h1>Nothing here<\/h1>/);
  }
});

Deno.test("charts answer PNG, SVG and CSV; bad requests answer 400", async () => {
  await using demo = await demoStore([demoQuickSuite]);
  const app = appOf(demo.store);
  const base = "/charts/suites/quick/final-chemical-fork-5x3-return";
  const png = await app.request(`${base}.png?theme=dark&size=half`);
  assert.equal(png.headers.get("content-type"), "image/png");
  assert.deepEqual([...new Uint8Array(await png.arrayBuffer()).slice(1, 4)], [0x50, 0x4e, 0x47]);
  const svg = await app.request(`${base}.svg`);
  assert.equal(svg.headers.get("content-type"), "image/svg+xml");
  assert.match(await svg.text(), /<svg /);
  assert.match(await (await app.request(`${base}.csv`)).text(), /^series,/);
  assert.match((await (await app.request("/charts/runs/quick-fcdl-1/usage-train.svg")).text()).slice(0, 200), /<svg /);
  for (const path of [`${base}.gif`, `${base}.png?theme=pink`, `${base}.png?size=huge`]) {
    const response = await app.request(path, json);
    assert.equal(response.status, 400, path);
    assert.match((await response.json()).error, /^Cannot draw the chart: /);
  }
});

Deno.test("a chart is immutable only under the hash of its content", async () => {
  await using demo = await demoStore([demoQuickSuite]);
  const app = appOf(demo.store);
  const page = await (await app.request("/suites/quick", html)).text();
  const address = /src="(\/charts\/[^"]+)"/.exec(page)![1]!.replaceAll("&amp;", "&");
  assert.match((await app.request(address)).headers.get("cache-control")!, /immutable/);
  assert.equal((await app.request(address.replace(/v=.*/, "v=old"))).headers.get("cache-control"), "no-cache");
});

Deno.test("etag: an unchanged page answers 304; gzip on request", async () => {
  await using demo = await demoStore([demoQuickSuite]);
  const app = appOf(demo.store);
  const first = await app.request("/suites/quick", html);
  const tag = first.headers.get("etag")!;
  await first.text();
  const second = await app.request("/suites/quick", { headers: { accept: "text/html", "if-none-match": tag } });
  assert.equal(second.status, 304);
  const packed = await app.request("/suites/quick", { headers: { accept: "text/html", "accept-encoding": "gzip" } });
  assert.equal(packed.headers.get("content-encoding"), "gzip");
  await packed.body?.cancel();
});

Deno.test("downloads stream every record and the summary", async () => {
  await using demo = await demoStore([demoQuickSuite]);
  const app = appOf(demo.store);
  const metrics = await app.request("/suites/quick/metrics.csv");
  assert.match(metrics.headers.get("content-disposition")!, /filename="quick-metrics.csv"/);
  const lines = (await metrics.text()).trim().split("\r\n");
  assert.equal(lines[0], "suite,env,method,seed,run,env_steps,updates,split,metric,value,elapsed_ms,execution");
  assert.equal(lines.length - 1, (await demo.store.queryMetrics({ suite: "quick" })).length);
  const summary = await (await app.request("/suites/quick/summary.csv")).text();
  assert.match(summary, /^suite,env,split,metric,method,seeds,failed,mean,std,iqm,ci_low,ci_high,execution\r\n/);
  const run = await (await app.request("/runs/quick-mlp-2/metrics.csv")).text();
  assert.ok(run.split("\r\n").slice(1, -1).every((row) => row.includes(",quick-mlp-2,")));
});

Deno.test("the JSON API lists suites and answers a run with its last metrics", async () => {
  await using demo = await demoStore([demoQuickSuite]);
  const app = appOf(demo.store);
  const { suites } = await (await app.request("/api/suites")).json();
  assert.equal(suites[0].suite, "quick");
  const { run, metrics, artifacts } = await (await app.request("/api/runs/quick-fcdl-1")).json();
  assert.equal(run.status, "done");
  assert.ok(metrics.length > 10);
  assert.equal(artifacts.length, 2);
});

Deno.test("/healthz tells a reachable store from a missing and a broken one", async () => {
  await using demo = await demoStore([]);
  assert.deepEqual(await (await appOf(demo.store).request("/healthz")).json(), {
    ok: true,
    store: "reachable",
    version: "0.0.0-test",
  });
  assert.equal((await (await appOf(null).request("/healthz")).json()).store, "none yet");
  const broken = createApp({
    store: () => Promise.reject(new Error("Cannot open the store x: it is damaged")),
    now: () => 0,
    version: "v",
  });
  const response = await broken.request("/healthz");
  assert.equal(response.status, 503);
  assert.equal((await response.json()).store, "unreachable");
  const page = await broken.request("/", html);
  assert.equal(page.status, 500);
  assert.match(await page.text(), /Cannot show this: something failed on the server/);
});

Deno.test("a body that is too large is refused", async () => {
  const response = await appOf(null).request("/", {
    method: "POST",
    body: "x".repeat(100_000),
    headers: { accept: "application/json", "content-length": "100000" },
  });
  assert.equal(response.status, 413);
  await response.body?.cancel();
});

Deno.test("/events sends the state at once and ends when the service closes", async () => {
  await using demo = await demoStore([demoQuickSuite]);
  const closing = new AbortController();
  const response = await appOf(demo.store, closing.signal).request("/events?suite=quick");
  assert.equal(response.headers.get("content-type"), "text/event-stream");
  const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
  assert.match((await reader.read()).value!, /^event: change\ndata: 6-\d+-0\n/);
  closing.abort();
  while (!(await reader.read()).done);
});
