import assert from "node:assert/strict";
import type { CategoryChart, ChartBlock, LineChart } from "../../reports/blocks.ts";
import { layoutHead } from "../../reports/render/chart_head.ts";
import { shortened, shortNames, wrapped } from "../../reports/render/chart_text.ts";
import { graphSvg } from "../../reports/render/graph_svg.ts";
import { methodStyles, plainStyle } from "../../reports/build/method_styles.ts";
import { renderChart } from "../../reports/render/render_chart.ts";
import { Sections } from "../../reports/render/render_html.tsx";
import { pixelsOf } from "./chart_pixels.ts";
import { oddLabels } from "./odd_labels.ts";

type Values = readonly (number | null)[];

function blockOf(chart: LineChart | CategoryChart): ChartBlock {
  return { kind: "chart", id: "c", title: "Return", caption: "", alt: "", half: true, chart };
}

/** A chart of lines over 0, 1, 2, ...; missing values are no points. */
function lines(series: Readonly<Record<string, Values>>, extra: Partial<LineChart> = {}): ChartBlock {
  const styles = methodStyles(Object.keys(series));
  return blockOf({
    ...{ kind: "line", xTitle: "x", yTitle: "y", yMin: null, yMax: null, ...extra },
    series: Object.entries(series).map(([name, values]) => ({
      ...{ name, style: styles.get(name)!, seeds: [] },
      points: values.flatMap((y, x) => y === null ? [] : [{ x, y, low: null, high: null }]),
    })),
  });
}

const svg = (block: ChartBlock, size: "wide" | "half" | "narrow" = "half") =>
  new TextDecoder().decode(renderChart(block, { format: "svg", theme: "light", size, titled: false }).bytes);
const measure = (text: string) => 7 * [...text].length;
const longNames = [0, 1, 2].map((k) => `fcdl with a very long description of what was changed nr 0${k}`);

Deno.test("shortened keeps both ends, whole letters, and what fits as it is", () => {
  assert.equal(shortened("short", { width: 35, measure }), "short");
  assert.equal(shortened("abcdefghij", { width: 49, measure }), "abc\u2026hij");
  assert.equal(shortened("abcdefghij", { width: 3, measure }), "\u2026");
  assert.equal(shortened("e\u0301".repeat(10), { width: 35, measure }), "e\u0301\u2026e\u0301");
  for (const name of [...oddLabels, ...longNames]) {
    for (const width of [20, 60, 150]) assert.ok(measure(shortened(name, { width, measure })) <= width);
  }
});

Deno.test("shortNames: names stay different, and the same name stays the same", () => {
  const names = ["aaaaaaaaaa1bbbbbbbbbb", "aaaaaaaaaa2bbbbbbbbbb", "c", "aaaaaaaaaa1bbbbbbbbbb"];
  const short = shortNames(names, { width: 70, measure });
  assert.equal(short[0], short[3]);
  assert.equal(new Set(short).size, 3);
  assert.ok(short.every((name) => measure(name) <= 70), short.join());
  assert.equal(new Set(shortNames(longNames, { width: 96, measure })).size, 3);
});

Deno.test("wrapped breaks between words and shortens what does not fit the last line", () => {
  assert.deepEqual(wrapped("one two three", { width: 60, most: 2, measure }), ["one two", "three"]);
  const lines = wrapped("one two three four five six seven", { width: 70, most: 2, measure });
  assert.equal(lines.length, 2);
  assert.ok(lines.every((line) => measure(line) <= 70) && lines[1]!.endsWith("even"), lines.join("|"));
});

Deno.test("layoutHead gives each of 50 series its place, inside the width, and none to two", () => {
  for (const width of [400, 600, 960]) {
    const items = Array.from({ length: 50 }, (_, k) => ({ name: k % 7 === 0 ? `${k} ${longNames[0]}` : `fcdl-k${k}` }))
      .map(({ name }) => ({ name, color: "#000000", fill: "#000000", marker: null, dash: null }));
    const head = layoutHead({ title: "t", items, note: "" }, { width, fontSize: 12, measure });
    assert.equal(head.entries.length, 50);
    assert.equal(new Set(head.entries.map(({ x, y }) => `${x} ${y}`)).size, 50);
    assert.ok(head.entries.every(({ x, y, text }) => x + 26 + measure(text) <= width && y < head.height), `${width}`);
  }
});

Deno.test("a chart of 50 series grows with its legend and shows the last of them", async () => {
  const names = Array.from({ length: 50 }, (_, k) => `fcdl-k${k}`);
  const block = lines(Object.fromEntries(names.map((name, k) => [name, [k, k + 1]])));
  for (const size of ["half", "narrow"] as const) {
    const { height, inked } = await pixelsOf(block, { size });
    const usual = (await pixelsOf(lines({ a: [1, 2], b: [2, 3] }), { size })).height;
    assert.ok(height > usual + 50, `${height} px at size ${size}`);
    // The plot keeps its height: only the head grew. The last entries stand just above it.
    const foot = height - usual + 60;
    assert.ok(inked("#1c2026", { bottom: foot, top: foot - 60, right: 200 }).length > 5, size);
  }
});

Deno.test("long names leave a chart at least three quarters of its width", async () => {
  const values = [1, 2, 3, 2];
  for (const size of ["wide", "half", "narrow"] as const) {
    const block = lines(Object.fromEntries(longNames.map((name, k) => [name, values.map((y) => y + k)])));
    const { width, height, inked } = await pixelsOf(block, { size });
    // The axis is the one full line of its colour.
    const axis = inked("#5b626c", { top: height - 90, bottom: height - 30 });
    assert.ok(axis.at(-1)! - axis[0]! > 0.75 * width, `${size}: from ${axis[0]} to ${axis.at(-1)} of ${width}`);
  }
});

Deno.test("a page has shortened names in full beside the chart", async () => {
  const block = lines({ [longNames[0]!]: [1, 2], "\u{1f680}": [2, 3], short: [3, 4] });
  const page = `${await Sections({
    sections: [{ id: "s", title: "S", blocks: [block] }],
    links: { chart: () => "/c" },
  })}`;
  const full = /<details class="names">.*?<\/details>/s.exec(page)![0];
  assert.ok(full.includes(longNames[0]!) && full.includes("\u{1f680}") && !full.includes("short"));
});

Deno.test("a zero on a logarithmic axis is marked at its foot and no line is drawn through it", async () => {
  const { light } = plainStyle(0).color;
  const styled = (values: Values, yLog: boolean) => {
    const block = lines({ a: values }, { yLog });
    const { chart } = block as { readonly chart: LineChart };
    return { ...block, chart: { ...chart, series: chart.series.map((each) => ({ ...each, style: plainStyle(0) })) } };
  };
  // From x = 2 to x = 4 there is nothing but the mark at x = 3.
  const gap = { left: 300, right: 440 };
  const broken = await pixelsOf(styled([1, 10, 100, 0, 100, 10, 1], true));
  assert.equal(broken.inked(light, { ...gap, bottom: broken.height - 80 }).filter((x) => x > 250 && x < 330).length, 0);
  const marked = broken.inked(light, { top: broken.height - 75, bottom: broken.height - 40, left: 250, right: 350 });
  assert.ok(marked.length >= 4 && marked.at(-1)! - marked[0]! <= 14, `${marked}`);
  const whole = await pixelsOf(styled([1, 10, 100, 50, 100, 10, 1], true));
  assert.ok(whole.inked(light, { ...gap, bottom: whole.height - 80 }).length > 60);
  // The note above says what the mark is.
  assert.ok(broken.inked("#5b626c", { bottom: 30, left: 40, right: 300 }).length > 20);
  const bars: ChartBlock = blockOf({
    ...{ kind: "bar", xTitle: "", yTitle: "y", categories: ["a", "b"], yMin: null, yMax: null, yLog: true },
    series: [{ name: "s", style: plainStyle(0), values: [{ y: 0, low: 0, high: 0 }, { y: 5, low: 1, high: 9 }] }],
  });
  assert.ok((await pixelsOf(bars)).inked(light, { left: 100, right: 250, top: 280 }).length >= 4);
});

Deno.test("zeros of several series at one place are all seen", async () => {
  const block = lines({ a: [1, 0, 1], b: [2, 0, 2], c: [3, 0, 3] }, { yLog: true });
  const { height, inked } = await pixelsOf(block);
  for (const { style } of block.chart.series) {
    assert.ok(inked(style.color.light, { left: 250, right: 350, top: height - 110 }).length >= 4, style.color.light);
  }
});

Deno.test("an axis without bounds has room for bands and begins at zero for what comes near it", async () => {
  const band = (ys: readonly number[], low: number, high: number): ChartBlock => {
    const block = lines({ a: ys });
    const { chart } = block as { readonly chart: LineChart };
    const points = chart.series[0]!.points.map((point) => ({ ...point, low, high }));
    return { ...block, chart: { ...chart, series: [{ ...chart.series[0]!, style: plainStyle(0), points }] } };
  };
  // The band is a pale tint of the line: above a mean of 1 it reaches 4, far below the top of the image.
  const { inked } = await pixelsOf(band([1, 1, 1], 0.5, 4));
  assert.equal(inked("#dbe9f5", { left: 100, right: 400, bottom: 10 }).length, 0);
  assert.ok(inked("#dbe9f5", { left: 100, right: 400, top: 20, bottom: 150 }).length > 200);
  // Losses: nothing is drawn below the axis' foot at zero, so the line of 0.05 stands just above it.
  const losses = await pixelsOf(band([1.4, 0.6, 0.05], 0.05, 1.4));
  const { light } = plainStyle(0).color;
  assert.ok(
    losses.inked(light, { left: 300, right: 540, top: losses.height - 90, bottom: losses.height - 50 }).length > 5,
  );
});

Deno.test("a lone point is drawn as a point: at the axis' start, at its end and within", async () => {
  const styled = (values: Values, others: Readonly<Record<string, Values>> = {}) => {
    const block = lines({ a: values, ...others });
    const { chart } = block as { readonly chart: LineChart };
    return {
      ...block,
      chart: { ...chart, series: chart.series.map((each, k) => ({ ...each, style: plainStyle(k) })) },
    };
  };
  const color = plainStyle(0).color.light;
  const other = [1, 2, 3, 4, 5];
  for (const values of [[3.4], [null, 3.4], [null, null, null, 3.4]]) {
    for (const others of [{}, { b: other }]) {
      const { width, inked } = await pixelsOf(styled(values, others));
      // Neither wider than a point and its name, nor nothing: a leader across the plot would look like a line.
      const columns = inked(color, { left: 45 });
      assert.ok(columns.length >= 6, `${values} is not drawn`);
      assert.ok(columns.at(-1)! - columns[0]! < 60, `${values}: from ${columns[0]} to ${columns.at(-1)} of ${width}`);
    }
  }
  // Between gaps of a long series, whose points are not drawn otherwise.
  const long = Array.from({ length: 60 }, (_, k) => k === 30 ? 5 : k > 20 && k < 40 ? 0 : 3);
  const { inked } = await pixelsOf({ ...styled(long), chart: { ...styled(long).chart as LineChart, yLog: true } });
  assert.ok(inked(color, { left: 270, right: 330, bottom: 280 }).length >= 5);
});

Deno.test("letters that the usual font lacks are drawn, not boxes", () => {
  const drawn = (name: string) => svg(lines({ [name]: [1, 2] }));
  // Two different characters are two different shapes; boxes would be the same.
  assert.notEqual(drawn("\u6f22\u5b57"), drawn("\u5b57\u6f22"));
  assert.notEqual(drawn("\ud55c"), drawn("\uae00"));
});

Deno.test("odd labels and 60,000 points are drawn at every size", () => {
  const values = oddLabels.map((label, k) => [label, [k, k + 1]] as const);
  for (const size of ["wide", "half", "narrow"] as const) {
    assert.ok(svg(lines(Object.fromEntries(values)), size).includes("</svg>"));
  }
  const many = lines({ a: Array.from({ length: 60_000 }, (_, k) => k % 7) });
  for (const yLog of [false, true]) {
    const chart = { ...many.chart as LineChart, yLog };
    const options = { format: "png", theme: "light", size: "narrow", titled: false } as const;
    assert.ok(renderChart({ ...many, chart }, options).bytes.length > 1000);
  }
});

Deno.test("graphSvg: a long label is shortened and says its whole text", () => {
  const rows = ["a variable with a very long name 1", "a variable with a very long name 2"];
  const svg = graphSvg({ caption: "c", probabilities: [[1, 0], [0, 1]], truth: null }, { rows, columns: rows });
  for (const row of rows) assert.ok(svg.includes(`<title>${row}</title>`), row);
  const shown = [...svg.matchAll(/<text[^>]*>(?:<title>[^<]*<\/title>)?([^<]*)<\/text>/g)].map((match) => match[1]!);
  assert.equal(new Set(shown).size, 2);
  assert.ok(shown.every((text) => [...text].length <= 14), shown.join());
  assert.ok(
    !graphSvg({ caption: "c", probabilities: [[1]], truth: null }, { rows: ["x1"], columns: ["x1"] }).includes(
      "<title>x1</title>",
    ),
  );
});
