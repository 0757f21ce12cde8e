import * as tf from "@tensorflow/tfjs";
import type { ParameterSet } from "../../tensor/mod.ts";

/**
 * Which entries of a graph [N, N + M] are learned. `triangular`: the causal order is given, so only entries strictly
 * below the diagonal are free, the diagonal and the action columns are always edges and what lies above never is.
 * `full`: everything but the diagonal is free, the diagonal always an edge.
 */
export type GraphForm = "triangular" | "full";

/** Logit of an entry that is always (or, negated, never) an edge. */
const CERTAIN = 100;

/** Places free logits in a graph. */
export class GraphLogits {
  /** F, number of free entries. */
  readonly freeCount: number;
  /** 1 where there can be an edge, row-major [N, N + M]; null where there can be all. */
  readonly possible: Uint8Array | null;
  readonly #stateCount: number;
  readonly #width: number;
  readonly #placement: tf.Tensor2D;
  readonly #base: tf.Tensor1D;

  /** @param parameters Takes over the constant tensors. */
  constructor(parameters: ParameterSet, options: { form: GraphForm; stateCount: number; actionCount: number }) {
    const { form, stateCount, actionCount } = options;
    const width = stateCount + actionCount;
    const base = new Float32Array(stateCount * width);
    const free: number[] = [];
    for (let row = 0; row < stateCount; row++) {
      for (let column = 0; column < width; column++) {
        const entry = row * width + column;
        const always = column === row || (form === "triangular" && column >= stateCount);
        if (always) base[entry] = CERTAIN;
        else if (form === "full" || column < row) free.push(entry);
        else base[entry] = -CERTAIN;
      }
    }
    const placement = new Float32Array(free.length * base.length);
    free.forEach((entry, f) => placement[f * base.length + entry] = 1);
    this.possible = form === "full" ? null : Uint8Array.from(base, (logit) => logit >= 0 ? 1 : 0);
    this.freeCount = free.length;
    this.#stateCount = stateCount;
    this.#width = width;
    this.#placement = parameters.constant(tf.tensor2d(placement, [free.length, base.length]));
    this.#base = parameters.constant(tf.tensor1d(base));
  }

  /**
   * @param free float32 [B, F].
   * @returns Logits of all entries, float32 [B, N, N + M]; call inside `tf.tidy`.
   */
  place(free: tf.Tensor2D): tf.Tensor3D {
    return free.matMul(this.#placement).add(this.#base).reshape([free.shape[0], this.#stateCount, this.#width]);
  }
}
