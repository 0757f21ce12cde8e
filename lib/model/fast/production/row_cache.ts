import * as tf from "@tensorflow/tfjs";
import { maxOf } from "../../../core/extremes.ts";
import { KeyTable } from "../../../core/key_table.ts";
import type { Factored } from "../../variable_groups.ts";

/** Words of a row's key: variable and category, context and category, rule. */
const KEY_WORDS = 3;

/**
 * What was computed of distinct rows, each once while weights stay as they are. On exact one-hots a row is known by the
 * categories of two variables and a rule, and there are far fewer such rows than an update has.
 */
export class RowCache {
  #keys = new KeyTable(KEY_WORDS);
  /** Of the distinct rows in order, in the tidy scope of the update. */
  #results: (readonly tf.Tensor2D[])[] = [];

  /**
   * Results of all distinct rows met so far and where each row's stand; call inside the `tf.tidy` of the update.
   *
   * @param keys Of each row, see {@link rowKeys}; [R, 3].
   * @param compute Gives the results of some of the rows, in order: tensors [X, width]. Or null, if these are too
   *   many: then all is forgotten.
   * @returns `results`, by what `compute` gives, pieces that follow one another; `place`, [R]. Null if `compute` gives
   *   that.
   */
  lookUp(
    keys: Int32Array,
    compute: (rows: readonly number[]) => readonly tf.Tensor2D[] | null,
  ): { readonly results: readonly (readonly tf.Tensor2D[])[]; readonly place: Int32Array } | null {
    const added: number[] = [];
    const place = new Int32Array(keys.length / KEY_WORDS);
    for (let row = 0; row < place.length; row++) {
      const known = this.#keys.size;
      place[row] = this.#keys.numberOf(keys.subarray(row * KEY_WORDS));
      if (place[row] === known) added.push(row);
    }
    if (added.length > 0) {
      const computed = compute(added);
      if (!computed) {
        this.#keys = new KeyTable(KEY_WORDS);
        this.#results = [];
        return null;
      }
      this.#results.push(computed);
    }
    const [first = []] = this.#results;
    return { results: first.map((_, k) => this.#results.map((results) => results[k]!)), place };
  }
}

/** Keys of some rows. */
export function keysOf(keys: Int32Array, rows: Int32Array): Int32Array {
  const some = new Int32Array(rows.length * KEY_WORDS);
  rows.forEach((row, k) => some.set(keys.subarray(row * KEY_WORDS, (row + 1) * KEY_WORDS), k * KEY_WORDS));
  return some;
}

/**
 * A key for each row: equal keys have equal variables, contexts, categories of both, and rules. Reads the device.
 *
 * @param input.state, input.action Exact one-hots, a tensor a group.
 * @param choices One-hots of each row's rule [B, N, G] and context [B, N, M + N], action variables first; float32.
 * @returns [B · N, 3].
 */
export function rowKeys(
  { state, action }: { readonly state: Factored; readonly action: Factored },
  choices: { readonly rule: tf.Tensor3D; readonly context: tf.Tensor3D },
): Int32Array {
  const [batch, count, contexts] = choices.context.shape;
  const indices = (oneHot: tf.Tensor3D) => tf.tidy(() => oneHot.argMax(-1).dataSync<"int32">());
  const most = maxOf([...action, ...state].map((part) => part.shape[2]));
  const categories = new Int32Array(contexts * batch);
  [...action, ...state].map(indices).reduce((at, part) => {
    categories.set(part, at);
    return at + part.length;
  }, 0);
  const rule = indices(choices.rule);
  const context = indices(choices.context);
  const keys = new Int32Array(batch * count * KEY_WORDS);
  for (let row = 0; row < batch * count; row++) {
    const b = Math.floor(row / count);
    const own = row % count + contexts - count;
    const other = context[row]!;
    keys[row * KEY_WORDS] = own * most + categories[own * batch + b]!;
    keys[row * KEY_WORDS + 1] = other * most + categories[other * batch + b]!;
    keys[row * KEY_WORDS + 2] = rule[row]!;
  }
  return keys;
}
