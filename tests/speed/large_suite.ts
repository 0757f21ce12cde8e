// deno run -A tests/speed/large_suite.ts [file]
// Pages, charts, summary.csv and event streams of a suite of 1,000 runs with 158,000 final rows. The store is made (about
// a minute) unless the file is there. Wall time and CPU time, since the machine may do other things at the same time.
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { openStore } from "../../lib/store/open_store.ts";
import { createApp } from "../../routes/app.ts";
import { textTable } from "../../tasks/bench/text.ts";
import { fillLargeSuite, largeSuite } from "./large_store.ts";

const STREAMS = 300;
const WATCHED_MS = 20_000;

const [given] = Deno.args;
const folder = await mkdtemp(join(tmpdir(), "fcdl-large-"));
const path = given ?? join(folder, "store.sqlite");
if (!existsSync(path)) {
  const filling = await openStore(path);
  await fillLargeSuite(filling, largeSuite, (done, runs) => console.error(`made ${done} of ${runs} runs`));
  await filling.close();
}
const store = await openStore(path, { readOnly: true });
const newApp = (closing?: AbortSignal) =>
  createApp({
    store: () => Promise.resolve(store),
    now: Date.now,
    version: "bench",
    ...(closing ? { closing } : {}),
  });
const rows: string[][] = [["What", "wall, ms", "CPU, ms", "bytes"]];

async function measure(what: string, work: () => Promise<Response>): Promise<string> {
  const start = performance.now();
  const before = process.cpuUsage();
  const text = await (await work()).text();
  const { user, system } = process.cpuUsage(before);
  const wallMs = performance.now() - start;
  rows.push([what, wallMs.toFixed(0), ((user + system) / 1000).toFixed(0), `${text.length}`]);
  return text;
}

const suite = `/suites/${largeSuite.suite}`;
const app = newApp();
const page = await measure("page, cold", async () => await app.request(suite));
await measure("page, warm", async () => await app.request(suite));
const charts = [...page.matchAll(/src="(\/charts[^"]+)"/g)].map((match) => match[1]!.replaceAll("&amp;", "&"));
for (const kind of ["final", "profile", "curve"]) {
  const chart = charts.find((address) => address.includes(`/${kind}-`));
  if (chart === undefined) continue;
  await measure(`chart (${kind}), first of a service`, async () => await newApp().request(chart));
  await measure(`chart (${kind}), report there`, async () => await app.request(chart));
  await measure(`chart (${kind}), again`, async () => await app.request(chart));
}
await measure("summary.csv", async () => await app.request(`${suite}/summary.csv`));
await measure("home, cold", async () => await newApp().request("/"));
await measure("home, warm", async () => await app.request("/"));

const closing = new AbortController();
const live = newApp(closing.signal);
const readers = await Promise.all(Array.from({ length: STREAMS }, async () => {
  const reader = (await live.request("/events")).body!.getReader();
  await reader.read();
  return reader;
}));
const reading = readers.map(async (reader) => {
  while (!(await reader.read()).done);
});
const before = process.cpuUsage();
await new Promise((resolve) => setTimeout(resolve, WATCHED_MS));
const { user, system } = process.cpuUsage(before);
closing.abort();
await Promise.all(reading);
console.log(textTable(rows));
console.log(
  `${STREAMS} event streams: ${((user + system) / WATCHED_MS / 10).toFixed(2)} % of a core over ${
    WATCHED_MS / 1000
  } s; heap ${(Deno.memoryUsage().heapUsed / 2 ** 20).toFixed(0)} MiB, resident ${
    (Deno.memoryUsage().rss / 2 ** 20).toFixed(0)
  } MiB`,
);
await store.close();
await rm(folder, { recursive: true });
