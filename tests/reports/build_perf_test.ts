import assert from "node:assert/strict";
import { findChart, findTable } from "../../reports/blocks.ts";
import { buildPerf } from "../../reports/build/perf.ts";
import { parsePerfRecords, perfColumns, perfMeasurements } from "../../lib/records/perf_records.ts";
import { renderChart } from "../../reports/render/render_chart.ts";
import { demoPerfRecords } from "./perf_demo.ts";

const first = demoPerfRecords("2026-01-01T00:00:00.000Z");
const second = demoPerfRecords("2026-01-02T00:00:00.000Z");

Deno.test("parsePerfRecords: broken lines are left out, a missing value stays missing", () => {
  const heading = perfColumns.filter((column) => !["kernels", "trained", "qualifier"].includes(column)).join();
  const good = "2026-01-01T00:00:00.000Z,c,m,2,wasm,,fcdl,10,0,256,update_ms,";
  const text = [heading, `${good}12.5`, good, `${good}x`, "2026-01-01T00:0", "no time,c,m,2,wasm,,f,1,0,1,a,1"].join(
    "\r\n",
  );
  assert.deepEqual(parsePerfRecords(text).map(({ value }) => value), [12.5, null]);
  assert.deepEqual(parsePerfRecords(""), []);
  assert.ok(parsePerfRecords(text).every(({ trained }) => trained === 0), "an earlier version's file");
});

Deno.test("perfMeasurements: one for each case, the last value of a number counts", () => {
  const again = first.map((record) => record.name === "update_ms" ? { ...record, value: 7 } : record);
  const measurements = perfMeasurements([...first, ...again]);
  assert.equal(measurements.length, 6);
  assert.equal(measurements[1]!.numbers.get("update_ms"), 7);
});

Deno.test("buildPerf: the latest measurement in the table, earlier ones over time", () => {
  const sections = buildPerf([...first, ...second]);
  assert.deepEqual(sections.map(({ id }) => id), ["latest", "parts", "scaling", "history"]);
  const table = findTable(sections, "perf-latest")!;
  assert.equal(table.rows.length, 5);
  assert.deepEqual(table.rows[0]!.map(({ text }) => text), [
    ...["FCDL", "own kernel", "10", "", "256", "", "100", "200", "301", "40 %", "70 %", "90 %"],
  ]);
  assert.deepEqual(table.rows[0]!.slice(6, 9).map(({ sub }) => sub), ["10.0/s", "5.00/s", "3.33/s"]);
  assert.equal(table.rows[1]![9]!.text, "", "missing stays missing");
  const { chart } = findChart(sections, "perf-variables-update")!;
  assert.deepEqual(chart.kind === "line" && chart.series.map(({ points }) => points.map(({ x, y }) => [x, y])), [
    [[10, 100], [20, 220]],
  ]);
  const trained = findChart(sections, "perf-trained-plan")!.chart;
  assert.deepEqual(trained.kind === "line" && trained.series.map(({ points }) => points.map(({ x, y }) => [x, y])), [
    [[0, 200], [5000, 80]],
  ]);
  assert.deepEqual(findTable(sections, "perf-products")!.rows[0]!.map(({ text }) => text), [
    ...["FCDL", "own kernel", "300", "66.0", "120", "60.0", "45.0", "90 %"],
  ]);
  assert.deepEqual(findTable(sections, "perf-history")!.rows.map((row) => row[0]!.text), ["2", "1"]);
  const history = findChart(sections, "perf-history-updates")!;
  assert.equal(history.chart.kind === "line" && history.chart.series.length, 2);
  for (const block of sections.flatMap((section) => section.blocks)) {
    if (block.kind !== "chart") continue;
    const image = renderChart(block, { format: "svg", theme: "light", size: "half", titled: false });
    assert.ok(image.bytes.length > 1000, block.id);
  }
});

Deno.test("buildPerf: one measurement has no history; another machine's is not on its lines", () => {
  assert.equal(findChart(buildPerf(first), "perf-history-updates"), null);
  const elsewhere = second.map((record) => ({ ...record, machine: "Another CPU, 8 cores" }));
  assert.equal(findChart(buildPerf([...first, ...elsewhere]), "perf-history-updates"), null);
  assert.deepEqual(buildPerf([]), []);
});

Deno.test("buildPerf: the bars of other kernels are there only where there are others", () => {
  const kernelChart = (more: readonly string[]) => {
    const own = first.find(({ name, qualifier, blas }) => name === "kernel_ms" && qualifier === "Add" && blas === "")!;
    const added = more.map((name) => ({ ...own, qualifier: name, value: 1 }));
    const { caption, chart } = findChart(buildPerf([...first, ...added]), "perf-kernels-fcdl")!;
    return { caption, categories: chart.kind === "line" ? [] : chart.categories };
  };
  assert.deepEqual(kernelChart([]), { caption: "Milliseconds in each kernel.", categories: ["BatchMatMul", "Add"] });
  const many = kernelChart(["A", "B", "C", "D", "E"]);
  assert.deepEqual(many.categories, ["BatchMatMul", "Add", "A", "B", "C", "D", "others"]);
  assert.match(many.caption, /the last bars are one other\.$/);
});
