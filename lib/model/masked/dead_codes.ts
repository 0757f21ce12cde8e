import * as tf from "@tensorflow/tfjs";
import type { NoiseSource, ParameterSet } from "../../tensor/mod.ts";

/** When a code counts as dead. */
export interface DeadCodeRevival {
  /** Training batches in a row with too few samples after which a code is replaced; a rollout of T steps has T. */
  readonly afterBatches: number;
  /** Samples of a batch below which they are too few. */
  readonly threshold: number;
}

/** Counts how long each code has had too few samples, and finds replacements for those that had them too long. */
export class DeadCodes {
  readonly #options: DeadCodeRevival;
  /** Batches in a row with too few samples, float32 [K]. */
  readonly #idle: tf.Variable;

  constructor(parameters: ParameterSet, options: DeadCodeRevival & { codeCount: number }) {
    this.#options = options;
    this.#idle = parameters.statistic("codebook.idle", {
      shape: [options.codeCount],
      init: { kind: "constant", value: 0 },
    });
  }

  /**
   * Counts a training batch and starts dead codes' counts again.
   *
   * @param batch `latent` [B, C] and the one-hots `assignment` [B, K].
   * @returns `isDead` float32 [K] of 0 and 1, and `replacement` [K, C], a random latent of the batch for each code,
   * dead or not; the caller disposes both.
   */
  count(
    batch: { latent: tf.Tensor2D; assignment: tf.Tensor2D },
    noise: NoiseSource,
  ): { isDead: tf.Tensor1D; replacement: tf.Tensor2D } {
    const { afterBatches, threshold } = this.#options;
    return tf.tidy(() => {
      const { latent, assignment } = batch;
      const isIdle = assignment.sum(0).less(threshold).cast("float32");
      const idle = this.#idle.add(1).mul(isIdle);
      const isDead = idle.greaterEqual(afterBatches).cast<tf.Tensor1D>("float32");
      this.#idle.assign(idle.mul(tf.sub(1, isDead)));
      const rows = noise.integer([assignment.shape[1]], latent.shape[0]);
      return { isDead, replacement: tf.gather(latent, rows) };
    });
  }
}

/** Rows of `values` [K, ...] where `isDead` [K] is 0, of `others` where it is 1; call inside `tf.tidy`. */
export function replaceDead<R extends tf.Rank>(
  values: tf.Tensor<R>,
  isDead: tf.Tensor1D,
  others: tf.Tensor<R>,
): tf.Tensor<R> {
  const isChosen = isDead.reshape([isDead.size, ...values.shape.slice(1).map(() => 1)]).cast("bool");
  return tf.where(isChosen.broadcastTo(values.shape), others, values);
}
