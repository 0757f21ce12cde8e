import { createCanvas, loadImage } from "@napi-rs/canvas";
import type { ChartBlock } from "../../reports/blocks.ts";
import { type ChartImageOptions, renderChart } from "../../reports/render/render_chart.ts";

/** A drawn chart, to look into; places are in CSS px. */
export interface Pixels {
  readonly width: number;
  readonly height: number;
  /** Columns from `left` to `right` that have ink of a colour between `top` and `bottom`. */
  inked(color: string, box: Box): readonly number[];
}

/** A part of an image; absent edges are the image's. */
export interface Box {
  readonly left?: number;
  readonly right?: number;
  readonly top?: number;
  readonly bottom?: number;
}

/** Draws a chart as PNG and reads it back. */
export async function pixelsOf(block: ChartBlock, options: Partial<ChartImageOptions> = {}): Promise<Pixels> {
  const image = await loadImage(
    renderChart(block, { format: "png", theme: "light", size: "half", titled: false, ...options }).bytes,
  );
  const context = createCanvas(image.width, image.height).getContext("2d");
  context.drawImage(image, 0, 0);
  const { data } = context.getImageData(0, 0, image.width, image.height);
  const [width, height] = [image.width / 2, image.height / 2];
  return {
    width,
    height,
    inked(color, { left = 0, right = width, top = 0, bottom = height }) {
      const wanted = [1, 3, 5].map((at) => parseInt(color.slice(at, at + 2), 16));
      const columns: number[] = [];
      for (let x = Math.ceil(left); x < right; x++) {
        const isInked = (y: number) =>
          [0, 1].some((half) =>
            wanted.every((value, k) => Math.abs(data[4 * ((2 * y + half) * image.width + 2 * x) + k]! - value) < 24)
          );
        if (Array.from({ length: Math.floor(bottom - top) }, (_, row) => Math.floor(top) + row).some(isInked)) {
          columns.push(x);
        }
      }
      return columns;
    },
  };
}
