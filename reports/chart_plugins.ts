import type { Chart, Plugin } from "chart.js";
import type { LineSeries } from "./blocks.ts";
import { chartFont } from "./chart_font.ts";

/** Colours of a chart's paper. */
export interface Theme {
  readonly name: "light" | "dark";
  readonly surface: string;
  readonly text: string;
  readonly muted: string;
  readonly grid: string;
}

/** The page's two colour schemes; `surface` equals the page's figure background. */
export const themes: Readonly<Record<"light" | "dark", Theme>> = {
  light: { name: "light", surface: "#ffffff", text: "#1c2026", muted: "#5b626c", grid: "#e6e8ec" },
  dark: { name: "dark", surface: "#171b21", text: "#e6e9ee", muted: "#a0a8b4", grid: "#2a3038" },
};

/** Paints the background, so that an image is readable on any page. */
export function platePlugin(theme: Theme): Plugin {
  return {
    id: "plate",
    beforeDraw({ ctx, width, height }) {
      ctx.save();
      ctx.fillStyle = theme.surface;
      ctx.fillRect(0, 0, width, height);
      ctx.restore();
    },
  };
}

/** Leaves room between the legend and the data, which Chart.js does not. */
export const legendGapPlugin: Plugin = {
  id: "legendGap",
  beforeInit(chart) {
    const legend = chart.legend as unknown as { fit(): void; height: number } | undefined;
    if (!legend) return;
    const fit = legend.fit.bind(legend);
    legend.fit = () => {
      fit();
      legend.height += 8;
    };
  },
};

/** Draws each line's band and thin seed lines under the lines. */
export function bandPlugin(
  series: readonly (Pick<LineSeries, "points" | "seeds"> & { readonly color: string })[],
): Plugin {
  return {
    id: "bands",
    beforeDatasetsDraw({ ctx, scales, chartArea }) {
      const x = scales.x!;
      const y = scales.y!;
      ctx.save();
      ctx.beginPath();
      ctx.rect(chartArea.left, chartArea.top, chartArea.width, chartArea.height);
      ctx.clip();
      for (const { points, seeds, color } of series) {
        const banded = points.filter((point) => point.low !== null && point.high !== null);
        if (banded.length > 1) {
          ctx.beginPath();
          for (const [index, point] of banded.entries()) {
            ctx[index === 0 ? "moveTo" : "lineTo"](x.getPixelForValue(point.x), y.getPixelForValue(point.high!));
          }
          for (const point of banded.toReversed()) {
            ctx.lineTo(x.getPixelForValue(point.x), y.getPixelForValue(point.low!));
          }
          ctx.closePath();
          ctx.globalAlpha = 0.14;
          ctx.fillStyle = color;
          ctx.fill();
        }
        ctx.globalAlpha = 0.4;
        ctx.strokeStyle = color;
        ctx.lineWidth = 0.8;
        for (const seed of seeds) {
          ctx.beginPath();
          for (const [index, point] of seed.entries()) {
            ctx[index === 0 ? "moveTo" : "lineTo"](x.getPixelForValue(point.x), y.getPixelForValue(point.y));
          }
          ctx.stroke();
        }
        ctx.globalAlpha = 1;
      }
      ctx.restore();
    },
  };
}

/** Names each line at its right end, moved apart where ends are close, so that no legend is needed. */
export function endLabelPlugin(
  labels: readonly { readonly name: string; readonly color: string }[],
  fontSize: number,
): Plugin {
  return {
    id: "endLabels",
    afterDatasetsDraw(chart) {
      const { ctx, chartArea } = chart;
      const gap = fontSize + 3;
      const ends = labels.flatMap((label, index) => {
        const last = chart.getDatasetMeta(index).data.at(-1);
        return last ? [{ ...label, x: last.x, at: last.y, y: last.y }] : [];
      }).sort((a, b) => a.at - b.at);
      spread(ends, { gap, top: chartArea.top, bottom: chartArea.bottom });
      ctx.save();
      ctx.font = endLabelFont(fontSize);
      ctx.textBaseline = "middle";
      const left = chartArea.right + 10;
      for (const end of ends) {
        ctx.strokeStyle = end.color;
        ctx.globalAlpha = 0.5;
        ctx.lineWidth = 1;
        ctx.beginPath();
        ctx.moveTo(Math.min(end.x + 5, left - 2), end.at);
        ctx.lineTo(left - 2, end.y);
        ctx.stroke();
        ctx.globalAlpha = 1;
        ctx.fillStyle = end.color;
        ctx.fillText(end.name, left, end.y);
      }
      ctx.restore();
    },
  };
}

/** The font of {@link endLabelPlugin}, to measure with. */
export function endLabelFont(fontSize: number): string {
  return `bold ${fontSize}px "${chartFont}"`;
}

/** Moves labels, sorted by height, apart to at least `gap`, inside [top, bottom]. */
function spread(
  ends: { y: number }[],
  { gap, top, bottom }: { readonly gap: number; readonly top: number; readonly bottom: number },
): void {
  for (let i = 0; i < ends.length; i++) {
    const floor = i === 0 ? top : ends[i - 1]!.y + gap;
    ends[i]!.y = Math.max(ends[i]!.y, floor);
  }
  for (let i = ends.length - 1; i >= 0; i--) {
    const ceiling = i === ends.length - 1 ? bottom : ends[i + 1]!.y - gap;
    ends[i]!.y = Math.min(ends[i]!.y, ceiling);
  }
}

interface Interval {
  readonly low: number | null;
  readonly high: number | null;
}

/** Draws the interval of each point (under it) or bar (over it); `color` null takes the dataset's own. */
export function intervalPlugin(color: string | null): Plugin {
  return color === null
    ? { id: "intervals", beforeDatasetsDraw: (chart) => drawIntervals(chart, color) }
    : { id: "intervals", afterDatasetsDraw: (chart) => drawIntervals(chart, color) };
}

/** What a dataset tells the plugin beyond what Chart.js knows. */
interface IntervalDataset {
  readonly intervals?: readonly (Interval | null)[];
  readonly intervalColors?: readonly string[];
  readonly borderColor?: string;
}

function drawIntervals(chart: Chart, color: string | null): void {
  const { ctx } = chart;
  const y = chart.scales.y!;
  ctx.save();
  // An axis with bounds, such as one that ends at 100 %, can be shorter than an interval.
  const { left, top, width, height } = chart.chartArea;
  ctx.beginPath();
  ctx.rect(left, top - 2, width, height + 4);
  ctx.clip();
  ctx.lineWidth = 2;
  ctx.globalAlpha = 0.8;
  for (const [index, dataset] of chart.data.datasets.entries()) {
    const source = dataset as unknown as IntervalDataset;
    const intervals = source.intervals ?? (dataset.data as unknown as readonly (Interval | null)[]);
    for (const [at, element] of chart.getDatasetMeta(index).data.entries()) {
      const interval = intervals[at];
      if (!interval || interval.low === null || interval.high === null) continue;
      const low = y.getPixelForValue(interval.low);
      const high = y.getPixelForValue(interval.high);
      ctx.strokeStyle = color ?? source.intervalColors?.[at] ?? source.borderColor ?? "#000";
      ctx.beginPath();
      ctx.moveTo(element.x, low);
      ctx.lineTo(element.x, high);
      for (const end of [low, high]) {
        ctx.moveTo(element.x - 3, end);
        ctx.lineTo(element.x + 3, end);
      }
      ctx.stroke();
    }
  }
  ctx.restore();
}
