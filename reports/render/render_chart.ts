import { createCanvas, SvgExportFlag } from "@napi-rs/canvas";
import { BasicPlatform, Chart, type ChartConfiguration, type ChartItem, type Plugin, registerables } from "chart.js";
import { maxOf, minOf } from "../../lib/core/extremes.ts";
import type { CategoryChart, ChartBlock, LineChart, Style } from "../blocks.ts";
import { chartSizes } from "./chart_sizes.ts";
import { chartFont, fontOf, registerChartFonts } from "./chart_font.ts";
import { headPlugin, layoutHead, type LegendItem } from "./chart_head.ts";
import { type Measure, shortNames } from "./chart_text.ts";
import { formatTick } from "./chart_ticks.ts";
import { logTicks, onLogAxis } from "./log_axis.ts";
import {
  bandPlugin,
  endLabelFont,
  endLabelPlugin,
  intervalPlugin,
  platePlugin,
  type Theme,
  themes,
  zeroMarkPlugin,
} from "./chart_plugins.ts";

/** What kind of image, for which background and width. */
export interface ChartImageOptions {
  readonly format: "png" | "svg";
  readonly theme: "light" | "dark";
  /** `narrow` is drawn for phones, `half` for two columns. */
  readonly size: "wide" | "half" | "narrow";
  /** Draws the title into the image, for files that leave the page. */
  readonly titled: boolean;
}

/** An encoded image. */
export interface ChartImage {
  readonly bytes: Uint8Array;
  readonly contentType: "image/png" | "image/svg+xml";
}

/** Names at the ends of lines take at most this share of the width; longer ones stand in a legend above. */
const LABEL_SHARE = 0.24;

/** Names of categories are at most so wide, px; longer ones are shortened. */
const TICK_WIDTH = { usual: 150, narrow: 96 } as const;

/** Height of what stands above the plot that the usual size of a chart has room for, px; what is more, it grows by. */
const USUAL_HEAD = 70;

let prepared = false;

/**
 * Draws a chart.
 *
 * @throws {Error} If the bundled font cannot be read.
 */
export function renderChart(block: ChartBlock, options: ChartImageOptions): ChartImage {
  registerChartFonts(textsOf(block));
  if (!prepared) Chart.register(...registerables);
  prepared = true;
  const theme = themes[options.theme];
  const size = chartSizes[options.size];
  // Fonts do not depend on the canvas, which grows with what stands above the plot.
  const ruler = createCanvas(1, 1).getContext("2d");
  const { configuration, extraHeight } = configure(block, {
    theme,
    options,
    measure(text, font) {
      ruler.font = font;
      return ruler.measureText(text).width;
    },
  });
  const height = size.height + extraHeight;
  const canvas = options.format === "png"
    ? createCanvas(size.width, height)
    : createCanvas(size.width, height, SvgExportFlag.ConvertTextToPaths);
  const context = canvas.getContext("2d");
  const chart = new Chart(context as unknown as ChartItem, configuration);
  try {
    const bytes = "encodeSync" in canvas ? canvas.encodeSync("png") : canvas.getContent();
    return {
      bytes: new Uint8Array(bytes),
      contentType: options.format === "png" ? "image/png" : "image/svg+xml",
    };
  } finally {
    chart.destroy();
  }
}

interface Point {
  readonly x: number;
  readonly y: number;
  readonly low: number | null;
  readonly high: number | null;
}

type ScatterConfiguration = ChartConfiguration<"line" | "bar", Point[]>;

function configure(
  block: ChartBlock,
  { theme, options, measure }: {
    readonly theme: Theme;
    readonly options: ChartImageOptions;
    /** Width of a text, px. */
    readonly measure: (text: string, font: string) => number;
  },
): { readonly configuration: ChartConfiguration; readonly extraHeight: number } {
  const log = block.chart.yLog ? onLogAxis(block.chart) : null;
  const chart = log?.chart ?? block.chart;
  const narrow = options.size === "narrow";
  const fontSize = narrow ? 11 : 12;
  const { width } = chartSizes[options.size];
  const colors = chart.series.map((series) => shade(series.style, theme));
  const labels = chart.series.map((series, index) => ({ name: series.name, color: colors[index]! }));
  const labelWidth = Math.max(0, maxOf(labels.map(({ name }) => measure(name, endLabelFont(fontSize)))));
  const directLabels = chart.kind === "line" && !chart.legendAbove && !narrow && chart.series.length <= 10 &&
    labelWidth <= LABEL_SHARE * width;
  const head = layoutHead({
    title: options.titled ? block.title : "",
    items: directLabels || chart.series.length < 2 ? [] : legendItems(chart, theme),
    note: log?.hasZeros ? "\u25bd at the foot: zero or less, for which a logarithmic axis has no place" : "",
  }, { width, fontSize, measure });
  const plugins: Plugin[] = [platePlugin(theme), headPlugin(head, { theme, top: 8, fontSize })];
  let datasets;
  if (chart.kind === "line") {
    datasets = chart.series.map((series, index) => lineDataset(series, { theme, color: colors[index]! }));
    plugins.push(bandPlugin(chart.series.map((series, index) => ({ ...series, color: colors[index]! }))));
    if (directLabels) plugins.push(endLabelPlugin(labels, { fontSize, surface: theme.surface }));
  } else {
    datasets = chart.series.map((_, index) => categoryDataset(chart, index, theme));
    plugins.push(intervalPlugin(chart.kind === "bar" ? theme.text : null));
  }
  if (log?.hasZeros) plugins.push(zeroMarkPlugin(colors, theme));
  const font = { family: chartFont, size: fontSize };
  const axis = { theme, font, narrow, measure: (text: string) => measure(text, fontOf(fontSize)) };
  const configuration = {
    type: chart.kind === "bar" ? "bar" : "line",
    plugins,
    platform: BasicPlatform,
    data: {
      ...(chart.kind === "bar" ? { labels: tickNames(chart, axis) } : {}),
      datasets,
    },
    options: {
      animation: false,
      responsive: false,
      devicePixelRatio: options.format === "png" ? 2 : 1,
      font,
      color: theme.text,
      layout: {
        padding: {
          left: 6,
          right: directLabels ? 14 + labelWidth : 10,
          top: head.height === 0 ? 10 : 16 + head.height,
          bottom: 4,
        },
      },
      plugins: { tooltip: { enabled: false }, title: { display: false }, legend: { display: false } },
      scales: {
        x: chart.kind === "bar" ? barAxis(chart, axis) : xAxis(chart, axis),
        y: {
          ...(log ? logRange(log) : linearRange(chart)),
          grid: { color: theme.grid, drawTicks: false },
          border: { display: false },
          ticks: { color: theme.muted, font, padding: 8, maxTicksLimit: 7, callback: formatTick },
          title: { display: true, text: chart.yTitle, color: theme.muted, font },
        },
      },
    },
  };
  return {
    // Chart.js types a mixed, linear-axis line chart more narrowly than it draws it.
    configuration: configuration as unknown as ScatterConfiguration as unknown as ChartConfiguration,
    extraHeight: Math.max(head.height - USUAL_HEAD, 0),
  };
}

function linearRange(chart: LineChart | CategoryChart) {
  const range = extentOf(chart);
  // Room below the smallest value would reach below zero, where a loss or a time never is.
  const isFromZero = chart.yMin === null && range !== null && range.min >= 0 && range.min < 0.4 * range.max;
  return {
    ...(isFromZero ? { min: 0 } : chart.yMin === null ? {} : { min: chart.yMin }),
    ...(chart.yMax === null ? { grace: "5%" } : { max: chart.yMax }),
    ...(range === null ? {} : { suggestedMin: range.min, suggestedMax: range.max }),
  };
}

function logRange({ min, max }: { readonly min: number; readonly max: number }) {
  return {
    type: "logarithmic",
    min,
    max,
    afterBuildTicks(axis: { ticks: { value: number }[] }) {
      axis.ticks = logTicks({ min, max }).map((value) => ({ value }));
    },
  };
}

/** Ends of all that is drawn: Chart.js knows nothing of intervals, bands and single seeds. Null for nothing. */
function extentOf(chart: LineChart | CategoryChart): { readonly min: number; readonly max: number } | null {
  const ranges = chart.kind === "line"
    ? chart.series.flatMap(({ points, seeds }) => [...points, ...seeds.flat().map(({ y }) => ({ y, low: y, high: y }))])
    : chart.series.flatMap(({ values }) => values);
  const ends = ranges.flatMap((range) => [range?.low, range?.y, range?.high]).filter((end) => typeof end === "number");
  return ends.length === 0 ? null : { min: minOf(ends), max: maxOf(ends) };
}

function shade(style: Style, theme: Theme): string {
  return style.color[theme.name];
}

function lineDataset(
  series: LineChart["series"][number],
  { theme, color }: { readonly theme: Theme; readonly color: string },
) {
  return {
    label: series.name,
    data: series.points,
    borderColor: color,
    backgroundColor: color,
    pointBackgroundColor: color,
    // Stars and crosses are strokes only: in the surface's colour they would vanish.
    pointBorderColor: isStroked(series.style.marker) ? color : theme.surface,
    borderWidth: 2,
    borderDash: [...series.style.dash],
    pointStyle: series.style.marker,
    pointRadius: pointRadii(series),
    zeros: series.points.map(({ y }) => Number.isNaN(y)),
    pointBorderWidth: isStroked(series.style.marker) ? 1.5 : 0.5,
    clip: 6,
  };
}

/** Points are drawn where they are few; where no line joins one to another it is all there is to see. */
function pointRadii({ points, style }: LineChart["series"][number]): readonly number[] {
  const usual = style.marker === "star" ? 4 : 3;
  const isThere = (place: number) => place in points && !Number.isNaN(points[place]!.y);
  return points.map((_, place) => {
    if (!isThere(place - 1) && !isThere(place + 1)) return usual + 2;
    return points.length > 40 ? 0 : usual;
  });
}

function legendItems(chart: LineChart | CategoryChart, theme: Theme): readonly LegendItem[] {
  return chart.series.map((series) => {
    const { name, style } = series;
    const color = shade(style, theme);
    if (chart.kind === "bar") return { name, color, fill: color, marker: null, dash: null };
    const isHollow = "hollow" in series && series.hollow === true;
    const dash = chart.kind === "line" ? style.dash : null;
    return { name, color, fill: isHollow ? theme.surface : color, marker: style.marker, dash };
  });
}

/** All that a chart may draw in letters. */
function textsOf({ title, chart }: ChartBlock): readonly string[] {
  const categories = chart.kind === "line" ? [] : chart.categories;
  return [title, chart.xTitle, chart.yTitle, ...chart.series.map(({ name }) => name), ...categories];
}

function isStroked(marker: Style["marker"]): boolean {
  return marker === "star" || marker === "crossRot";
}

function categoryDataset(chart: CategoryChart, index: number, theme: Theme) {
  const series = chart.series[index]!;
  const color = shade(series.style, theme);
  if (chart.kind === "bar") {
    return {
      label: series.name,
      data: series.values.map((value) => value?.y ?? null),
      intervals: series.values,
      zeros: series.values.map((value) => value !== null && Number.isNaN(value.y)),
      backgroundColor: color,
      maxBarThickness: 28,
      categoryPercentage: 0.78,
      barPercentage: 0.9,
    };
  }
  const own = series.colors?.flatMap((each, category) => series.values[category] ? [each[theme.name]] : []);
  const spread = Math.min(0.74, 0.16 * chart.series.length);
  const offset = chart.series.length === 1 ? 0 : -spread / 2 + spread * index / (chart.series.length - 1);
  return {
    label: series.name,
    data: series.values.flatMap((value, category) => value ? [{ x: category + offset, ...value }] : []),
    zeros: series.values.flatMap((value) => value ? [Number.isNaN(value.y)] : []),
    showLine: false,
    borderColor: color,
    ...(own ? { intervalColors: own } : {}),
    backgroundColor: series.hollow ? theme.surface : own ?? color,
    pointStyle: series.style.marker,
    pointRadius: 5,
    pointBorderWidth: series.hollow || isStroked(series.style.marker) ? 1.7 : 1,
    pointBorderColor: own ?? color,
    clip: false,
  };
}

interface AxisStyle {
  readonly theme: Theme;
  readonly font: { readonly family: string; readonly size: number };
  readonly narrow: boolean;
  readonly measure: Measure;
}

function tickNames(chart: CategoryChart, { narrow, measure }: AxisStyle): string[] {
  return [...shortNames(chart.categories, { width: narrow ? TICK_WIDTH.narrow : TICK_WIDTH.usual, measure })];
}

function xAxis(chart: LineChart | CategoryChart, style: AxisStyle) {
  const { theme, font } = style;
  const title = { display: chart.xTitle !== "", text: chart.xTitle, color: theme.muted, font };
  if (chart.kind === "line") {
    const places = chart.series.flatMap((series) => series.points.map((point) => point.x));
    const min = chart.wholeX && places.length > 0 ? minOf(places) : 0;
    const max = Math.max(0, maxOf(places));
    return {
      type: "linear",
      min,
      // An axis without length would show nothing, not even a point.
      max: max > min ? max : min + 1,
      grid: { display: false },
      border: { color: theme.muted },
      ticks: {
        includeBounds: chart.wholeX ?? false,
        ...(chart.wholeX || max <= min ? { precision: 0 } : {}),
        color: theme.muted,
        font,
        callback: formatTick,
        maxTicksLimit: 8,
        maxRotation: 0,
      },
      title,
    };
  }
  const names = tickNames(chart, style);
  return {
    type: "linear",
    min: -0.5,
    max: chart.categories.length - 0.5,
    afterBuildTicks(axis: { ticks: { value: number }[] }) {
      axis.ticks = chart.categories.map((_, value) => ({ value }));
    },
    grid: { display: false },
    border: { color: theme.muted },
    ticks: {
      color: theme.muted,
      font,
      maxRotation: 40,
      autoSkip: false,
      callback: (value: number | string) => names[Number(value)] ?? "",
    },
    title,
  };
}

function barAxis(chart: CategoryChart, { theme, font }: AxisStyle) {
  return {
    grid: { display: false },
    border: { color: theme.muted },
    ticks: { color: theme.muted, font, maxRotation: 40 },
    title: { display: chart.xTitle !== "", text: chart.xTitle, color: theme.muted, font },
  };
}
