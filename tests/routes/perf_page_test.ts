import assert from "node:assert/strict";
import { createApp } from "../../routes/app.ts";
import { demoPerfCsv } from "../reports/perf_demo.ts";

const csv = demoPerfCsv("2026-01-01T00:00:00.000Z");

function appOf(text: string | null) {
  return createApp({
    store: () => Promise.resolve(null),
    now: () => 0,
    version: "test",
    perfCsv: () => Promise.resolve(text),
  });
}

Deno.test("GET /perf: the command to run while nothing is measured, else tables and charts", async () => {
  for (
    const app of [
      appOf(null),
      appOf(""),
      createApp({ store: () => Promise.resolve(null), now: () => 0, version: "" }),
    ]
  ) {
    assert.match(await (await app.request("/perf")).text(), /deno task perf/);
    assert.equal((await app.request("/charts/perf/perf-kernels-fcdl.svg")).status, 404);
  }
  assert.equal((await appOf(null).request("/perf.csv")).status, 404);
  const app = appOf(csv);
  const page = await (await app.request("/perf")).text();
  assert.match(page, /Speed by method and size/);
  assert.match(page, /OpenBLAS 0\.3\.21/);
  assert.equal(await (await app.request("/perf.csv")).text(), csv);
  const address = /src="(\/charts\/perf\/[^"]+)"/.exec(page)![1]!.replaceAll("&amp;", "&");
  const chart = await app.request(address);
  assert.equal(chart.headers.get("content-type"), "image/svg+xml");
  assert.match(chart.headers.get("cache-control")!, /immutable/);
});

Deno.test("GET /perf escapes what the file says", async () => {
  const page = await (await appOf(csv.replaceAll("Some CPU", "<img src=x>")).request("/perf")).text();
  assert.ok(!page.includes("<img src=x"));
});
