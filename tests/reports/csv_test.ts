import assert from "node:assert/strict";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { csvParse, csvParseRows } from "d3-dsv";
import fc from "fast-check";
import { openStore } from "../../lib/store/open_store.ts";
import type { Store } from "../../lib/store/store.ts";
import { blockCsv } from "../../reports/csv/block_csv.ts";
import type { ChartBlock } from "../../reports/blocks.ts";
import { exportSuite, writeCsv } from "../../reports/csv/export_suite.ts";
import { type Cell, csvText } from "../../lib/core/csv_format.ts";
import { csvStream } from "../../reports/csv/csv_stream.ts";
import { metricsColumns, summaryColumns } from "../../reports/csv/csv_tables.ts";
import { plainStyle } from "../../reports/build/method_styles.ts";
import { createApp } from "../../routes/app.ts";
import { oddLabels } from "./odd_labels.ts";

async function inFolder(body: (folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "fcdl-csv-"));
  try {
    await body(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** A store with a suite of two finished seeds and a failed one. */
async function exampleStore(folder: string): Promise<Store> {
  const store = await openStore(join(folder, "store.sqlite"));
  const ids = ["a", "b", "c"];
  await store.addRuns(ids.map((id, seed) => ({
    ...{ id, seed, suite: "demo", environment: "chemical-fork", method: id === "x" ? "" : "=fcdl", spec: {} },
  })));
  for (const [i, id] of ids.entries()) {
    const lease = { worker: "w", leaseMs: 1000, nowMs: 0 };
    await store.claim(id, lease);
    await store.recordMetrics(id, [
      { envSteps: 10, updates: 1, split: "train", name: "return", qualifier: "", value: 0.1 + 0.2, elapsedMs: 5 },
      {
        envSteps: 20,
        updates: 2,
        split: "train",
        name: "return",
        qualifier: "",
        value: i === 0 ? -1.5 : 1 / 3,
        elapsedMs: 9.5,
      },
      { envSteps: 20, updates: 2, split: "n2", name: "nll", qualifier: "", value: null, elapsedMs: 9.5 },
    ], { worker: "w" });
    await store.finish(id, { worker: "w", status: id === "c" ? "failed" : "done", elapsedMs: 1, nowMs: 1 });
  }
  return store;
}

Deno.test("exportSuite writes every record and the summary of the last ones", () =>
  inFolder(async (folder) => {
    const store = await exampleStore(folder);
    const paths = await exportSuite(store, "demo", { outDir: join(folder, "out") });
    assert.deepEqual(paths, {
      executions: ["e-demo"],
      metricsPath: join(folder, "out", "demo", "metrics.csv"),
      summaryPath: join(folder, "out", "demo", "summary.csv"),
      damage: [],
    });
    const metrics = (await readFile(paths.metricsPath, "utf8")).split("\r\n");
    assert.deepEqual(metrics.slice(0, 4), [
      "suite,env,method,seed,run,env_steps,updates,split,metric,value,elapsed_ms,execution",
      "demo,chemical-fork,'=fcdl,0,a,20,2,n2,nll,,9.5,e-demo",
      "demo,chemical-fork,'=fcdl,0,a,10,1,train,return,0.30000000000000004,5,e-demo",
      "demo,chemical-fork,'=fcdl,0,a,20,2,train,return,-1.5,9.5,e-demo",
    ]);
    assert.equal(metrics.length, 1 + 9 + 1);
    const summary = csvParse(await readFile(paths.summaryPath, "utf8"));
    assert.deepEqual(summary.columns, summaryColumns);
    const fields = { execution: "e-demo", suite: "demo", env: "chemical-fork", method: "'=fcdl" };
    const empty = { mean: "", std: "", iqm: "", ci_low: "", ci_high: "" };
    assert.deepEqual({ ...summary[0] }, { ...fields, split: "n2", metric: "nll", seeds: "0", failed: "3", ...empty });
    assert.deepEqual({ ...summary[1] }, {
      ...{ ...fields, split: "train", metric: "return", seeds: "2", failed: "1" },
      mean: String((-1.5 + 1 / 3) / 2),
      // Two values a, b: |a - b| / sqrt(2).
      std: String(Math.sqrt(2 * (11 / 12) ** 2)),
      ...{ iqm: String((-1.5 + 1 / 3) / 2), ci_low: "-1.5", ci_high: String(1 / 3) },
    });
    assert.deepEqual(await readdir(join(folder, "out", "demo")), ["metrics.csv", "summary.csv"]);
    await store.close();
  }));

Deno.test("exportSuite writes the header of a suite without records", () =>
  inFolder(async (folder) => {
    const store = await openStore(join(folder, "store.sqlite"));
    await store.addRuns([{ id: "a", suite: "new", environment: "e", method: "m", seed: 1, spec: {} }]);
    const { metricsPath, summaryPath } = await exportSuite(store, "new", { outDir: folder });
    assert.equal(await readFile(metricsPath, "utf8"), `${metricsColumns.join(",")}\r\n`);
    assert.equal(await readFile(summaryPath, "utf8"), `${summaryColumns.join(",")}\r\n`);
    await store.close();
  }));

Deno.test("exportSuite refuses an unknown suite and one that would leave the folder", () =>
  inFolder(async (folder) => {
    const store = await openStore(join(folder, "store.sqlite"));
    await assert.rejects(
      exportSuite(store, "demo", { outDir: folder }),
      /expected one of none: the store is empty, got "demo"$/,
    );
    await store.addRuns([{ id: "a", suite: "../x", environment: "e", method: "m", seed: 1, spec: {} }]);
    await assert.rejects(exportSuite(store, "demo", { outDir: folder }), {
      message: 'Cannot find suite "demo": unknown name, expected one of ../x, got "demo"',
    });
    await assert.rejects(exportSuite(store, "../x", { outDir: folder }), /its name cannot be a folder's/);
    await store.close();
  }));

Deno.test("writeCsv is read back cell for cell", () =>
  inFolder(async (folder) => {
    const path = join(folder, "t.csv");
    const text = fc.oneof(fc.string({ unit: "grapheme" }), fc.stringMatching(/^[,"\r\n =a]*$/));
    const cell: fc.Arbitrary<Cell> = fc.oneof(text, fc.double({ noNaN: true }), fc.constant(null));
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(cell, cell)), async (records) => {
        await writeCsv(path, { columns: ["x", "y"], records });
        const [header, ...lines] = csvParseRows(await readFile(path, "utf8"));
        assert.deepEqual(header, ["x", "y"]);
        assert.deepEqual(lines, records.map((record) => record.map(expectedCell)));
      }),
      { numRuns: 60 },
    );
  }));

/** What a reader finds in a cell: formulas and words for missing values are disarmed, numbers are exact. */
function expectedCell(cell: Cell): string {
  if (typeof cell !== "string") return cell === null ? "" : String(cell);
  // Full-width forms count too: spreadsheets read them the same.
  const isFormula = "=+-@\t\r\n＝＋－＠".includes(cell.charAt(0)) && cell !== "";
  const words = ["na", "nan", "null", "none", "n/a", "<na>", "#n/a", "#na", "\\n"];
  return isFormula || words.includes(cell.toLowerCase()) ? `'${cell}` : cell;
}

Deno.test("files, downloads and texts of one table are the same bytes", () =>
  inFolder(async (folder) => {
    const columns = ["label", "=x", "value"];
    const records = oddLabels.map((label, k): Cell[] => [label, k % 2 === 0 ? null : -k / 3, "-"]);
    const path = join(folder, "t.csv");
    await writeCsv(path, { columns, records });
    const file = await readFile(path, "utf8");
    assert.equal(csvText({ columns, records }), file);
    assert.equal(await new Response(csvStream({ columns, records })).text(), file);
    assert.equal(csvText({ columns, records: [] }), "label,'=x,value\r\n");
    assert.equal(csvText({ columns, records }, { header: false }), file.slice("label,'=x,value\r\n".length));
  }));

Deno.test("odd labels: export writes what serve sends, and each comes back from its own cell", () =>
  inFolder(async (folder) => {
    const store = await openStore(join(folder, "store.sqlite"));
    await store.addRuns(oddLabels.map((method, k) => ({
      ...{ id: `r${k}`, seed: 1, suite: "labels", environment: "chemical-fork-4x3", method, spec: {} },
    })));
    for (const k of oddLabels.keys()) {
      const record = { envSteps: 10, updates: 1, name: "return", qualifier: "", value: k / 7, elapsedMs: 5 };
      await store.claim(`r${k}`, { worker: "w", leaseMs: 1000, nowMs: 0 });
      await store.recordMetrics(`r${k}`, [{ ...record, split: "train" }, { ...record, split: "n2", value: null }], {
        worker: "w",
      });
      await store.finish(`r${k}`, { worker: "w", status: "done", elapsedMs: 1, nowMs: 1 });
    }
    const app = createApp({ store: () => Promise.resolve(store), now: () => 2, version: "test" });
    const download = async (file: string) => await (await app.request(`/suites/labels/${file}`)).text();
    const paths = await exportSuite(store, "labels", { outDir: folder });
    for (const [file, path] of [["metrics.csv", paths.metricsPath], ["summary.csv", paths.summaryPath]] as const) {
      const text = await readFile(path, "utf8");
      assert.equal(await download(file), text, file);
      const rows = csvParseRows(text);
      assert.ok(
        rows.every((row: readonly string[]) => row.length === rows[0]!.length),
        `${file}: every line has every column`,
      );
      const found = new Set(csvParse(text).map((row: Record<string, string>) => row.method));
      assert.deepEqual(oddLabels.filter((label) => !found.has(expectedCell(label))), [], file);
    }
    const chart = await (await app.request("/charts/suites/labels/final-chemical-fork-4x3-return.csv")).text();
    const series = new Set(csvParse(chart).map((row: Record<string, string>) => row.series));
    assert.deepEqual(oddLabels.filter((label) => !series.has(expectedCell(label))), []);
    assert.ok(chart.endsWith("\r\n") && !chart.replaceAll(/"[^"]*"/g, "").replaceAll("\r\n", "").includes("\n"));
    await store.close();
  }));

Deno.test("blockCsv keeps to the same format: formulas, line ends, words for missing values", () => {
  const values = [{ y: -1, low: null, high: null }, null];
  const chart: ChartBlock = {
    ...{ kind: "chart", id: "c", title: "", caption: "", alt: "" },
    chart: {
      ...{ kind: "range", xTitle: "", yTitle: "=y", categories: ["NA", "a\nb"], yMin: null, yMax: null },
      series: [{ name: "@cmd", style: plainStyle(0), values }],
    },
  };
  assert.equal(blockCsv(chart), "series,category,'=y,low,high\r\n'@cmd,'NA,-1,,\r\n'@cmd,\"a\nb\",,,\r\n");
});

Deno.test("writeCsv disarms formulas in text and leaves numbers", () =>
  inFolder(async (folder) => {
    const path = join(folder, "t.csv");
    await writeCsv(path, { columns: ["x"], records: [["=1+1"], ["+a"], ["-a"], ["@a"], ["a=b"], [-1e-7], [1e21]] });
    assert.equal(await readFile(path, "utf8"), "x\r\n'=1+1\r\n'+a\r\n'-a\r\n'@a\r\na=b\r\n-1e-7\r\n1e+21\r\n");
  }));

Deno.test("writeCsv leaves the older file as it was when records fail, and nothing beside it", () =>
  inFolder(async (folder) => {
    const path = join(folder, "t.csv");
    await writeFile(path, "old");
    async function* records(): AsyncGenerator<Cell[]> {
      yield await Promise.resolve([1]);
      throw new Error("the source broke");
    }
    await assert.rejects(writeCsv(path, { columns: ["x"], records: records() }), {
      message: `Cannot write ${path}: expected a file that can be written, got the source broke`,
    });
    assert.equal(await readFile(path, "utf8"), "old");
    assert.deepEqual(await readdir(folder), ["t.csv"]);
    await assert.rejects(
      writeCsv(join(path, "under", "t.csv"), { columns: ["x"], records: [] }),
      /^Error: Cannot write/,
    );
  }));
