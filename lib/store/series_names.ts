import type { MetricId } from "../records/metric_id.ts";
import { seriesChecksum } from "./checksums.ts";

/** The names of a series, each one string however many rows have it, and their checksum. */
export interface SeriesName {
  readonly split: string;
  readonly name: string;
  readonly qualifier: string;
  /** Of the three names, see `seriesChecksum`. */
  readonly sum: number;
}

/**
 * Finds the names of rows that come in the order of their series, run after run. A row mostly has the series of the row
 * before, or the one that followed it last time: to compare two short texts takes less than to look one up.
 */
export class SeriesNames {
  readonly #known = new Map<string, Entry>();
  #last: Entry = this.#find("", { name: "", qualifier: "" });

  /** The names that equal these three. */
  of(split: string, metric: MetricId): SeriesName {
    const last = this.#last;
    if (isOf(last, split, metric)) return last;
    let { next } = last;
    if (next === null || !isOf(next, split, metric)) next = last.next = this.#find(split, metric);
    this.#last = next;
    return next;
  }

  #find(split: string, { name, qualifier }: MetricId): Entry {
    const key = JSON.stringify([split, name, qualifier]);
    let found = this.#known.get(key);
    if (!found) {
      const series = { split, name, qualifier };
      this.#known.set(key, found = { ...series, sum: seriesChecksum(series), next: null });
    }
    return found;
  }
}

interface Entry extends SeriesName {
  /** The series that followed this one last time. */
  next: Entry | null;
}

function isOf(entry: Entry, split: string, { name, qualifier }: MetricId): boolean {
  return entry.name === name && entry.qualifier === qualifier && entry.split === split;
}
