import * as tf from "@tensorflow/tfjs";
import type { NoiseSource, ParameterSet } from "../../tensor/mod.ts";

/** Whether a codebook's codes wait for data, and which latents of the first training batch they become. */
export class DataStart {
  /** 1 once the codes are made, so that a restored model goes on as it was; float32 [1]. */
  readonly #isDone: tf.Variable;

  constructor(parameters: ParameterSet) {
    this.#isDone = parameters.statistic("codebook.started", { shape: [1], init: { kind: "constant", value: 0 } });
  }

  /**
   * On the first call, picks `count` latents of the batch at random, different rows as far as there are enough, and
   * hands them to `assign`; later calls do nothing.
   *
   * @param latent float32 [B, C].
   * @param options.assign Takes the codes [K, C], which it does not dispose.
   */
  run(
    latent: tf.Tensor2D,
    options: { count: number; noise: NoiseSource; assign: (codes: tf.Tensor2D) => void },
  ): void {
    if (this.#isDone.dataSync()[0] === 1) return;
    const { count, noise, assign } = options;
    tf.tidy(() => {
      const batch = latent.shape[0];
      const order = tf.topk(noise.uniform([batch]), Math.min(count, batch)).indices;
      const rows = tf.range(0, count, 1, "int32").mod<tf.Tensor1D>(tf.scalar(order.size, "int32"));
      assign(tf.gather(latent, tf.gather(order, rows)));
      this.#isDone.assign(tf.ones([1]));
    });
  }
}
