import * as tf from "@tensorflow/tfjs";
import { argmaxOneHot, hardGumbelSoftmax, type NoiseSource, type ParameterSet } from "../../tensor/mod.ts";
import type { Codebook, CodebookSize, Quantized } from "./codebook.ts";

/**
 * A categorical context: the encoder's output are the logits of K codes, which are learned by gradient. Training draws
 * a code by hard straight-through Gumbel-softmax (Jang et al. 2017), evaluation takes the most likely one.
 */
export class GumbelCodebook implements Codebook {
  readonly codeCount: number;
  readonly codes: tf.Variable<tf.Rank.R2>;
  readonly #temperature: number;

  /** @param options.temperature τ of the soft value whose gradient the draw has. */
  constructor(parameters: ParameterSet, options: CodebookSize & { temperature: number }) {
    const { codeCount, codeWidth, temperature } = options;
    this.codeCount = codeCount;
    this.codes = parameters.parameter("codebook.codes", { shape: [codeCount, codeWidth], init: { kind: "normal" } });
    this.#temperature = temperature;
  }

  /** @param latent Logits, float32 [B, K]. */
  quantize(latent: tf.Tensor2D, noise: NoiseSource | null): Quantized {
    const assignment = noise
      ? hardGumbelSoftmax(latent, noise.gumbel(latent.shape), { temperature: this.#temperature })
      : argmaxOneHot(latent);
    return { value: tf.matMul(assignment, this.codes), assignment, penalties: {} };
  }
}
