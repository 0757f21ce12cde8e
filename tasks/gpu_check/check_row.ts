/** One number or verdict of a check. */
export interface CheckRow {
  /** What part of the check it belongs to. */
  readonly section: string;
  /** The backend it was found on; "" where it is of the machine. */
  readonly engine: string;
  /** A method, a set of tests, a part of the machine. */
  readonly item: string;
  /** Runs at once, each in a process of its own; null where there is none. */
  readonly seeds: number | null;
  readonly metric: string;
  /** Null where it was not measured; the note says why. */
  readonly value: number | string | null;
  readonly unit: string;
  readonly note: string;
}

/** A row whose parts that are not said are empty. */
export function row(parts: Pick<CheckRow, "section" | "item" | "metric"> & Partial<CheckRow>): CheckRow {
  return { engine: "", seeds: null, value: null, unit: "", note: "", ...parts };
}

/** Time that a check may take, on a clock that never goes back. */
export class Budget {
  readonly #clock: () => number;
  readonly #endMs: number;

  constructor(clock: () => number, totalMs: number) {
    this.#clock = clock;
    this.#endMs = clock() + totalMs;
  }

  /** Time that is left, ms; not below 0. */
  get leftMs(): number {
    return Math.max(this.#endMs - this.#clock(), 0);
  }

  /** The time now, ms. */
  now(): number {
    return this.#clock();
  }
}
