import { createCanvas, SvgExportFlag } from "@napi-rs/canvas";
import { BasicPlatform, Chart, type ChartConfiguration, type ChartItem, type Plugin, registerables } from "chart.js";
import { maxOf, minOf } from "../lib/core/extremes.ts";
import type { CategoryChart, ChartBlock, LineChart, Style } from "./blocks.ts";
import { chartSizes } from "./chart_sizes.ts";
import { chartFont, registerChartFont } from "./chart_font.ts";
import { formatTick } from "./chart_ticks.ts";
import { logTicks, onLogAxis } from "./log_axis.ts";
import {
  bandPlugin,
  endLabelFont,
  endLabelPlugin,
  intervalPlugin,
  legendGapPlugin,
  platePlugin,
  type Theme,
  themes,
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

let prepared = false;

/**
 * Draws a chart.
 *
 * @throws {Error} If the bundled font cannot be read.
 */
export function renderChart(block: ChartBlock, options: ChartImageOptions): ChartImage {
  registerChartFont();
  if (!prepared) Chart.register(...registerables);
  prepared = true;
  const theme = themes[options.theme];
  const { width, height } = chartSizes[options.size];
  const canvas = options.format === "png"
    ? createCanvas(width, height)
    : createCanvas(width, height, SvgExportFlag.ConvertTextToPaths);
  const context = canvas.getContext("2d");
  const configuration = configure(block, {
    theme,
    options,
    measure(text, font) {
      context.font = font;
      return context.measureText(text).width;
    },
  });
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
): ChartConfiguration {
  const log = block.chart.yLog ? onLogAxis(block.chart) : null;
  const chart = log?.chart ?? block.chart;
  const narrow = options.size === "narrow";
  const fontSize = narrow ? 11 : 12;
  const directLabels = chart.kind === "line" && !chart.legendAbove && !narrow && chart.series.length <= 10;
  const plugins: Plugin[] = [platePlugin(theme), ...(directLabels ? [] : [legendGapPlugin])];
  let datasets;
  let padRight = 10;
  if (chart.kind === "line") {
    datasets = chart.series.map((series) => lineDataset(series, { theme, color: shade(series.style, theme) }));
    plugins.push(bandPlugin(chart.series.map((series) => ({ ...series, color: shade(series.style, theme) }))));
    if (directLabels) {
      const labels = chart.series.map((series) => ({ name: series.name, color: shade(series.style, theme) }));
      const font = endLabelFont(fontSize);
      padRight = 14 + Math.max(0, maxOf(labels.map((label) => measure(label.name, font))));
      plugins.push(endLabelPlugin(labels, fontSize));
    }
  } else {
    datasets = chart.series.map((_, index) => categoryDataset(chart, index, theme));
    plugins.push(intervalPlugin(chart.kind === "bar" ? theme.text : null));
  }
  const font = { family: chartFont, size: fontSize };
  const configuration = {
    type: chart.kind === "bar" ? "bar" : "line",
    plugins,
    platform: BasicPlatform,
    data: {
      ...(chart.kind === "bar" ? { labels: chart.categories } : {}),
      datasets,
    },
    options: {
      animation: false,
      responsive: false,
      devicePixelRatio: options.format === "png" ? 2 : 1,
      font,
      color: theme.text,
      layout: { padding: { left: 6, right: padRight, top: 10, bottom: 4 } },
      plugins: {
        tooltip: { enabled: false },
        title: {
          display: options.titled,
          text: block.title,
          align: "start",
          color: theme.text,
          font: { ...font, size: fontSize + 3, weight: "bold" },
          padding: { bottom: 10 },
        },
        legend: {
          display: !directLabels && chart.series.length > 1,
          align: "start",
          labels: {
            color: theme.text,
            font,
            usePointStyle: true,
            pointStyleWidth: 12,
            boxHeight: 8,
            padding: 12,
          },
        },
      },
      scales: {
        x: chart.kind === "bar" ? barAxis(chart, { theme, font }) : xAxis(chart, { theme, font }),
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
  // Chart.js types a mixed, linear-axis line chart more narrowly than it draws it.
  return configuration as unknown as ScatterConfiguration as unknown as ChartConfiguration;
}

function linearRange(chart: LineChart | CategoryChart) {
  return {
    ...(chart.yMin === null ? {} : { min: chart.yMin }),
    ...(chart.yMax === null ? { grace: "5%" } : { max: chart.yMax }),
    ...(chart.kind === "line" ? {} : intervalRange(chart)),
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

/** Room on the value axis for the intervals too, of which Chart.js knows nothing. */
function intervalRange(chart: CategoryChart): { readonly suggestedMin?: number; readonly suggestedMax?: number } {
  const ends = chart.series.flatMap(({ values }) => values.flatMap((value) => [value?.low, value?.high]))
    .filter((end) => typeof end === "number");
  return ends.length === 0 ? {} : { suggestedMin: minOf(ends), suggestedMax: maxOf(ends) };
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
    pointRadius: series.points.length > 40 ? 0 : series.style.marker === "star" ? 4 : 3,
    pointBorderWidth: isStroked(series.style.marker) ? 1.5 : 0.5,
    clip: 6,
  };
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
}

function xAxis(chart: LineChart | CategoryChart, { theme, font }: AxisStyle) {
  const title = { display: chart.xTitle !== "", text: chart.xTitle, color: theme.muted, font };
  if (chart.kind === "line") {
    const places = chart.series.flatMap((series) => series.points.map((point) => point.x));
    return {
      type: "linear",
      min: chart.wholeX && places.length > 0 ? minOf(places) : 0,
      max: Math.max(0, maxOf(places)),
      grid: { display: false },
      border: { color: theme.muted },
      ticks: {
        includeBounds: chart.wholeX ?? false,
        ...(chart.wholeX ? { precision: 0 } : {}),
        color: theme.muted,
        font,
        callback: formatTick,
        maxTicksLimit: 8,
        maxRotation: 0,
      },
      title,
    };
  }
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
      callback: (value: number | string) => chart.categories[Number(value)] ?? "",
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
