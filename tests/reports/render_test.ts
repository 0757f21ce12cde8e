import assert from "node:assert/strict";
import { createCanvas, loadImage } from "@napi-rs/canvas";
import type { ChartBlock } from "../../reports/blocks.ts";
import { graphSvg, wrongEdges } from "../../reports/render/graph_svg.ts";
import { ImageCache } from "../../reports/render/image_cache.ts";
import { plainStyle } from "../../reports/build/method_styles.ts";
import { renderChart } from "../../reports/render/render_chart.ts";

const line: ChartBlock = {
  kind: "chart",
  id: "line",
  title: "Title",
  caption: "",
  alt: "",
  chart: {
    kind: "line",
    xTitle: "steps",
    yTitle: "return",
    series: [{
      name: "FCDL",
      style: plainStyle(0),
      points: [{ x: 0, y: 1, low: 0.5, high: 2 }, { x: 10, y: 3, low: 2, high: 4 }],
      seeds: [],
    }],
    yMin: 0,
    yMax: null,
  },
};
const wide = { format: "png", theme: "light", size: "wide", titled: false } as const;

Deno.test("renderChart draws PNG at twice the size, with text", async () => {
  const { bytes, contentType } = renderChart(line, wide);
  assert.equal(contentType, "image/png");
  const image = await loadImage(bytes);
  assert.deepEqual([image.width, image.height], [1920, 800]);
  // The title of the y axis stands at the far left: without a font that strip is blank.
  const context = createCanvas(image.width, image.height).getContext("2d");
  context.drawImage(image, 0, 0);
  const strip = context.getImageData(10, 150, 30, 500).data;
  assert.ok(strip.some((value, index) => index % 4 !== 3 && value < 150), "no ink where the axis title belongs");
});

Deno.test("renderChart draws real SVG with paths for text and the size in CSS pixels", () => {
  const { bytes, contentType } = renderChart(line, { ...wide, format: "svg", size: "narrow", theme: "dark" });
  const text = new TextDecoder().decode(bytes);
  assert.equal(contentType, "image/svg+xml");
  assert.match(text, /<svg [^>]*width="400" height="330"/);
  assert.ok((text.match(/<path /g) ?? []).length > 20);
  assert.doesNotMatch(text, /<image/);
});

Deno.test("renderChart draws empty charts, lone points and bars without failing", () => {
  const empty = { ...line, chart: { ...line.chart, series: [] } } as ChartBlock;
  const bars: ChartBlock = {
    ...line,
    chart: {
      kind: "bar",
      xTitle: "code",
      yTitle: "share (%)",
      categories: ["0", "1"],
      series: [{ name: "local", style: plainStyle(1), values: [{ y: 3, low: 1, high: 5 }, null] }],
      yMin: 0,
      yMax: 100,
    },
  };
  for (const block of [empty, bars, { ...bars, chart: { ...bars.chart, kind: "range" } } as ChartBlock]) {
    assert.ok(renderChart(block, { ...wide, titled: true }).bytes.length > 1000);
  }
});

Deno.test("renderChart keeps intervals inside the plot, whether the axis is free or ends below them", async () => {
  /** Rows of pixels, from the top, that have ink to the right of the axis and its numbers. */
  const inkedRows = async (yMax: number | null) => {
    const block: ChartBlock = {
      ...line,
      chart: {
        kind: "range",
        xTitle: "",
        yTitle: "return",
        categories: ["train"],
        series: [{ name: "FCDL", style: plainStyle(0), values: [{ y: 50, low: 5, high: 180 }] }],
        yMin: 0,
        yMax,
      },
    };
    const image = await loadImage(renderChart(block, wide).bytes);
    const context = createCanvas(image.width, image.height).getContext("2d");
    context.drawImage(image, 0, 0);
    const column = context.getImageData(300, 0, 1500, image.height).data;
    const rowHasInk = (row: number) =>
      column.slice(row * 6000, (row + 1) * 6000).some((value, index) => index % 4 !== 3 && value < 120);
    return Array.from({ length: image.height }, (_, row) => row).filter(rowHasInk);
  };
  for (const yMax of [null, 100]) assert.ok((await inkedRows(yMax))[0]! >= 16, `axis to ${yMax}`);
});

Deno.test("ImageCache draws once for equal content and drops the oldest", () => {
  const cache = new ImageCache(2);
  const first = cache.get(line, wide);
  assert.equal(cache.get({ ...line }, { ...wide }), first);
  cache.get(line, { ...wide, theme: "dark" });
  cache.get(line, wide);
  cache.get(line, { ...wide, titled: true });
  assert.equal(cache.size, 2);
  assert.equal(cache.get(line, wide), first);
});

Deno.test("graphSvg marks true edges, escapes names and counts wrong edges", () => {
  const picture = {
    caption: 'code <0> & "x"',
    probabilities: [[1, 0.2, 0.9], [0.7, 1, 0.1]],
    truth: [[1, 1, 1], [0, 1, 0]],
  };
  const svg = graphSvg(picture, { rows: ["<a>", "b"], columns: ["<a>", "b", "act"] });
  assert.equal((svg.match(/class="g-truth/g) ?? []).length, 4);
  assert.ok(!svg.includes("<a>"));
  assert.ok(svg.includes("&lt;a&gt;"));
  assert.ok(svg.includes("b \u2192 &lt;a&gt;: 0.20, in the truth"));
  assert.deepEqual(wrongEdges(picture), { missing: 1, extra: 1 });
});
