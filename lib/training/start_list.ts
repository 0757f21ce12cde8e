import type { Rng } from "../core/rng.ts";

/**
 * Transitions that a training window may start at. Drawing one counts as a use; one that has been used often enough
 * leaves the list by swapping with the last, so a draw costs the same however long the list is.
 */
export class StartList {
  readonly #maxUses: number;
  #starts = new Int32Array(1024);
  #uses = new Int32Array(1024);
  #size = 0;

  /** @param maxUses Draws of one start, at least 1. */
  constructor(maxUses: number) {
    this.#maxUses = maxUses;
  }

  /** Starts left. */
  get size(): number {
    return this.#size;
  }

  /** Appends a start that was drawn `uses` times before. */
  add(start: number, uses: number): void {
    if (this.#size === this.#starts.length) {
      this.#starts = doubled(this.#starts);
      this.#uses = doubled(this.#uses);
    }
    this.#starts[this.#size] = start;
    this.#uses[this.#size] = uses;
    this.#size++;
  }

  /** Draws one start uniformly; the list must not be empty. */
  draw(rng: Rng): number {
    const place = rng.integer(this.#size);
    const start = this.#starts[place]!;
    this.#uses[place]!++;
    if (this.#uses[place]! >= this.#maxUses) {
      this.#size--;
      this.#starts[place] = this.#starts[this.#size]!;
      this.#uses[place] = this.#uses[this.#size]!;
    }
    return start;
  }

  /** Copies of the starts, in the list's order, and the uses of each. */
  save(): { readonly starts: Int32Array; readonly uses: Int32Array } {
    return { starts: this.#starts.slice(0, this.#size), uses: this.#uses.slice(0, this.#size) };
  }
}

function doubled(array: Int32Array<ArrayBuffer>): Int32Array<ArrayBuffer> {
  const larger = new Int32Array(2 * array.length);
  larger.set(array);
  return larger;
}
