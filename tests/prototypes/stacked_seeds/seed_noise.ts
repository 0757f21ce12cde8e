import * as tf from "@tensorflow/tfjs";
import type { NoiseSource } from "../../../lib/tensor/mod.ts";

/**
 * Draws of S seeds, one after the other on the first axis: each seed's part comes from its own source, in the shapes
 * and the order of its single run.
 */
export class SeedNoise implements NoiseSource {
  readonly #sources: readonly NoiseSource[];

  /** @param sources One a seed. */
  constructor(sources: readonly NoiseSource[]) {
    this.#sources = sources;
  }

  uniform(shape: number[]): tf.Tensor {
    return this.#join(shape, (source, part) => source.uniform(part));
  }

  gumbel(shape: number[]): tf.Tensor {
    return this.#join(shape, (source, part) => source.gumbel(part));
  }

  normal(shape: number[]): tf.Tensor {
    return this.#join(shape, (source, part) => source.normal(part));
  }

  integer(shape: number[], bound: number): tf.Tensor {
    return this.#join(shape, (source, part) => source.integer(part, bound));
  }

  #join([first, ...rest]: number[], draw: (source: NoiseSource, shape: number[]) => tf.Tensor): tf.Tensor {
    const part = [first! / this.#sources.length, ...rest];
    return tf.tidy(() => tf.concat(this.#sources.map((source) => draw(source, part)), 0));
  }
}
