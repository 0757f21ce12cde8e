import { deepEqual, equal, match, ok } from "node:assert/strict";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { exportSuite } from "../../reports/csv/export_suite.ts";
import { createApp } from "../../routes/app.ts";
import { main as exportTask } from "../../tasks/export.ts";
import { demoQuickSuite } from "../demo/demo_data.ts";
import { demoStore } from "../demo/demo_store.ts";

/** Changes a store's file as a disk would: no trigger notices. */
function damage(path: string, sql: string): void {
  const database = new DatabaseSync(path);
  for (const name of ["metrics_added", "metrics_replaced", "metrics_removed"]) database.exec(`DROP TRIGGER ${name}`);
  database.exec(sql);
  database.close();
}

const oneRun = "(SELECT sequence FROM runs WHERE id = 'quick-mlp-2')";

Deno.test("a suite's page counts a run with damaged records as failed, says why, and shows the others", async () => {
  await using demo = await demoStore([demoQuickSuite]);
  damage(demo.path, `UPDATE finals SET value = value + 1 WHERE run = ${oneRun} AND name = 'return' AND qualifier = ''`);
  const app = createApp({ store: () => Promise.resolve(demo.store), now: () => 0, version: "test" });
  const page = await (await app.request("/suites/quick", { headers: { accept: "text/html" } })).text();
  match(page, /1 failed/);
  match(page, /Cannot read metrics: records of run quick-mlp-2 are damaged/);
  match(page, /quick-fcdl-1/);
  const run = await (await app.request("/runs/quick-mlp-2", { headers: { accept: "text/html" } })).text();
  match(run, /The run failed/);
  match(run, /records of run quick-mlp-2 are damaged/);
  const other = await app.request("/runs/quick-mlp-1", { headers: { accept: "text/html" } });
  equal(other.status, 200);
  ok(!/damaged/.test(await other.text()));
});

Deno.test("a run's page says which of its artifacts is damaged, and shows the rest", async () => {
  await using demo = await demoStore([demoQuickSuite]);
  damage(
    demo.path,
    `UPDATE artifacts SET bytes = zeroblob(length(bytes)) WHERE name = 'codebook'
       AND run = (SELECT sequence FROM runs WHERE id = 'quick-fcdl-1')`,
  );
  const app = createApp({ store: () => Promise.resolve(demo.store), now: () => 0, version: "test" });
  const page = await (await app.request("/runs/quick-fcdl-1", { headers: { accept: "text/html" } })).text();
  match(page, /Cannot read codebook of run quick-fcdl-1: its \d+ bytes are damaged/);
  match(page, /id="curves"/);
  equal((await app.request("/suites/quick")).status, 200);
});

Deno.test("files leave damaged records out and say so", async () => {
  await using demo = await demoStore([demoQuickSuite]);
  const folder = await Deno.makeTempDir();
  try {
    const whole = await exportSuite(demo.store, "quick", { outDir: folder });
    deepEqual(whole.damage, []);
    const lines = async () => (await Deno.readTextFile(whole.metricsPath)).trim().split("\r\n");
    const before = await lines();
    const row =
      `run = ${oneRun} AND name = 'return' AND qualifier = '' AND split = 'n2' AND updates = (SELECT max(updates) FROM metrics)`;
    damage(
      demo.path,
      `UPDATE metrics SET value = value + 1 WHERE ${row}; UPDATE finals SET value = value + 1 WHERE ${row}`,
    );
    const { damage: told } = await exportSuite(demo.store, "quick", { outDir: folder });
    equal(told.length, 1);
    match(
      told[0]!,
      /^Cannot read metrics: records of run quick-mlp-2 are damaged, .* in return of split n2 at update \d+$/,
    );
    const after = await lines();
    equal(after.length, before.length - 1);
    ok(after.every((line) => before.includes(line)));
    const summary = (await Deno.readTextFile(whole.summaryPath)).split("\r\n").find((line) =>
      /,n2,return,mlp,/.test(line)
    );
    match(summary!, /,n2,return,mlp,2,1,/);
    // The command writes the files, too, and then says what they lack.
    await Deno.copyFile(demo.path, join(folder, "store.sqlite"));
    await demo.store.close();
    await Deno.copyFile(demo.path, join(folder, "store.sqlite"));
    const printed: string[] = [];
    let sentence = "";
    await exportTask(["--out", folder], { print: (line) => printed.push(line) }).catch((error) =>
      sentence = error.message
    );
    match(sentence, /records of run quick-mlp-2 are damaged, .*; the files leave that out$/);
    equal(printed.length, 2);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
