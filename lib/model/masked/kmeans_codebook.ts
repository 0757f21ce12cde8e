import * as tf from "@tensorflow/tfjs";
import type { NoiseSource, ParameterSet } from "../../tensor/mod.ts";
import { type Codebook, type CodebookSize, nearest, type Quantized, straightThrough } from "./codebook.ts";
import { DataStart } from "./codebook_start.ts";

/**
 * Mini-batch k-means on the latents (Sculley 2010): each code moves towards the mean of its samples with the rate
 * `samples in the batch / samples so far`. Codes start at random latents of the first batch. The encoder learns from
 * the prediction alone, through the straight-through value; nothing pulls it towards the codes.
 *
 * Deviation: the number of samples so far is limited to `memory`, because the latents move while the encoder learns.
 */
export class KmeansCodebook implements Codebook {
  readonly codeCount: number;
  readonly codes: tf.Variable<tf.Rank.R2>;
  readonly #size: tf.Variable;
  readonly #memory: number;
  readonly #start: DataStart;

  /** @param options.memory Largest number of samples a code counts. */
  constructor(parameters: ParameterSet, options: CodebookSize & { memory: number }) {
    const { codeCount, codeWidth } = options;
    this.codeCount = codeCount;
    this.codes = parameters.statistic("codebook.codes", { shape: [codeCount, codeWidth], init: { kind: "normal" } });
    this.#size = parameters.statistic("codebook.size", { shape: [codeCount], init: { kind: "constant", value: 1 } });
    this.#memory = options.memory;
    this.#start = new DataStart(parameters);
  }

  quantize(latent: tf.Tensor2D, noise: NoiseSource | null): Quantized {
    if (noise) {
      this.#start.run(latent, { count: this.codeCount, noise, assign: (codes) => this.codes.assign(codes) });
    }
    const { assignment, vectors } = nearest(latent, this.codes);
    if (noise) this.#move(latent, assignment);
    return { value: straightThrough(latent, vectors), assignment, penalties: {} };
  }

  #move(latent: tf.Tensor2D, assignment: tf.Tensor2D): void {
    tf.tidy(() => {
      const count = assignment.sum(0);
      const size = this.#size.add(count).minimum(this.#memory).maximum(count);
      const mean = tf.matMul(assignment, latent, true, false).div(count.maximum(1).expandDims(1));
      const rate = count.div(size.maximum(1)).expandDims(1);
      this.codes.assign(this.codes.add(mean.sub(this.codes).mul(rate)));
      this.#size.assign(size);
    });
  }
}
