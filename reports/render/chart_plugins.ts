import type { Chart, Plugin } from "chart.js";
import type { LineSeries, RangePoint } from "../blocks.ts";
import { fontOf } from "./chart_font.ts";

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
        ctx.globalAlpha = 0.14;
        ctx.fillStyle = color;
        const hasBand = (point: RangePoint) => point.low !== null && point.high !== null && !Number.isNaN(point.y);
        for (const banded of unbroken(points, hasBand)) {
          ctx.beginPath();
          for (const [index, point] of banded.entries()) {
            ctx[index === 0 ? "moveTo" : "lineTo"](x.getPixelForValue(point.x), y.getPixelForValue(point.high!));
          }
          for (const point of banded.toReversed()) {
            ctx.lineTo(x.getPixelForValue(point.x), y.getPixelForValue(point.low!));
          }
          ctx.closePath();
          ctx.fill();
        }
        ctx.globalAlpha = 0.4;
        ctx.strokeStyle = color;
        ctx.lineWidth = 0.8;
        for (const piece of seeds.flatMap((seed) => unbroken(seed, (point) => !Number.isNaN(point.y)))) {
          ctx.beginPath();
          for (const [index, point] of piece.entries()) {
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

/** The stretches of neighbours that all hold, in order. */
function unbroken<Item>(items: readonly Item[], holds: (item: Item) => boolean): readonly (readonly Item[])[] {
  const stretches: Item[][] = [];
  let open: Item[] | null = null;
  for (const item of items) {
    if (!holds(item)) open = null;
    else if (open) open.push(item);
    else stretches.push(open = [item]);
  }
  return stretches;
}

/** Marks values that a logarithmic axis has no place for with an open triangle at its foot. */
export function zeroMarkPlugin(colors: readonly string[], theme: Theme): Plugin {
  return {
    id: "zeroMarks",
    afterDatasetsDraw(chart) {
      const { ctx, chartArea } = chart;
      ctx.save();
      ctx.lineWidth = 1.5;
      // Marks of several series at one place stand on each other.
      const taken = new Map<number, number>();
      for (const [index, dataset] of chart.data.datasets.entries()) {
        const { zeros } = dataset as unknown as { readonly zeros: readonly boolean[] };
        for (const [at, element] of chart.getDatasetMeta(index).data.entries()) {
          if (!zeros[at]) continue;
          ctx.strokeStyle = colors[index]!;
          ctx.fillStyle = theme.surface;
          const below = taken.get(Math.round(element.x)) ?? 0;
          taken.set(Math.round(element.x), below + 1);
          drawZeroMark(ctx, { x: element.x, foot: chartArea.bottom - 2 - 11 * below });
        }
      }
      ctx.restore();
    },
  };
}

function drawZeroMark(ctx: Chart["ctx"], { x, foot }: { readonly x: number; readonly foot: number }): void {
  ctx.beginPath();
  ctx.moveTo(x - 5, foot - 9);
  ctx.lineTo(x + 5, foot - 9);
  ctx.lineTo(x, foot);
  ctx.closePath();
  ctx.fill();
  ctx.stroke();
}

/** Names each line at its right end, moved apart where ends are close, so that no legend is needed. */
export function endLabelPlugin(
  labels: readonly { readonly name: string; readonly color: string }[],
  { fontSize, surface }: { readonly fontSize: number; readonly surface: string },
): Plugin {
  return {
    id: "endLabels",
    afterDatasetsDraw(chart) {
      const { ctx, chartArea } = chart;
      const gap = fontSize + 3;
      const left = chartArea.right + 10;
      const ends = labels.flatMap((label, index) => {
        const last = chart.getDatasetMeta(index).data.findLast((element) => !Number.isNaN(element.y));
        return last ? [{ ...label, x: last.x, at: last.y, y: last.y }] : [];
      }).sort((a, b) => a.at - b.at);
      // A leader across the plot would look like data: a line that ends early is named beside its end.
      const early = ends.filter(({ x }) => left - x > farthestLeader);
      const late = ends.filter(({ x }) => left - x <= farthestLeader);
      spread(late, { gap, top: chartArea.top, bottom: chartArea.bottom });
      ctx.save();
      ctx.font = endLabelFont(fontSize);
      ctx.textBaseline = "middle";
      for (const end of late) {
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
      ctx.lineJoin = "round";
      ctx.lineWidth = 4;
      ctx.strokeStyle = surface;
      for (const { name, color, x, y } of early) {
        ctx.strokeText(name, x + 9, y);
        ctx.fillStyle = color;
        ctx.fillText(name, x + 9, y);
      }
      ctx.restore();
    },
  };
}

/** The longest line from the end of a series to its name, px. */
const farthestLeader = 40;

/** The font of {@link endLabelPlugin}, to measure with. */
export function endLabelFont(fontSize: number): string {
  return fontOf(fontSize, "bold");
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
