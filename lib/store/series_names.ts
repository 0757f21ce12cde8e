import { textChecksum } from "./checksums.ts";

/** The names of a series, each one string however many rows have it, and their checksums. */
export interface SeriesName {
  readonly split: string;
  readonly metric: string;
  readonly splitSum: number;
  readonly metricSum: number;
}

/**
 * Finds the names of rows that come in the order of their series, run after run. A row mostly has the series of the row
 * before, or the one that followed it last time: to compare two short texts takes less than to look one up.
 */
export class SeriesNames {
  readonly #bySplit = new Map<string, Map<string, Entry>>();
  #last: Entry = { split: "", metric: "", splitSum: textChecksum(""), metricSum: textChecksum(""), next: null };

  /** The names that equal these two. */
  of(split: string, metric: string): SeriesName {
    const last = this.#last;
    if (last.metric === metric && last.split === split) return last;
    let { next } = last;
    if (next === null || next.metric !== metric || next.split !== split) next = last.next = this.#find(split, metric);
    this.#last = next;
    return next;
  }

  #find(split: string, metric: string): Entry {
    let byMetric = this.#bySplit.get(split);
    if (!byMetric) this.#bySplit.set(split, byMetric = new Map());
    let found = byMetric.get(metric);
    if (!found) {
      found = { split, metric, splitSum: textChecksum(split), metricSum: textChecksum(metric), next: null };
      byMetric.set(metric, found);
    }
    return found;
  }
}

interface Entry extends SeriesName {
  /** The series that followed this one last time. */
  next: Entry | null;
}
