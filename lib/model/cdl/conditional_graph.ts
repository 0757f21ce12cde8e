import * as tf from "@tensorflow/tfjs";
import type { ParameterSet } from "../../tensor/mod.ts";

/** How far the score of an edge at the threshold stays above one half. */
const MARGIN = 1e-6;

/**
 * The global graph of CDL: an edge where the moving average of the conditional mutual information of next variable j
 * and input i, given all other inputs, is at least a threshold. Own variables are always edges.
 */
export class ConditionalGraph {
  readonly #average: tf.Variable;
  readonly #isSelf: tf.Tensor2D;
  readonly #threshold: number;
  readonly #decay: number;

  /**
   * @param parameters Takes the averages over as the statistic `graph.cmi` [N, N + M], started at the threshold.
   * @param options.decay τ of the moving average.
   */
  constructor(
    parameters: ParameterSet,
    options: { stateCount: number; actionCount: number; threshold: number; decay: number },
  ) {
    const { stateCount, actionCount, threshold, decay } = options;
    const shape: [number, number] = [stateCount, stateCount + actionCount];
    this.#threshold = threshold;
    this.#decay = decay;
    this.#average = parameters.statistic("graph.cmi", { shape, init: { kind: "constant", value: threshold } });
    const isSelf = Float32Array.from(
      { length: shape[0] * shape[1] },
      (_, entry) => Math.floor(entry / shape[1]) === entry % shape[1] ? 1 : 0,
    );
    this.#isSelf = parameters.constant(tf.tensor2d(isSelf, shape));
  }

  /** The edges as 0 and 1, float32 [1, N, N + M]; the caller disposes it. */
  mask(): tf.Tensor3D {
    return tf.tidy(() => {
      const isEdge = this.#average.greaterEqual(this.#threshold).cast("float32");
      return isEdge.maximum(this.#isSelf).expandDims<tf.Tensor3D>(0);
    });
  }

  /**
   * Scores in [0, 1], above one half exactly where there is an edge: `c / (c + threshold)` of the average c, 0 where it
   * is negative, 1 for own variables. Float32 [N, N + M]; the caller disposes it.
   */
  scores(): tf.Tensor2D {
    return tf.tidy(() => {
      const positive = this.#average.relu();
      const score = positive.div(positive.add(this.#threshold));
      const edge = this.mask().squeeze([0]);
      const above = score.maximum(0.5 + MARGIN);
      return tf.where(edge.greater(0.5), above, score.minimum(0.5)).maximum<tf.Tensor2D>(this.#isSelf);
    });
  }

  /**
   * Moves the averages.
   *
   * @param information Estimate of this batch, float32 [N, N + M]; entries of own variables are not used.
   */
  observe(information: tf.Tensor2D): void {
    tf.tidy(() => {
      const moved = this.#average.mul(this.#decay).add(information.mul(1 - this.#decay));
      const others = tf.sub(1, this.#isSelf);
      this.#average.assign(moved.mul(others).add(this.#isSelf.mul(this.#threshold)));
    });
  }
}
