import { xoroshiro128plus, xoroshiro128plusFromState } from "pure-rand/generator/xoroshiro128plus";

/** Serialised state of an {@link Rng}. */
export type RngState = readonly number[];

/**
 * A seeded generator of chance with a state that can be saved. All chance in the project comes from one of these.
 * The bits are pure-rand's xoroshiro128+.
 *
 * @example
 * ```ts
 * import { equal } from "node:assert/strict";
 *
 * const rng = new Rng(1);
 * const state = rng.state();
 * const first = rng.uniform();
 * rng.restore(state);
 * equal(rng.uniform(), first);
 * // A fork has a stream of its own and takes nothing from this one.
 * equal(new Rng(1).fork("noise").uniform(), new Rng(1).fork("noise").uniform());
 * ```
 */
export class Rng {
  #generator: ReturnType<typeof xoroshiro128plus>;

  /** @param seed Any 32-bit integer. */
  constructor(seed: number) {
    // Neighbouring seeds must not give neighbouring streams: mix, then drop the first outputs.
    this.#generator = xoroshiro128plus(mix(seed | 0));
    for (let i = 0; i < 8; i++) this.#generator.next();
  }

  /** A generator that goes on where `state` was taken. */
  static fromState(state: RngState): Rng {
    const rng = new Rng(0);
    rng.restore(state);
    return rng;
  }

  /** The state; {@link Rng.restore} of it repeats what follows to the bit. */
  state(): RngState {
    return [...this.#generator.getState()];
  }

  /** Goes back to a saved state. */
  restore(state: RngState): void {
    this.#generator = xoroshiro128plusFromState(state);
  }

  /**
   * A new independent generator for a named purpose, so that adding a consumer does not shift the others' draws.
   * Does not advance this one.
   */
  fork(purpose: string): Rng {
    let hash = 2166136261;
    for (const part of [purpose, ...this.#generator.getState().map(String)]) {
      for (let i = 0; i < part.length; i++) hash = Math.imul(hash ^ part.charCodeAt(i), 16777619);
      hash = Math.imul(hash ^ 31, 16777619);
    }
    return new Rng(hash);
  }

  /** Uniform in [0, 1), 24 bits, so exact in float32. */
  uniform(): number {
    return (this.#generator.next() >>> 8) * (1 / 16777216);
  }

  /** Uniform integer in [0, bound). */
  integer(bound: number): number {
    // 32 bits scaled: the bias is below bound / 2^32.
    return Math.floor((this.#generator.next() >>> 0) * (bound / 4294967296));
  }

  /** Standard normal (Box-Muller, one of the pair, so that the state is the generator's alone). */
  normal(): number {
    const u = 1 - this.uniform();
    return Math.sqrt(-2 * Math.log(u)) * Math.cos(2 * Math.PI * this.uniform());
  }

  /** An index drawn with the given probabilities, which sum to about 1. */
  categorical(probabilities: ArrayLike<number>): number {
    let u = this.uniform();
    const last = probabilities.length - 1;
    for (let k = 0; k < last; k++) {
      u -= probabilities[k]!;
      if (u < 0) return k;
    }
    return last;
  }

  /** Fills with uniforms in [0, 1); returns the array. */
  fillUniform(out: Float32Array): Float32Array {
    const generator = this.#generator;
    for (let i = 0; i < out.length; i++) out[i] = (generator.next() >>> 8) * (1 / 16777216);
    return out;
  }

  /** Fills with standard normals; returns the array. */
  fillNormal(out: Float32Array): Float32Array {
    for (let i = 0; i < out.length; i++) out[i] = this.normal();
    return out;
  }

  /** A permutation of 0..count-1 (Fisher-Yates). */
  permutation(count: number): Int32Array {
    const order = Int32Array.from({ length: count }, (_, i) => i);
    for (let i = count - 1; i > 0; i--) {
      const j = this.integer(i + 1);
      const swap = order[i]!;
      order[i] = order[j]!;
      order[j] = swap;
    }
    return order;
  }
}

/** Spreads the bits of a seed (the finaliser of MurmurHash3). */
function mix(seed: number): number {
  let h = seed ^ 0x9e3779b9;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}
