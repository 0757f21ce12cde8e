import type { ChartBlock } from "../blocks.ts";
import { contentHash } from "./content_hash.ts";
import { type ChartImage, type ChartImageOptions, renderChart } from "./render_chart.ts";

/** Drawn charts by content, the least recently used dropped first. */
export class ImageCache {
  readonly #images = new Map<string, ChartImage>();
  readonly #capacity: number;

  /** @param capacity Images kept, at least 1. */
  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  /** The image of a chart, drawn if it is not there yet. */
  get(block: ChartBlock, options: ChartImageOptions): ChartImage {
    const key = contentHash([block, options]);
    const image = this.#images.get(key) ?? renderChart(block, options);
    // Map keeps insertion order: taking out and putting back makes it the youngest.
    this.#images.delete(key);
    this.#images.set(key, image);
    if (this.#images.size > this.#capacity) this.#images.delete(this.#images.keys().next().value!);
    return image;
  }

  /** Images held now. */
  get size(): number {
    return this.#images.size;
  }
}
