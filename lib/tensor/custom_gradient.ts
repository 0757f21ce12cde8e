import * as tf from "@tensorflow/tfjs";

/** An operation with a gradient of its own. */
export interface CustomGradient<
  Inputs extends readonly tf.Tensor[],
  Value extends tf.Tensor,
  Saved extends readonly tf.Tensor[],
> {
  /** Computes the value, and says which tensors the gradient needs: all others are gone by then, inputs too. */
  forward(...inputs: Inputs): { readonly value: Value; readonly saved: readonly [...Saved] };
  /** The gradient of each input, in order. */
  gradient(dy: Value, saved: Saved): { readonly [Place in keyof Inputs]: tf.Tensor };
}

/** `tf.customGrad` with types; see there. */
export function customGradient<
  Inputs extends readonly tf.Tensor[],
  Value extends tf.Tensor,
  Saved extends readonly tf.Tensor[],
>(inputs: readonly [...Inputs], operation: CustomGradient<Inputs, Value, Saved>): Value {
  const run = tf.customGrad((...args) => {
    const save = args.at(-1) as unknown as tf.GradSaveFunc;
    const { value, saved } = operation.forward(...args.slice(0, -1) as unknown as Inputs);
    save([...saved]);
    return {
      value,
      gradFunc: (dy, saved) => [...operation.gradient(dy as Value, saved as unknown as Saved)] as tf.Tensor[],
    };
  });
  return run(...inputs) as Value;
}
