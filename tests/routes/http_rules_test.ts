import assert from "node:assert/strict";
import type { MetricRow } from "../../lib/store/store.ts";
import { createApp } from "../../routes/app.ts";
import type { AppOptions } from "../../routes/services.ts";
import { demoQuickSuite } from "../demo/demo_data.ts";
import { demoStore } from "../demo/demo_store.ts";

function appWith(options: Partial<AppOptions> = {}) {
  return createApp({ store: () => Promise.resolve(null), now: () => 0, version: "test", ...options });
}

Deno.test("HEAD on the event stream opens no stream, however often", async () => {
  await using demo = await demoStore([demoQuickSuite]);
  const closing = new AbortController();
  const app = appWith({ store: () => Promise.resolve(demo.store), closing: closing.signal });
  for (let k = 0; k < 410; k++) {
    const answer = await app.request("/events", { method: "HEAD" });
    assert.deepEqual([answer.status, answer.body], [200, null]);
    assert.equal(answer.headers.get("content-type"), "text/event-stream");
  }
  const live = await app.request("/events");
  assert.equal(live.status, 200);
  closing.abort();
  await live.text();
});

Deno.test("HEAD answers with the headers of GET and the length of its content", async () => {
  await using demo = await demoStore([demoQuickSuite]);
  const app = appWith({ store: () => Promise.resolve(demo.store) });
  const chart = "/charts/suites/quick/final-chemical-fork-5x3-return";
  const paths = ["/", "/suites/quick", "/runs/quick-fcdl-1", "/perf", "/assets/site.css", "/api/suites", "/healthz"];
  for (const path of [...paths, `${chart}.png`, `${chart}.svg`, "/nothing", "/runs/none"]) {
    const get = await app.request(path);
    const head = await app.request(path, { method: "HEAD" });
    assert.deepEqual([head.status, head.body], [get.status, null], path);
    assert.equal(head.headers.get("content-length"), `${(await get.arrayBuffer()).byteLength}`, path);
    for (const name of ["content-type", "etag", "cache-control", "content-security-policy"]) {
      assert.equal(head.headers.get(name), get.headers.get(name), `${path}: ${name}`);
    }
  }
});

Deno.test("HEAD of a file that is streamed says no length, and reads no more of it than GET's first piece", async () => {
  await using demo = await demoStore([demoQuickSuite]);
  let ended = 0;
  let given = 0;
  async function* streamMetrics(): AsyncGenerator<MetricRow> {
    try {
      for await (const row of demo.store.streamMetrics({ suite: "quick" })) {
        given++;
        yield row;
      }
    } finally {
      ended++;
    }
  }
  const store = new Proxy(demo.store, {
    get(target, name) {
      const member: unknown = name === "streamMetrics" ? streamMetrics : Reflect.get(target, name);
      return typeof member === "function" ? member.bind(target) : member;
    },
  });
  const app = appWith({ store: () => Promise.resolve(store) });
  const head = await app.request("/suites/quick/metrics.csv", { method: "HEAD" });
  assert.deepEqual([head.status, head.body, head.headers.get("content-length")], [200, null, null]);
  assert.match(head.headers.get("content-disposition")!, /quick-metrics\.csv/);
  for (let k = 0; k < 100 && ended === 0; k++) await new Promise((resolve) => setTimeout(resolve, 10));
  const all = (await demo.store.queryMetrics({ suite: "quick" })).length;
  assert.ok(given < all / 2, `${given} of ${all} records read`);
  // A reader that leaves half-way ends the reading as well.
  const reader = (await app.request("/suites/quick/metrics.csv")).body!.getReader();
  await reader.read();
  const before = ended;
  await reader.cancel();
  for (let k = 0; k < 100 && ended === before; k++) await new Promise((resolve) => setTimeout(resolve, 10));
  assert.equal(ended, before + 1);
});

Deno.test("a trailing slash leads to the address without it, on this site", async () => {
  const app = appWith();
  const cases = [
    ["/perf/", "/perf"],
    ["/suites/a%2Fb/?x=1&y=%20", "/suites/a%2Fb?x=1&y=%20"],
    ["/runs/x///", "/runs/x"],
    ["//example.org/", "/example.org"],
    ["/\\example.org/", "/example.org"],
  ];
  for (const [from, to] of cases) {
    for (const method of ["GET", "HEAD"]) {
      const answer = await app.request(`http://localhost${from}`, { method });
      assert.deepEqual([answer.status, answer.headers.get("location")], [301, to], `${method} ${from}`);
    }
  }
  assert.equal((await app.request("/")).status, 200);
  assert.equal((await app.request("/perf/", { method: "POST" })).status, 404);
});

Deno.test("a foreign host is refused, whether a header or the request line names it", async () => {
  const status = async (
    host: string,
    { url = "http://localhost/", ...options }: Partial<AppOptions> & { url?: string } = {},
  ) => {
    const answer = await appWith(options).request(url, { headers: { host, accept: "application/json" } });
    const { error } = answer.status === 200 ? { error: "" } : await answer.json();
    if (answer.status !== 200) assert.match(error, /^Cannot answer for this host: .*, expected .*, got "[^"]+"$/);
    return answer.status;
  };
  const own = [
    "localhost",
    "localhost:8000",
    "LOCALHOST",
    "localhost.",
    "bench.localhost:1",
    "127.0.0.1:8000",
    "127.1.2.3",
  ];
  for (const host of [...own, "[::1]:8000"]) assert.equal(await status(host), 200, host);
  const foreign = [
    "example.org",
    "example.org:8000",
    "localhost.example.org",
    "127.0.0.1.example.org",
    "10.0.0.5",
    "a b",
  ];
  for (const host of [...foreign, "[fe80::1]", "0.0.0.0", "xn--localhost-9za"]) {
    assert.equal(await status(host), 421, host);
  }
  assert.equal(await status("localhost", { url: "http://example.org/" }), 421);
  const named = { names: ["bench.lab", "10.0.0.5"], anyAddress: false };
  assert.equal(await status("Bench.Lab:80", { allowedHosts: named }), 200);
  assert.equal(await status("10.0.0.5:80", { allowedHosts: named }), 200);
  assert.equal(await status("other.lab", { allowedHosts: named }), 421);
  assert.equal(await status("10.0.0.6", { allowedHosts: { names: [], anyAddress: true } }), 200);
  assert.equal(await status("example.org", { allowedHosts: { names: [], anyAddress: true } }), 421);
  assert.equal(await status("example.org", { allowedHosts: { names: ["*"], anyAddress: false } }), 200);
});

Deno.test("an error shows its words to who runs the service, not on pages", async () => {
  const sentence = "Cannot open the store /home/somebody/secret/store.sqlite: it is damaged";
  const reported: string[] = [];
  const app = appWith({
    store: () => Promise.reject(new Error(sentence)),
    perfCsv: () => Promise.reject(new Error(sentence)),
    report: (line) => void reported.push(line),
  });
  const pages = ["/", "/suites/a", "/runs/a", "/perf", "/perf.csv", "/charts/suites/a/b.png", "/suites/a/metrics.csv"];
  for (const path of [...pages, "/runs/a/replay.json", "/api/suites", "/healthz"]) {
    for (const accept of ["text/html", "application/json"]) {
      const answer = await app.request(path, { headers: { accept } });
      assert.equal(answer.status, path === "/healthz" ? 503 : 500, path);
      assert.doesNotMatch(await answer.text(), /secret|somebody|sqlite/, path);
      assert.equal(reported.pop(), sentence, path);
    }
  }
});
