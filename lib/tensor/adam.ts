import * as tf from "@tensorflow/tfjs";
import { adamStep } from "./ops/adam_step/adam_step.ts";
import type { NamedArray, ParameterSet } from "./parameters.ts";
import { newVariable } from "./shapes_only.ts";

/** Adam on all parameters of a set, gradients scaled down to a global norm first; see {@link adamStep}. */
export class Adam {
  readonly #parameters: ParameterSet;
  readonly #learningRate: number;
  readonly #gradientClip: number;
  readonly #mean: tf.Variable;
  readonly #square: tf.Variable;
  #updates = 0;

  constructor(parameters: ParameterSet, options: { learningRate: number; gradientClip: number }) {
    this.#parameters = parameters;
    this.#learningRate = options.learningRate;
    this.#gradientClip = options.gradientClip;
    this.#mean = zeros(parameters.count);
    this.#square = zeros(parameters.count);
  }

  /** Steps made so far; a restored optimiser goes on counting. */
  get updates(): number {
    return this.#updates;
  }

  /**
   * Changes every parameter.
   *
   * @param gradients One a parameter, in the set's order, of its shape; null counts as zero. Not disposed.
   * @returns The gradients' global norm before clipping, a scalar; the caller disposes it.
   */
  apply(gradients: readonly (tf.Tensor | null)[]): tf.Scalar {
    this.#updates++;
    this.#parameters.changed();
    const state = { parameters: this.#parameters.variables, mean: this.#mean, square: this.#square };
    return adamStep(state, {
      gradients,
      learningRate: this.#learningRate,
      gradientClip: this.#gradientClip,
      update: this.#updates,
    });
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

  /** @throws {RangeError} If the moments are missing or of another size; nothing is changed then. */
  restore(saved: Readonly<Record<string, NamedArray>>): void {
    const mean = saved["adam.mean"];
    const square = saved["adam.square"];
    const updates = saved["adam.updates"]?.data[0];
    const count = this.#parameters.count;
    if (mean?.data.length !== count || square?.data.length !== count || updates === undefined) {
      throw new RangeError(
        `Cannot restore the optimiser: wrong size, expected ${count} numbers, got ${mean?.data.length ?? "nothing"}`,
      );
    }
    tf.tidy(() => {
      this.#mean.assign(tf.tensor1d(mean.data.slice()));
      this.#square.assign(tf.tensor1d(square.data.slice()));
    });
    this.#updates = updates;
  }

  dispose(): void {
    this.#mean.dispose();
    this.#square.dispose();
  }
}

function zeros(count: number): tf.Variable {
  return newVariable([count], { trainable: false, values: () => new Float32Array(count) });
}
