import { tensor } from "@tensorflow/tfjs-core";
import type { Tensor } from "@tensorflow/tfjs-core";
import type { Rng } from "../core/rng.ts";

/** Where a model's random draws come from: a seeded generator in training, recorded draws in reference tests. */
export interface NoiseSource {
  /** Uniforms in [1e-6, 1 - 1e-6], float32; the caller disposes. */
  uniform(shape: number[]): Tensor;
  /** Standard Gumbel draws, float32; the caller disposes. */
  gumbel(shape: number[]): Tensor;
  /** Standard normals, float32; the caller disposes. */
  normal(shape: number[]): Tensor;
  /** Integers in [0, bound), int32; the caller disposes. */
  integer(shape: number[], bound: number): Tensor;
}

const LOW = 1e-6;

/** Noise from a seeded generator. */
export class RngNoise implements NoiseSource {
  readonly #rng: Rng;

  constructor(rng: Rng) {
    this.#rng = rng;
  }

  uniform(shape: number[]): Tensor {
    const data = this.#rng.fillUniform(new Float32Array(sizeOf(shape)));
    for (let i = 0; i < data.length; i++) data[i] = Math.min(Math.max(data[i]!, LOW), 1 - LOW);
    return tensor(data, shape, "float32");
  }

  gumbel(shape: number[]): Tensor {
    const data = this.#rng.fillUniform(new Float32Array(sizeOf(shape)));
    for (let i = 0; i < data.length; i++) {
      const u = Math.min(Math.max(data[i]!, LOW), 1 - LOW);
      data[i] = -Math.log(-Math.log(u));
    }
    return tensor(data, shape, "float32");
  }

  normal(shape: number[]): Tensor {
    return tensor(this.#rng.fillNormal(new Float32Array(sizeOf(shape))), shape, "float32");
  }

  integer(shape: number[], bound: number): Tensor {
    const data = new Int32Array(sizeOf(shape));
    for (let i = 0; i < data.length; i++) data[i] = this.#rng.integer(bound);
    return tensor(data, shape, "int32");
  }
}

function sizeOf(shape: readonly number[]): number {
  return shape.reduce((size, dimension) => size * dimension, 1);
}
