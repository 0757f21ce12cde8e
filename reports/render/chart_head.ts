import type { Chart, Plugin } from "chart.js";
import { drawPoint } from "chart.js/helpers";
import { maxOf } from "../../lib/core/extremes.ts";
import type { Theme } from "./chart_plugins.ts";
import { fontOf } from "./chart_font.ts";
import type { Marker } from "../blocks.ts";
import { shortNames, wrapped } from "./chart_text.ts";

/** One series of a legend. */
export interface LegendItem {
  readonly name: string;
  readonly color: string;
  readonly fill: string;
  /** Null for a bar. */
  readonly marker: Marker | null;
  /** Null where no line joins the points. */
  readonly dash: readonly number[] | null;
}

/** What stands above a chart, laid out. */
export interface Head {
  /** Height of all of it, px. */
  readonly height: number;
  readonly lines: readonly {
    readonly text: string;
    readonly y: number;
    readonly font: string;
    readonly isQuiet: boolean;
  }[];
  readonly entries: readonly {
    readonly item: LegendItem;
    readonly text: string;
    readonly x: number;
    readonly y: number;
  }[];
}

const left = 8;
const keyWidth = 26;
const gap = 18;

/** From so many series on, a legend has columns. */
const manyItems = 7;

/**
 * Lays out title, legend and a note for a chart of some width. Every series has its entry: the chart grows by as much
 * as they take.
 */
export function layoutHead(
  { title, items, note }: { readonly title: string; readonly items: readonly LegendItem[]; readonly note: string },
  { width, fontSize, measure }: {
    readonly width: number;
    readonly fontSize: number;
    readonly measure: (text: string, font: string) => number;
  },
): Head {
  const room = width - 2 * left;
  const rowHeight = fontSize + 8;
  const titleFont = fontOf(fontSize + 3, "bold");
  const itemFont = fontOf(fontSize);
  const noteFont = fontOf(fontSize - 1);
  const measureItem = (text: string) => measure(text, itemFont);
  const lines: Head["lines"][number][] = [];
  let y = 0;
  const titleLines = title === ""
    ? []
    : wrapped(title, { width: room, most: 2, measure: (text) => measure(text, titleFont) });
  for (const text of titleLines) {
    y += fontSize + 8;
    lines.push({ text, y: y - 4, font: titleFont, isQuiet: false });
  }
  if (titleLines.length > 0) y += 6;
  const names = shortNames(items.map(({ name }) => name), { width: room - keyWidth, measure: measureItem });
  const widths = names.map((name) => keyWidth + measureItem(name) + gap);
  const widest = Math.min(maxOf(widths), room);
  const columns = items.length < manyItems ? null : Math.max(Math.floor(room / widest), 1);
  const entries: Head["entries"][number][] = [];
  let x = 0;
  for (const [place, item] of items.entries()) {
    const taken = columns === null ? widths[place]! : room / columns;
    // The gap after the last entry of a row may be cut.
    if (x > 0 && (columns === null ? x + taken - gap > room : place % columns === 0)) {
      x = 0;
      y += rowHeight;
    }
    entries.push({ item, text: names[place]!, x: left + x, y: y + rowHeight / 2 });
    x += taken;
  }
  if (items.length > 0) y += rowHeight + 6;
  if (note !== "") {
    y += fontSize + 5;
    lines.push({ text: note, y: y - 5, font: noteFont, isQuiet: true });
  }
  return { height: y, lines, entries };
}

/** Draws what {@link layoutHead} laid out, from `top` px on. */
export function headPlugin(
  { lines, entries }: Head,
  { theme, top, fontSize }: { readonly theme: Theme; readonly top: number; readonly fontSize: number },
): Plugin {
  return {
    id: "head",
    afterDraw({ ctx }) {
      ctx.save();
      ctx.textAlign = "left";
      for (const { text, y, font, isQuiet } of lines) {
        ctx.font = font;
        ctx.textBaseline = "alphabetic";
        ctx.fillStyle = isQuiet ? theme.muted : theme.text;
        ctx.fillText(text, left, top + y);
      }
      ctx.font = fontOf(fontSize);
      ctx.textBaseline = "middle";
      for (const { item, text, x, y } of entries) {
        drawKey(ctx, { item, x, y: top + y });
        ctx.fillStyle = theme.text;
        ctx.fillText(text, x + keyWidth, top + y);
      }
      ctx.restore();
    },
  };
}

function drawKey(
  ctx: Chart["ctx"],
  { item, x, y }: { readonly item: LegendItem; readonly x: number; readonly y: number },
): void {
  ctx.fillStyle = item.fill;
  ctx.strokeStyle = item.color;
  if (item.marker === null) return ctx.fillRect(x + 4, y - 5, 12, 10);
  if (item.dash !== null) {
    ctx.lineWidth = 2;
    ctx.setLineDash([...item.dash]);
    ctx.beginPath();
    ctx.moveTo(x, y);
    ctx.lineTo(x + 20, y);
    ctx.stroke();
    ctx.setLineDash([]);
  }
  ctx.lineWidth = 1.5;
  const options = { pointStyle: item.marker, radius: 4, borderWidth: 1.5 };
  drawPoint(ctx, options, x + 10, y);
}
