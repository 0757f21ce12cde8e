import assert from "node:assert/strict";
import type { LineChart } from "../../reports/blocks.ts";
import { logTicks, onLogAxis } from "../../reports/render/log_axis.ts";
import { formatMetric } from "../../reports/metric_info.ts";
import { plainStyle } from "../../reports/build/method_styles.ts";
import { renderChart } from "../../reports/render/render_chart.ts";

function chartOf(points: LineChart["series"][number]["points"]): LineChart {
  const series = [{ name: "a", style: plainStyle(0), points, seeds: [[{ x: 0, y: 0 }, { x: 1, y: 400 }]] }];
  return { kind: "line", xTitle: "x", yTitle: "y", series, yMin: 0, yMax: null, yLog: true };
}

Deno.test("onLogAxis: what is not positive becomes a gap, and an interval that reaches zero ends at the axis", () => {
  const { chart, min, max, hasZeros } = onLogAxis(chartOf([
    { x: 0, y: 0, low: 0, high: 1 },
    { x: 1, y: 2, low: -1, high: 5 },
    { x: 2, y: 0.5, low: 0.25, high: 1 },
  ]))!;
  assert.deepEqual([min, max, hasZeros], [0.25 / 1.6, 400 * 1.6, true]);
  assert.deepEqual(
    chart.series[0]!.points.map(({ x, y, low, high }) => [x, y, low, high]),
    [[0, NaN, null, null], [1, 2, min, 5], [2, 0.5, 0.25, 1]],
  );
  assert.deepEqual(chart.series[0]!.seeds, [[{ x: 0, y: NaN }, { x: 1, y: 400 }]]);
  assert.equal(onLogAxis(chartOf([{ x: 1, y: 2, low: null, high: null }]))!.hasZeros, false);
  const nothing = { ...chartOf([{ x: 0, y: 0, low: null, high: null }]) };
  assert.equal(onLogAxis({ ...nothing, series: nothing.series.map((line) => ({ ...line, seeds: [] })) }), null);
});

Deno.test("logTicks: powers of ten, with 2 and 5 times those where the range is short", () => {
  assert.deepEqual(logTicks({ min: 0.0002, max: 300 }), [0.001, 0.01, 0.1, 1, 10, 100]);
  assert.deepEqual(logTicks({ min: 0.15, max: 12 }), [0.2, 0.5, 1, 2, 5, 10]);
  assert.deepEqual(logTicks({ min: 2e-5, max: 9e-5 }), [2e-5, 5e-5]);
});

Deno.test("renderChart draws a logarithmic axis", () => {
  const block = { kind: "chart", id: "c", title: "c", caption: "", alt: "", half: true } as const;
  const options = { format: "svg", theme: "light", size: "half", titled: false } as const;
  const points = [{ x: 0, y: 1, low: null, high: null }, { x: 1, y: 10, low: null, high: null }, {
    x: 2,
    y: 1000,
    low: null,
    high: null,
  }];
  const draw = (chart: LineChart) => new TextDecoder().decode(renderChart({ ...block, chart }, options).bytes);
  const chart = { ...chartOf(points), series: chartOf(points).series.map((line) => ({ ...line, seeds: [] })) };
  assert.notEqual(draw(chart), draw({ ...chart, yLog: false }));
  assert.ok(draw(chart).includes("<svg"));
});

Deno.test("formatMetric: three digits that count where values differ by powers of ten", () => {
  assert.deepEqual([349.4415, 1234.4, 0.00021345, 0, 3e-8].map((value) => formatMetric("mse", value)), [
    ...["349", "1234", "0.000213", "0.000", "3.00e\u22128"],
  ]);
  assert.equal(formatMetric({ name: "mse", qualifier: "ball x" }, 0.5), "0.500");
});
