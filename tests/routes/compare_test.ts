import assert from "node:assert/strict";
import { createApp } from "../../routes/app.ts";
import { demoStore } from "../demo/demo_store.ts";
import { addMadeExecution, seedsFrom } from "../demo/made_executions.ts";

Deno.test("the page that compares two executions says what is worse, and has all rows as a file", async () => {
  await using demo = await demoStore([]);
  const seeds = seedsFrom(1, 8);
  await addMadeExecution(demo.store, { id: "e1", seeds, fields: { startedAtMs: 1 } });
  await addMadeExecution(demo.store, { id: "e2", seeds, shifted: 0.9, fields: { startedAtMs: 2 } });
  const app = createApp({ store: () => Promise.resolve(demo.store), now: () => 1e6, version: "0.0.0-test" });
  const page = async (path: string) => await (await app.request(path, { headers: { accept: "text/html" } })).text();
  const suite = await page("/suites/made");
  const link = /href="(\/compare\?[^"]+)"/.exec(suite)![1]!.replaceAll("&amp;", "&");
  assert.equal(link, "/compare?before=e1&after=e2");
  const text = (await page(link)).replace(/<[^>]+>/g, " ").replace(/\s+/g, " ");
  assert.match(text, /Worse: 1 of 8 judged numbers/);
  assert.match(text, /Worse: FCDL on chemical-fork, n = 2: prediction accuracy, one step from/i);
  const csv = await (await app.request("/compare.csv?before=e1&after=e2")).text();
  assert.equal(csv.trim().split("\r\n").length, 1 + 12);
  for (
    const [path, status] of [["/compare", 400], ["/compare?before=e1", 400], [
      "/compare?before=e1&after=x",
      404,
    ]] as const
  ) {
    assert.equal((await app.request(path, { headers: { accept: "application/json" } })).status, status);
  }
});
