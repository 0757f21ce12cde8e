import * as tf from "@tensorflow/tfjs";
import { KeyTable } from "../../core/key_table.ts";
import type { Factored } from "../variable_runs.ts";

/**
 * What all rules make of each distinct pair [variable, context], computed once while weights stay as they are. On exact
 * one-hots the pair is known by two variables and their categories, and there are far fewer than rows.
 */
export class KnownPairs {
  readonly #keys = new KeyTable(1);
  /** Of all pairs, in order, in the tidy scope of the update. */
  readonly #outputs: tf.Tensor2D[] = [];

  /**
   * Outputs of all pairs met so far and where each row's stand.
   *
   * @param numbers Number of each row's pair, see {@link pairNumbers}; [R].
   * @param compute Gives the outputs of some of the rows, in order, [X, outputs].
   * @returns `outputs`, whose rows follow one another, and `place`, [R]; call inside the `tf.tidy` of the update.
   */
  outputs(
    numbers: Int32Array,
    compute: (rows: readonly number[]) => tf.Tensor2D,
  ): { readonly outputs: readonly tf.Tensor2D[]; readonly place: Int32Array } {
    const added: number[] = [];
    const place = numbers.map((_, row) => {
      const known = this.#keys.size;
      const key = this.#keys.numberOf(numbers.subarray(row));
      if (key === known) added.push(row);
      return key;
    });
    if (added.length > 0) this.#outputs.push(compute(added));
    return { outputs: this.#outputs, place };
  }
}

/**
 * A number for each row's pair: equal numbers have equal variables, contexts and categories of both. Reads the device.
 *
 * @param input.state, input.action Exact one-hots, a tensor a run.
 * @param context Each row's context: action variables first, then state variables; float32 [B, N, M + N].
 * @returns [B · N].
 */
export function pairNumbers(
  { state, action }: { readonly state: Factored; readonly action: Factored },
  context: tf.Tensor3D,
): Int32Array {
  const [batch, count, contexts] = context.shape;
  const categories = [...action, ...state].map((part) => tf.tidy(() => part.argMax(-1).dataSync<"int32">()));
  const most = Math.max(...[...action, ...state].map((part) => part.shape[2]));
  const values = new Int32Array(contexts * batch);
  categories.reduce((at, part) => {
    values.set(part, at);
    return at + part.length;
  }, 0);
  const chosen = tf.tidy(() => context.argMax(-1).dataSync<"int32">());
  return Int32Array.from({ length: batch * count }, (_, row) => {
    const b = Math.floor(row / count);
    const variable = row % count;
    const ownValue = values[(contexts - count + variable) * batch + b]!;
    const contextValue = values[chosen[row]! * batch + b]!;
    return ((variable * most + ownValue) * contexts + chosen[row]!) * most + contextValue;
  });
}
