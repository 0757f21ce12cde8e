import * as tf from "@tensorflow/tfjs";
import { customGradient, type NoiseSource, type ParameterSet } from "../../tensor/mod.ts";
import type { Penalty } from "../step_network.ts";
import { type Codebook, commitmentLoss, nearest, type Quantized, straightThrough } from "./codebook.ts";
import { DataStart } from "./codebook_start.ts";
import { DeadCodes, replaceDead } from "./dead_codes.ts";
import type { FcdlCodebookOptions } from "./ema_codebook.ts";

/**
 * A codebook learned by gradient. The gradient that reaches a code is the mean, not the sum, of its samples'
 * gradients.
 */
export class GradientCodebook implements Codebook {
  readonly codeCount: number;
  readonly codes: tf.Variable<tf.Rank.R2>;
  readonly #commitment: number;
  readonly #start: DataStart | null;
  readonly #dead: DeadCodes | null;

  constructor(parameters: ParameterSet, options: FcdlCodebookOptions) {
    const { codeCount, codeWidth, revival } = options;
    this.codeCount = codeCount;
    this.codes = parameters.parameter("codebook.codes", { shape: [codeCount, codeWidth], init: { kind: "normal" } });
    this.#commitment = options.commitment;
    this.#start = options.start === "data" ? new DataStart(parameters) : null;
    this.#dead = revival && new DeadCodes(parameters, { ...revival, codeCount });
  }

  quantize(latent: tf.Tensor2D, noise: NoiseSource | null): Quantized {
    if (noise) {
      this.#start?.run(latent, { count: this.codeCount, noise, assign: (codes) => this.codes.assign(codes) });
    }
    const { assignment, vectors } = nearest(latent, this.codes);
    const penalties: Record<string, Penalty> = {};
    if (noise) {
      penalties.commitment = { value: commitmentLoss(latent, vectors), weight: this.#commitment };
      penalties.quantization = { value: quantizationLoss(this.codes, { latent, assignment, vectors }), weight: 1 };
      if (this.#dead) this.#revive(this.#dead.count({ latent, assignment }, noise));
    }
    return { value: straightThrough(latent, vectors), assignment, penalties };
  }

  #revive({ isDead, replacement }: { isDead: tf.Tensor1D; replacement: tf.Tensor2D }): void {
    tf.tidy(() => this.codes.assign(replaceDead(this.codes, isDead, replacement)));
  }
}

/** `mean((e - stopgrad(h))²)`; each code receives the mean of its samples' gradients. */
function quantizationLoss(
  codes: tf.Tensor2D,
  batch: { latent: tf.Tensor2D; assignment: tf.Tensor2D; vectors: tf.Tensor2D },
): tf.Scalar {
  return customGradient([codes], {
    forward() {
      const difference = batch.vectors.sub<tf.Tensor2D>(batch.latent);
      return { value: difference.square().mean<tf.Scalar>(), saved: [difference, batch.assignment] };
    },
    gradient(dy, [difference, assignment]) {
      const perSample = difference.mul<tf.Tensor2D>(dy.mul(2 / difference.size));
      const sum = tf.matMul(assignment, perSample, true, false);
      return [sum.div(assignment.sum(0).maximum(1).expandDims(1))];
    },
  });
}
