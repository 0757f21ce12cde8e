import * as tf from "@tensorflow/tfjs";

/**
 * The gradients of a loss. What the tape keeps is freed even if something on the way fails; TensorFlow.js by itself frees
 * it only after a backward pass.
 *
 * @param loss Called once, on the tape and inside `tf.tidy`.
 * @returns One a variable, in order, null where none arrives; the caller disposes them.
 */
export function variableGradients(
  loss: () => tf.Scalar,
  variables: readonly tf.Variable[],
): readonly (tf.Tensor | null)[] {
  let gradients: readonly (tf.Tensor | null)[] = [];
  try {
    tf.tidy(() => {
      const { grads } = tf.variableGrads(loss, [...variables]);
      // They come by the variables' global names.
      gradients = variables.map(({ name }) => grads[name] ? tf.keep(grads[name]) : null);
    });
    return gradients;
  } catch (error) {
    freeTape();
    throw error;
  }
}

/** Frees what operations saved for a backward pass that does not come; within another tape that one frees it. */
function freeTape(): void {
  const { state } = tf.engine();
  if (state.gradientDepth > 0) return;
  for (const { saved } of state.activeTape ?? []) tf.dispose(saved ?? []);
  state.activeTape = [];
}
