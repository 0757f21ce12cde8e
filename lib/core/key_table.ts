/** How many slots there are for each key, at least. */
const SLOTS_PER_KEY = 2;
const FEWEST_SLOTS = 1024;

/**
 * Numbers distinct keys of a fixed number of int32 words in the order of their arrival: 0, 1, 2, ... Keys lie in one
 * typed array, so looking one up allocates nothing.
 */
export class KeyTable {
  readonly #words: number;
  /** [capacity, words]. */
  #keys: Int32Array;
  /** Number + 1 of the key in each slot, 0 for none; a power of two slots, the next free one after a key's own. */
  #slots = new Int32Array(FEWEST_SLOTS);
  #size = 0;

  /** @param words Words of a key, at least 1. */
  constructor(words: number) {
    this.#words = words;
    this.#keys = new Int32Array(FEWEST_SLOTS / SLOTS_PER_KEY * words);
  }

  /** Distinct keys so far. */
  get size(): number {
    return this.#size;
  }

  /**
   * The key's number; a key that was not seen before gets the next one.
   *
   * @param key Its words; only the first ones, as many as the table's keys have, are read.
   */
  numberOf(key: Int32Array): number {
    const mask = this.#slots.length - 1;
    let slot = this.#hash(key, 0) & mask;
    for (let held = this.#slots[slot]!; held !== 0; held = this.#slots[slot]!) {
      if (this.#equals(held - 1, key)) return held - 1;
      slot = (slot + 1) & mask;
    }
    this.#slots[slot] = this.#size + 1;
    const start = this.#size * this.#words;
    for (let w = 0; w < this.#words; w++) this.#keys[start + w] = key[w]!;
    this.#size++;
    if (this.#size * SLOTS_PER_KEY >= this.#slots.length) this.#grow();
    return this.#size - 1;
  }

  /** Forgets all keys; the room for them is kept. */
  clear(): void {
    if (this.#size === 0) return;
    this.#slots.fill(0);
    this.#size = 0;
  }

  #equals(number: number, key: Int32Array): boolean {
    const start = number * this.#words;
    for (let w = 0; w < this.#words; w++) if (this.#keys[start + w] !== key[w]) return false;
    return true;
  }

  #hash(words: Int32Array, start: number): number {
    let hash = 0;
    for (let w = 0; w < this.#words; w++) {
      hash = Math.imul(hash ^ words[start + w]!, 0x9e3779b1);
      hash ^= hash >>> 15;
    }
    return hash;
  }

  #grow(): void {
    const keys = new Int32Array(2 * this.#keys.length);
    keys.set(this.#keys);
    this.#keys = keys;
    this.#slots = new Int32Array(2 * this.#slots.length);
    const mask = this.#slots.length - 1;
    for (let number = 0; number < this.#size; number++) {
      let slot = this.#hash(keys, number * this.#words) & mask;
      while (this.#slots[slot] !== 0) slot = (slot + 1) & mask;
      this.#slots[slot] = number + 1;
    }
  }
}
