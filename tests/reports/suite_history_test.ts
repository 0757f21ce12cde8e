import { deepEqual, equal, match, ok } from "node:assert/strict";
import type { Store } from "../../lib/store/store.ts";
import { buildHistory, historyCsv } from "../../reports/build/history.ts";
import { historyAlerts } from "../../reports/build/history_alerts.ts";
import { readHistory } from "../../reports/read/suite_history.ts";
import { createApp } from "../../routes/app.ts";
import { demoStore } from "../demo/demo_store.ts";
import { addMadeExecution, seedsFrom } from "../demo/made_executions.ts";

/** Eight nights; from the sixth on FCDL has lost a tenth of its accuracy under the shift. In the third a run failed. */
async function nights(store: Store): Promise<void> {
  for (let night = 1; night <= 8; night++) {
    await addMadeExecution(store, {
      id: `e${night}`,
      seeds: seedsFrom(1, 8),
      shifted: night < 6 ? 1 : 0.9,
      ...(night === 3 ? { failed: [2] } : {}),
      fields: {
        startedAtMs: night * 86_400_000,
        code: { version: `0.2.0+${"a".repeat(9)}${night}`, hash: `${night}` },
      },
    });
  }
  // One that is under way is no part of a history yet.
  await store.addRuns([{ id: "r", suite: "made", environment: "chemical-fork", method: "fcdl", seed: 1, spec: {} }]);
}

Deno.test("a planted loss is a step of the history at the execution that brought it, and the only one", async () => {
  await using demo = await demoStore([]);
  await nights(demo.store);
  const history = (await readHistory(demo.store, "made"))!;
  deepEqual(history.executions.map(({ id }) => id), ["e1", "e2", "e3", "e4", "e5", "e6", "e7", "e8"]);
  const steps = history.series.flatMap(({ method, split, metric, steps }) =>
    steps.map(({ at, isWorse }) => [method, split, metric.name, at, isWorse])
  );
  deepEqual(steps, [["fcdl", "n2", "accuracy", 5, true]]);
  deepEqual(history.failed.map(({ id }) => id), ["e3-fcdl-2"]);
  const lines = historyCsv(history).records;
  // Two methods, two splits, accuracy and return, in eight executions.
  equal(lines.length, 2 * 2 * 2 * 8);
  deepEqual(lines.filter((line) => line[12] !== "").map((line) => [line[1], line[5], line[6], line[12]]), [
    ["e6", "fcdl", "n2", "worse"],
  ]);
  deepEqual(lines.filter((line) => line[1] === "e3" && line[5] === "fcdl").map((line) => line[8]), [7, 7, 7, 7]);
  const alerts = historyAlerts(history);
  deepEqual(alerts.map(({ id, execution, kind }) => [id, execution, kind]), [
    ["regression/e6/chemical-fork/fcdl/n2/accuracy", "e6", "regression"],
    ["failed/e3-fcdl-2", "e3", "failed run"],
  ]);
  match(alerts[0]!.title, /^FCDL is worse: prediction accuracy.*, n = 2$/i);
  match(alerts[0]!.details[1]!, /^Code 0\.2\.0\+a{9}6 after 0\.2\.0\+a{9}5$/);
  equal(await readHistory(demo.store, "none"), null);
  const links = { execution: () => "", compare: () => "", moment: String };
  const sections = buildHistory({ ...history, executions: [], series: [] }, links);
  match(JSON.stringify(sections), /A history begins with the second execution/);
});

Deno.test("the history's page marks the step, draws it, and has a file and an Atom feed", async () => {
  await using demo = await demoStore([]);
  await nights(demo.store);
  const app = createApp({ store: () => Promise.resolve(demo.store), now: () => 1e12, version: "0.0.0-test" });
  const get = async (path: string) => {
    const response = await app.request(path, { headers: { accept: "text/html" } });
    equal(response.status, 200, path);
    return await response.text();
  };
  match(await get("/suites/made"), /href="\/suites\/made\/history"/);
  const page = await get("/suites/made/history");
  match(page, /1 step in 8 executions, 1 for the worse/);
  match(page, /href="\/compare\?before=e5&amp;after=e6"/);
  match(page, /1 run failed in these executions/);
  const chart = /\/charts\/history\/made\/history-chemical-fork-accuracy-n2/.exec(page)![0];
  match(await get(`${chart}.csv`), /step: worse/);
  const image = await app.request(`${chart}.png`);
  equal(image.headers.get("content-type"), "image/png");
  ok((await image.arrayBuffer()).byteLength > 5000);
  match(await get("/suites/made/history.csv"), /^suite,execution,begun,code,env,.*,step_chance\r\nmade,e1,1970-01-02T/);
  const feed = await app.request("/suites/made/alerts.atom");
  match(feed.headers.get("content-type")!, /^application\/atom\+xml/);
  const text = await feed.text();
  deepEqual(text.match(/<category [^>]*term="[^"]+"/g)?.length, 2);
  match(text, /urn:fcdl-bench:alert:regression%2Fe6%2Fchemical-fork/);
  for (const path of ["/suites/none/history", "/suites/none/alerts.atom", "/charts/history/none/x.png"]) {
    equal((await app.request(path, { headers: { accept: "application/json" } })).status, 404);
  }
});
