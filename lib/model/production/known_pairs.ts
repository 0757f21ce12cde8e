import * as tf from "@tensorflow/tfjs";
import { KeyTable } from "../../core/key_table.ts";
import type { Factored } from "../variable_runs.ts";

/**
 * What all rules make of each distinct pair [variable, context], computed once while weights stay as they are. On exact
 * one-hots the pair is known by two variables and their categories, and there are far fewer than rows.
 */
export class KnownPairs {
  readonly #keys = new KeyTable(1);
  /** float32 [distinct pairs, outputs], in the caller's tidy scope. */
  #outputs: tf.Tensor2D | null = null;

  /**
   * Outputs of all pairs met so far and where each row's stand.
   *
   * @param keys Number of each row's pair, see {@link pairNumbers}; [R].
   * @param compute Gives the outputs of some rows, int32 [X], [X, outputs].
   * @returns `outputs` and `place`, int32 [R]; call inside the `tf.tidy` of the update.
   */
  outputs(
    keys: Int32Array,
    compute: (rows: tf.Tensor1D) => tf.Tensor2D,
  ): { readonly outputs: tf.Tensor2D; readonly place: tf.Tensor1D } {
    const added: number[] = [];
    const place = keys.map((_, row) => {
      const known = this.#keys.size;
      const number = this.#keys.numberOf(keys.subarray(row));
      if (number === known) added.push(row);
      return number;
    });
    if (added.length > 0) {
      const outputs = compute(tf.tensor1d(added, "int32"));
      this.#outputs = this.#outputs ? tf.concat([this.#outputs, outputs], 0) : outputs;
    }
    return { outputs: this.#outputs!, place: tf.tensor1d(place, "int32") };
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
