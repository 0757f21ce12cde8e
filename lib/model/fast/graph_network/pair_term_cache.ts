import * as tf from "@tensorflow/tfjs";
import { withoutSystemBlas } from "../../../tensor/mod.ts";
import { type CategoryPairs, NO_ROW } from "./category_pairs.ts";

/** What {@link PairTermCache} computes terms of. */
export interface PairTermOptions {
  readonly pairs: CategoryPairs;
  /** Term of each category, float32 [R, H]; the cache's from now on. */
  readonly ownTerms: tf.Tensor2D;
  /** Terms [X, H] of pairs whose ends are [2, X], see {@link CategoryPairs.ends}. */
  readonly compute: (ends: tf.Tensor2D) => tf.Tensor2D;
  /** What `compute` reads; the cache's from now on. */
  readonly tensors: readonly tf.Tensor[];
}

/**
 * Terms of categories and pairs in evaluation, of the weights as they are. A plan meets few of all pairs: a pair's term
 * is computed when it comes up first.
 */
export class PairTermCache {
  readonly learning = null;
  readonly ownTerms: tf.Tensor2D;
  /** Row of each pair's term, or {@link NO_ROW}, by receiver category · R + sender category. */
  readonly rowOf: Int32Array;
  readonly #options: PairTermOptions;
  #pairTerms: tf.Tensor2D | null = null;

  constructor(options: PairTermOptions) {
    this.#options = options;
    this.ownTerms = options.ownTerms;
    this.rowOf = new Int32Array(options.pairs.categoryCount ** 2).fill(NO_ROW);
  }

  /**
   * Terms of all pairs of some nodes' categories and of pairs before, float32 [X, H]; this cache's.
   *
   * @param categories [N, B].
   */
  termsOf(categories: Int32Array, options: { readonly batch: number }): tf.Tensor2D {
    const { pairs, compute } = this.#options;
    const known = this.#pairTerms;
    const wanted: number[] = [];
    let rows = known?.shape[0] ?? 0;
    pairs.visit(categories, options, ({ key }) => {
      if (this.rowOf[key] !== NO_ROW) return;
      this.rowOf[key] = rows++;
      wanted.push(key);
    });
    if (wanted.length === 0) return known!;
    try {
      this.#pairTerms = tf.tidy(() => {
        const terms = withoutSystemBlas(() => compute(pairs.endsOf(wanted)));
        return tf.keep(known ? tf.concat([known, terms], 0) : terms);
      });
    } catch (error) {
      for (const key of wanted) this.rowOf[key] = NO_ROW;
      throw error;
    }
    known?.dispose();
    return this.#pairTerms;
  }

  /** Tensors that it holds now; to be kept from its beginning on, and freed in the end. */
  get tensors(): readonly tf.Tensor[] {
    return [this.ownTerms, ...this.#options.tensors, ...(this.#pairTerms ? [this.#pairTerms] : [])];
  }
}
