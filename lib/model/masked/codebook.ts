import * as tf from "@tensorflow/tfjs";
import { argmaxOneHot } from "../../tensor/straight_through.ts";
import type { ParameterSet } from "../../tensor/parameters.ts";
import type { Penalty } from "../rollout_model.ts";

/** Latents replaced by codes. */
export interface Quantized {
  /** The nearest code's vector with the gradient of the latent, float32 [B, C]. */
  readonly value: tf.Tensor2D;
  /** One-hot of the nearest code, float32 [B, K]; no gradient. */
  readonly assignment: tf.Tensor2D;
  readonly penalties: Readonly<Record<string, Penalty>>;
}

/** K code vectors that latents are replaced by. */
export interface Codebook {
  readonly codeCount: number;
  /** Code vectors, float32 [K, C]; owned by the parameter set. */
  readonly codes: tf.Variable;
  /**
   * @param latent float32 [B, C].
   * @param options.training True in training: statistics may move, and penalties are given.
   */
  quantize(latent: tf.Tensor2D, options: { training: boolean }): Quantized;
}

/** Sizes and coefficients of a codebook. */
export interface CodebookOptions {
  /** K and C. */
  readonly codeCount: number;
  readonly codeWidth: number;
  /** β, the factor of the commitment loss. */
  readonly commitment: number;
}

/**
 * A codebook whose codes are moving averages of the latents assigned to them (decay γ), moved inside every training
 * forward after the lookup.
 */
export class EmaCodebook implements Codebook {
  readonly codeCount: number;
  readonly codes: tf.Variable;
  readonly #size: tf.Variable;
  readonly #sum: tf.Variable;
  readonly #commitment: number;
  readonly #decay: number;

  constructor(parameters: ParameterSet, options: CodebookOptions & { decay: number }) {
    const { codeCount, codeWidth } = options;
    this.codeCount = codeCount;
    this.codes = parameters.statistic("codebook.codes", { shape: [codeCount, codeWidth], init: { kind: "normal" } });
    this.#size = parameters.statistic("codebook.size", { shape: [codeCount], init: { kind: "constant", value: 0 } });
    this.#sum = parameters.statistic("codebook.sum", { shape: [codeCount, codeWidth], init: { kind: "normal" } });
    this.#sum.assign(this.codes);
    this.#commitment = options.commitment;
    this.#decay = options.decay;
  }

  quantize(latent: tf.Tensor2D, options: { training: boolean }): Quantized {
    const { assignment, vectors } = nearest(latent, this.codes);
    const penalties: Record<string, Penalty> = {};
    if (options.training) {
      penalties.commitment = { value: commitmentLoss(latent, vectors), weight: this.#commitment };
      this.#move(latent, assignment);
    }
    return { value: straightThrough(latent, vectors), assignment, penalties };
  }

  #move(latent: tf.Tensor2D, assignment: tf.Tensor2D): void {
    const decay = this.#decay;
    tf.tidy(() => {
      const count = assignment.sum(0);
      const atLeastOne = count.add(count.equal(0).cast("float32"));
      const size = this.#size.mul(decay).add(atLeastOne.mul(1 - decay));
      const sum = this.#sum.mul(decay).add(tf.matMul(assignment, latent, true, false).mul(1 - decay));
      const total = size.sum();
      const smoothed = size.add(1e-5).div(total.add(this.codeCount * 1e-5)).mul(total);
      this.#size.assign(size);
      this.#sum.assign(sum);
      this.codes.assign(sum.div(smoothed.expandDims(1)));
    });
  }
}

/**
 * A codebook learned by gradient. The gradient that reaches a code is the mean, not the sum, of its samples'
 * gradients.
 */
export class GradientCodebook implements Codebook {
  readonly codeCount: number;
  readonly codes: tf.Variable;
  readonly #commitment: number;

  constructor(parameters: ParameterSet, options: CodebookOptions) {
    const { codeCount, codeWidth } = options;
    this.codeCount = codeCount;
    this.codes = parameters.parameter("codebook.codes", { shape: [codeCount, codeWidth], init: { kind: "normal" } });
    this.#commitment = options.commitment;
  }

  quantize(latent: tf.Tensor2D, options: { training: boolean }): Quantized {
    const { assignment, vectors } = nearest(latent, this.codes);
    const penalties: Record<string, Penalty> = {};
    if (options.training) {
      penalties.commitment = { value: commitmentLoss(latent, vectors), weight: this.#commitment };
      penalties.quantization = { value: quantizationLoss(this.codes, { latent, assignment, vectors }), weight: 1 };
    }
    return { value: straightThrough(latent, vectors), assignment, penalties };
  }
}

/** The nearest code of each latent in Euclidean distance; no gradient passes. */
function nearest(latent: tf.Tensor2D, codes: tf.Variable): { assignment: tf.Tensor2D; vectors: tf.Tensor2D } {
  return tf.tidy(() => {
    // |h|² is the same for all codes and left out.
    const closeness = tf.matMul(latent, codes, false, true).mul(2).sub(codes.square().sum(1));
    const assignment = argmaxOneHot(closeness) as tf.Tensor2D;
    return { assignment, vectors: assignment.matMul(codes) as tf.Tensor2D };
  });
}

/** `h + stopgrad(e - h)`: the value of `vectors`, the gradient of `latent`. */
function straightThrough(latent: tf.Tensor2D, vectors: tf.Tensor2D): tf.Tensor2D {
  return tf.customGrad(() => ({ value: vectors.clone(), gradFunc: (dy: tf.Tensor) => dy }))(latent) as tf.Tensor2D;
}

/** `mean((stopgrad(e) - h)²)` over batch and width. */
function commitmentLoss(latent: tf.Tensor2D, vectors: tf.Tensor2D): tf.Scalar {
  return tf.customGrad((...inputs) => {
    const [h, save] = inputs as unknown as [tf.Tensor, tf.GradSaveFunc];
    const difference = h.sub(vectors);
    save([difference]);
    return {
      value: difference.square().mean(),
      gradFunc: (dy, [difference]) => difference!.mul(dy.mul(2 / difference!.size)),
    };
  })(latent) as tf.Scalar;
}

/** `mean((e - stopgrad(h))²)`; each code receives the mean of its samples' gradients. */
function quantizationLoss(
  codes: tf.Variable,
  batch: { latent: tf.Tensor2D; assignment: tf.Tensor2D; vectors: tf.Tensor2D },
): tf.Scalar {
  return tf.customGrad((...inputs) => {
    const save = inputs.at(-1) as unknown as tf.GradSaveFunc;
    const difference = batch.vectors.sub(batch.latent);
    save([difference, batch.assignment]);
    return {
      value: difference.square().mean(),
      gradFunc: (dy, [difference, assignment]) => {
        const perSample = difference!.mul(dy.mul(2 / difference!.size));
        const sum = tf.matMul(assignment as tf.Tensor2D, perSample as tf.Tensor2D, true, false);
        return sum.div(assignment!.sum(0).maximum(1).expandDims(1));
      },
    };
  })(codes) as tf.Scalar;
}
