import * as tf from "@tensorflow/tfjs";

/** A table of gates, and what it was made of. */
export interface GateTable {
  /** float32 [k, c, 3H]: the input part of k targets' gates in each category. */
  readonly table: tf.Tensor3D;
  /** float32 [k, H, 3H]; read only for the gradient of the one-hot. */
  readonly inputWeight: tf.Tensor3D;
  /** The variable's embedding, weight [1, c, H] and bias [1, 1, H]; read only for the gradient of the one-hot. */
  readonly embedding: { readonly weight: tf.Tensor3D; readonly bias: tf.Tensor3D };
  /** Whether a gradient must reach the one-hot. */
  readonly learnsInput: boolean;
}

/**
 * Input part of k targets' gates for exact one-hots: rows of a table. The gradient that reaches the one-hot is that of
 * `relu(x W + b)` and the gates' product, not the table's.
 *
 * @param oneHot float32 [1, B, c].
 * @returns float32 [k, B, 3H]; the caller disposes it.
 */
export function lookUpGates(oneHot: tf.Tensor3D, options: GateTable): tf.Tensor3D {
  const { learnsInput } = options;
  const rest = [options.inputWeight, options.embedding.weight, options.embedding.bias];
  const operands = learnsInput ? [options.table, oneHot] : [options.table];
  return tf.customGrad((...args) => {
    const save = args.at(-1) as unknown as tf.GradSaveFunc;
    save([oneHot, ...(learnsInput ? rest : [])]);
    return {
      value: tf.matMul(oneHot, options.table),
      gradFunc: (dy, saved) => {
        const [x, inputWeight, weight, bias] = saved as [tf.Tensor3D, tf.Tensor3D, tf.Tensor3D, tf.Tensor3D];
        const dTable = tf.matMul(x, dy as tf.Tensor3D, true, false);
        if (!learnsInput) return [dTable];
        const isActive = tf.matMul(x, weight).add(bias).greater(0).cast("float32");
        const dEmbedding = tf.matMul(dy as tf.Tensor3D, inputWeight, false, true).sum(0, true).mul(isActive);
        return [dTable, tf.matMul(dEmbedding as tf.Tensor3D, weight, false, true)];
      },
    };
  })(...operands) as tf.Tensor3D;
}
