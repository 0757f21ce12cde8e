import * as tf from "@tensorflow/tfjs";
import type { NamedArray, ParameterSet } from "./parameters.ts";

const BETA1 = 0.9;
const BETA2 = 0.999;
const EPSILON = 1e-8;

/**
 * Adam (Kingma & Ba 2015) on all parameters as one flat vector, gradients scaled down to a global norm first.
 * Arithmetic follows PyTorch's: `step / (sqrt(v) / sqrt(1 - β2^t) + ε)`.
 */
export class Adam {
  readonly #parameters: ParameterSet;
  readonly #learningRate: number;
  readonly #clip: number;
  #mean: tf.Tensor1D;
  #square: tf.Tensor1D;
  #updates = 0;

  constructor(parameters: ParameterSet, options: { learningRate: number; gradientClip: number }) {
    this.#parameters = parameters;
    this.#learningRate = options.learningRate;
    this.#clip = options.gradientClip;
    this.#mean = tf.zeros([parameters.count]);
    this.#square = tf.zeros([parameters.count]);
  }

  /**
   * Changes every parameter.
   *
   * @param gradients One a parameter, in the set's order, of its shape; null counts as zero. Not disposed.
   * @returns The gradients' global norm before clipping, a scalar; the caller disposes it.
   */
  apply(gradients: readonly (tf.Tensor | null)[]): tf.Scalar {
    this.#updates++;
    const variables = this.#parameters.variables;
    const [norm, mean, square] = tf.tidy(() => {
      const flat = tf.concat1d(
        variables.map((variable, i) => gradients[i]?.flatten() ?? tf.zeros([variable.size])),
      );
      const norm = flat.square().sum().sqrt();
      const scaled = flat.mul(tf.minimum(tf.div(this.#clip, norm.add(1e-6)), 1));
      const mean = this.#mean.mul(BETA1).add(scaled.mul(1 - BETA1));
      const square = this.#square.mul(BETA2).add(scaled.square().mul(1 - BETA2));
      const correction = 1 / Math.sqrt(1 - BETA2 ** this.#updates);
      const rate = this.#learningRate / (1 - BETA1 ** this.#updates);
      const change = mean.mul(rate).div(square.sqrt().mul(correction).add(EPSILON)) as tf.Tensor1D;
      const changes = tf.split(change, variables.map((variable) => variable.size));
      variables.forEach((variable, i) => variable.assign(variable.sub(changes[i]!.reshape(variable.shape))));
      return [norm as tf.Scalar, mean as tf.Tensor1D, square as tf.Tensor1D];
    });
    this.#mean.dispose();
    this.#square.dispose();
    this.#mean = mean;
    this.#square = square;
    return norm;
  }

  /** Copies the moments and the update count to the host. */
  async save(): Promise<Record<string, NamedArray>> {
    return {
      "adam.mean": { shape: this.#mean.shape, data: (await this.#mean.data<"float32">()).slice() },
      "adam.square": { shape: this.#square.shape, data: (await this.#square.data<"float32">()).slice() },
      // Exact in float32 up to 2^24 updates.
      "adam.updates": { shape: [1], data: Float32Array.of(this.#updates) },
    };
  }

  /** @throws {RangeError} If the moments are missing or of another size. */
  restore(saved: Readonly<Record<string, NamedArray>>): void {
    const mean = saved["adam.mean"];
    const square = saved["adam.square"];
    const updates = saved["adam.updates"]?.data[0];
    if (!mean || !square || updates === undefined || mean.data.length !== this.#parameters.count) {
      throw new RangeError(
        `Cannot restore the optimiser: wrong size, expected ${this.#parameters.count} numbers, got ${
          mean?.data.length ?? "nothing"
        }`,
      );
    }
    this.dispose();
    this.#mean = tf.tensor1d(mean.data.slice());
    this.#square = tf.tensor1d(square.data.slice());
    this.#updates = updates;
  }

  dispose(): void {
    this.#mean.dispose();
    this.#square.dispose();
  }
}
