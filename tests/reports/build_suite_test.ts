import assert from "node:assert/strict";
import { blockCsv } from "../../reports/csv/block_csv.ts";
import { findChart, findGraphs, findTable } from "../../reports/blocks.ts";
import { buildRun } from "../../reports/build/run.ts";
import { buildSuite } from "../../reports/build/suite.ts";
import { methodStyles } from "../../reports/build/method_styles.ts";
import { paperEnvironment, protocolDifferences } from "../../reports/paper/protocol.ts";
import { renderChart } from "../../reports/render/render_chart.ts";
import { loadRunResults, type SuiteResults } from "../../reports/read/results.ts";
import { loadSuiteResults } from "../../reports/read/suite_reading.ts";
import { createApp } from "../../routes/app.ts";
import { demoPaperSuite, demoQuickSuite } from "../demo/demo_data.ts";
import { demoStore } from "../demo/demo_store.ts";
import { putLate } from "../demo/put_late.ts";

Deno.test("buildSuite: leaderboard with the paper's numbers, failed seeds shown", async () => {
  await using demo = await demoStore([demoPaperSuite]);
  const results = (await loadSuiteResults(demo.store, "chemical-fork"))!;
  const sections = buildSuite(results);
  const table = findTable(sections, "leaderboard-chemical-fork")!;
  assert.equal(table.rows.length, 9);
  assert.equal(table.columns.length, 2 + 4 + 4);
  const fcdl = table.rows.find((row) => row[0]!.text === "FCDL")!;
  assert.equal(fcdl[3]!.sub, "15.27 ± 2.53");
  assert.equal(fcdl[3]!.best, true);
  const mlp = table.rows.find((row) => row[0]!.text === "MLP")!;
  assert.deepEqual(mlp[1], { text: "7 of 8", value: 7, sub: "1 failed" });
  const rows = results.finals.filter((row) => {
    const run = results.runs.find((run) => run.id === row.runId)!;
    return run.method === "fcdl" && row.name === "return" && row.qualifier === "" && row.split === "n2";
  });
  const mean = rows.reduce((sum, row) => sum + row.value!, 0) / 8;
  assert.ok(Math.abs((fcdl[3]!.value ?? 0) - mean) < 1e-9);
  for (const id of ["final-chemical-fork-return", "profile-chemical-fork", "paper-chemical-fork-accuracy-n6"]) {
    assert.ok(findChart(sections, id), id);
  }
});

Deno.test("buildSuite: a reduced suite says what differs from the paper and mixes no numbers in", async () => {
  await using demo = await demoStore([demoQuickSuite]);
  const results = (await loadSuiteResults(demo.store, "quick"))!;
  const sections = buildSuite(results);
  const differences = findTable(sections, "protocol-chemical-fork-5x3")!;
  const texts = differences.rows.map((row) => row.map((cell) => cell.text));
  assert.deepEqual(texts.find(([setting]) => setting === "Nodes"), ["Nodes", "5", "10"]);
  assert.deepEqual(texts.find(([setting]) => setting === "Training loops"), ["Training loops", "1,500", "15,100"]);
  assert.deepEqual(texts.find(([setting]) => setting === "Seeds"), ["Seeds", "3", "8"]);
  assert.ok(!texts.some(([setting]) => setting === "Batch size"));
  const sizes = findTable(sections, "paper-codebook-chemical-fork")!;
  assert.deepEqual(sizes.rows[3]!.map((cell) => cell.text), ["16", "15.27", "14.73", "13.62"]);
  const board = findTable(sections, "leaderboard-chemical-fork-5x3")!;
  assert.ok(board.rows.every((row) => row.slice(2).every((cell) => cell.sub === undefined)));
});

Deno.test("buildSuite: methods called like inherited properties have rows, charts and colours of their own", async () => {
  const labels = ["toString", "constructor", "__proto__", "hasOwnProperty"];
  const methods = labels.map((label) => ({ id: "mlp", label }));
  await using demo = await demoStore([{ ...demoQuickSuite, suite: "constructor", methods }]);
  const results = (await loadSuiteResults(demo.store, "constructor"))!;
  const sections = buildSuite(results);
  const board = findTable(sections, "leaderboard-chemical-fork-5x3")!;
  assert.deepEqual(board.rows.map((row) => row[0]!.text).sort(), [...labels].sort());
  assert.equal(new Set(board.rows.map((row) => row[0]!.swatch!.light)).size, labels.length);
  const charts = sections.flatMap(({ blocks }) => blocks).filter((block) => block.kind === "chart");
  assert.ok(charts.length > 3);
  for (const chart of charts) {
    assert.ok(blockCsv(chart).length > 0);
    assert.ok(renderChart(chart, { format: "svg", theme: "light", size: "wide", titled: true }).bytes.length > 0);
  }
  for (const { id } of results.runs) buildRun((await loadRunResults(demo.store, id))!);
  const app = createApp({ store: () => Promise.resolve(demo.store), now: () => 0, version: "test" });
  assert.equal((await app.request("/suites/constructor")).status, 200);
});

Deno.test("buildSuite: a suite without metrics says so and draws nothing", async () => {
  await using demo = await demoStore([]);
  await demo.store.addRuns([
    { id: "a", suite: "new", environment: "chemical-fork", method: "fcdl", seed: 1, spec: {} },
  ]);
  const sections = buildSuite((await loadSuiteResults(demo.store, "new"))!);
  const blocks = sections.flatMap((section) => section.blocks);
  assert.equal(blocks.filter((block) => block.kind === "chart").length, 0);
  assert.ok(blocks.some((block) => block.kind === "note" && block.title === "No evaluation yet"));
});

Deno.test("buildSuite: missing seeds leave empty cells, never zeros", async () => {
  await using demo = await demoStore([{ ...demoQuickSuite, statuses: { 1: "failed", 3: "failed", 5: "failed" } }]);
  const sections = buildSuite((await loadSuiteResults(demo.store, "quick"))!);
  const mlp = findTable(sections, "leaderboard-chemical-fork-5x3")!.rows.find((row) => row[0]!.text === "MLP")!;
  assert.deepEqual(mlp.slice(2).map((cell) => cell.text), mlp.slice(2).map(() => ""));
  assert.equal(mlp[1]!.sub, "3 failed");
});

Deno.test("loadSuiteResults is null for a suite the store does not know", async () => {
  await using demo = await demoStore([]);
  assert.equal(await loadSuiteResults(demo.store, "none"), null);
  assert.equal(await loadRunResults(demo.store, "none"), null);
});

Deno.test("buildRun: curves, graphs beside the truth, codes in use, usage by context", async () => {
  await using demo = await demoStore([demoQuickSuite]);
  const sections = buildRun((await loadRunResults(demo.store, "quick-fcdl-1"))!);
  assert.deepEqual(sections.map((section) => section.id), ["learned", "curves", "graphs", "codebook", "numbers"]);
  assert.equal(findGraphs(sections, "graphs-train")!.pictures.length, 4);
  assert.ok(findChart(sections, "usage-train"));
  const mlp = buildRun((await loadRunResults(demo.store, "quick-mlp-1"))!);
  assert.deepEqual(mlp.map((section) => section.id), ["learned", "curves", "numbers"]);
});

Deno.test("buildRun: artifacts that do not fit their format are left out", async () => {
  await using demo = await demoStore([demoQuickSuite]);
  for (const [name, text] of [["codebook", "{not json"], ["graphs", '{"variables":1}']] as const) {
    await putLate(demo, { runId: "quick-fcdl-1", name, text });
  }
  const sections = buildRun((await loadRunResults(demo.store, "quick-fcdl-1"))!);
  assert.deepEqual(sections.map((section) => section.id), ["learned", "curves", "graphs", "numbers"]);
  assert.equal(findGraphs(sections, "graphs-train"), null);
});

Deno.test("blockCsv holds the numbers of a chart, empty where missing", () => {
  const csv = blockCsv({
    kind: "chart",
    id: "c",
    title: "",
    caption: "",
    alt: "",
    chart: {
      kind: "range",
      xTitle: "",
      yTitle: "return",
      categories: ["a", "b"],
      series: [{
        name: 'x, "y"',
        style: methodStyles(["x"]).get("x")!,
        values: [{ y: 1, low: 0.5, high: null }, null],
      }],
      yMin: null,
      yMax: null,
    },
  });
  assert.equal(csv, 'series,category,return,low,high\r\n"x, ""y""",a,1,0.5,\r\n"x, ""y""",b,,,\r\n');
});

Deno.test("methodStyles: named methods look the same in every set, others differ in a set", () => {
  const one = methodStyles(["fcdl", "mlp"]);
  const other = methodStyles(["mlp", "fcdl", "fcdl-k1", "fcdl-k2", "fcdl-k4"]);
  assert.deepEqual(one.get("fcdl"), other.get("fcdl"));
  assert.equal(new Set([...other.values()].map((style) => style.color.light)).size, 5);
  assert.deepEqual(methodStyles(["b", "a"]).get("a"), methodStyles(["a", "b"]).get("a"));
});

Deno.test("protocolDifferences: the paper's own settings have none, unknown environments no reference", async () => {
  await using demo = await demoStore([demoPaperSuite]);
  const { runs } = (await loadSuiteResults(demo.store, "chemical-fork")) as SuiteResults;
  assert.deepEqual(protocolDifferences(runs, "chemical-fork")!.rows, []);
  assert.equal(protocolDifferences(runs, "other"), null);
  assert.equal(paperEnvironment("chemical-chain-5x3"), "chemical-chain");
});
