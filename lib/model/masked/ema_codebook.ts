import * as tf from "@tensorflow/tfjs";
import type { NoiseSource, ParameterSet } from "../../tensor/mod.ts";
import type { Penalty } from "../step_network.ts";
import {
  type Codebook,
  type CodebookSize,
  commitmentLoss,
  nearest,
  type Quantized,
  straightThrough,
} from "./codebook.ts";
import { DataStart } from "./codebook_start.ts";
import { type DeadCodeRevival, DeadCodes, replaceDead } from "./dead_codes.ts";

/** Settings that FCDL's two codebooks share. */
export interface FcdlCodebookOptions extends CodebookSize {
  /** β, the factor of the commitment loss. */
  readonly commitment: number;
  /** Codes from N(0, 1), or latents of the first training batch. */
  readonly start: "normal" | "data";
  /** When codes without samples are replaced; null for never. */
  readonly revival: DeadCodeRevival | null;
}

/**
 * A codebook whose codes are moving averages of the latents assigned to them (decay γ), moved inside every training
 * forward after the lookup.
 *
 * A data start gives each code the size B / K that equal use would. A revived code has size 1, which is what the floor
 * on counts leaves a code that nobody uses.
 */
export class EmaCodebook implements Codebook {
  readonly codeCount: number;
  readonly codes: tf.Variable<tf.Rank.R2>;
  readonly #size: tf.Variable;
  readonly #sum: tf.Variable;
  readonly #commitment: number;
  readonly #decay: number;
  readonly #start: DataStart | null;
  readonly #dead: DeadCodes | null;

  constructor(parameters: ParameterSet, options: FcdlCodebookOptions & { decay: number }) {
    const { codeCount, codeWidth, revival } = options;
    this.codeCount = codeCount;
    this.codes = parameters.statistic("codebook.codes", { shape: [codeCount, codeWidth], init: { kind: "normal" } });
    this.#size = parameters.statistic("codebook.size", { shape: [codeCount], init: { kind: "constant", value: 0 } });
    this.#sum = parameters.statistic("codebook.sum", { shape: [codeCount, codeWidth], init: { kind: "normal" } });
    this.#sum.assign(this.codes);
    this.#commitment = options.commitment;
    this.#decay = options.decay;
    this.#start = options.start === "data" ? new DataStart(parameters) : null;
    this.#dead = revival && new DeadCodes(parameters, { ...revival, codeCount });
  }

  quantize(latent: tf.Tensor2D, noise: NoiseSource | null): Quantized {
    if (noise) {
      this.#start?.run(latent, {
        count: this.codeCount,
        noise,
        assign: (codes) => this.#startFrom(codes, latent.shape[0]),
      });
    }
    const { assignment, vectors } = nearest(latent, this.codes);
    const penalties: Record<string, Penalty> = {};
    if (noise) {
      penalties.commitment = { value: commitmentLoss(latent, vectors), weight: this.#commitment };
      this.#move(latent, assignment);
      if (this.#dead) this.#revive(this.#dead.count({ latent, assignment }, noise));
    }
    return { value: straightThrough(latent, vectors), assignment, penalties };
  }

  #startFrom(codes: tf.Tensor2D, batch: number): void {
    const size = Math.max(batch / this.codeCount, 1);
    this.codes.assign(codes);
    this.#size.assign(tf.fill([this.codeCount], size));
    this.#sum.assign(codes.mul(size));
  }

  #move(latent: tf.Tensor2D, assignment: tf.Tensor2D): void {
    const decay = this.#decay;
    tf.tidy(() => {
      const atLeastOne = tf.maximum(assignment.sum(0), 1);
      const size = this.#size.mul(decay).add(atLeastOne.mul(1 - decay));
      const sum = this.#sum.mul(decay).add(tf.matMul(assignment, latent, true, false).mul(1 - decay));
      const total = size.sum();
      const smoothed = size.add(1e-5).div(total.add(this.codeCount * 1e-5)).mul(total);
      this.#size.assign(size);
      this.#sum.assign(sum);
      this.codes.assign(sum.div(smoothed.expandDims(1)));
    });
  }

  #revive({ isDead, replacement }: { isDead: tf.Tensor1D; replacement: tf.Tensor2D }): void {
    tf.tidy(() => {
      this.codes.assign(replaceDead(this.codes, isDead, replacement));
      this.#sum.assign(replaceDead(this.#sum, isDead, replacement));
      this.#size.assign(replaceDead(this.#size, isDead, tf.ones([this.codeCount])));
    });
  }
}
