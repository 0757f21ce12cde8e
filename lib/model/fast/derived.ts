import * as tf from "@tensorflow/tfjs";
import { type ParameterSet, withoutSystemBlas } from "../../tensor/mod.ts";

/**
 * Something made of a network's weights for many evaluations: made when it is asked for, and made anew once a tensor of
 * the parameter set has changed.
 *
 * A system BLAS has no part in it, not even if it is first asked for within an update: a run that goes on makes it
 * elsewhere, and must get the same numbers.
 */
export class Derived<T> {
  readonly #parameters: ParameterSet;
  readonly #options: { readonly make: () => T; readonly tensorsOf: (made: T) => readonly tf.Tensor[] };
  #kept: { readonly made: T; readonly version: number } | null = null;

  /**
   * @param options.make Called inside `tf.tidy`.
   * @param options.tensorsOf Tensors of what was made that have to be kept and freed, so none of the parameter set's.
   */
  constructor(
    parameters: ParameterSet,
    options: { readonly make: () => T; readonly tensorsOf: (made: T) => readonly tf.Tensor[] },
  ) {
    this.#parameters = parameters;
    this.#options = options;
  }

  /** What the weights as they are give; its tensors stay this object's. */
  get value(): T {
    const { version } = this.#parameters;
    if (this.#kept?.version !== version) {
      this.dispose();
      const { make, tensorsOf } = this.#options;
      tf.tidy(() => {
        const made = withoutSystemBlas(make);
        for (const tensor of tensorsOf(made)) tf.keep(tensor);
        this.#kept = { made, version };
      });
    }
    return this.#kept!.made;
  }

  dispose(): void {
    if (this.#kept) tf.dispose([...this.#options.tensorsOf(this.#kept.made)]);
    this.#kept = null;
  }
}
