import * as tf from "@tensorflow/tfjs";
import type { ParameterSet } from "../../tensor/parameters.ts";

/** Weights of a stack of N gated recurrent units, gates in the order reset, update, new, as in PyTorch. */
export interface GruStack {
  /** float32 [N, in, 3H] */
  readonly inputWeight: tf.Tensor3D;
  /** float32 [N, 1, 3H] */
  readonly inputBias: tf.Tensor3D;
  /** float32 [N, H, 3H] */
  readonly hiddenWeight: tf.Tensor3D;
  /** float32 [N, 1, 3H] */
  readonly hiddenBias: tf.Tensor3D;
}

/** Makes a stack of N units of width H on inputs of width H; uniform ±1/√H, as in PyTorch. */
export function createGruStack(
  parameters: ParameterSet,
  options: { name: string; stack: number; width: number },
): GruStack {
  const { name, stack, width } = options;
  const init = { kind: "uniform", bound: 1 / Math.sqrt(width) } as const;
  const create = (part: string, rows: number) =>
    parameters.parameter(`${name}.${part}`, { shape: [stack, rows, 3 * width], init }) as tf.Tensor as tf.Tensor3D;
  return {
    inputWeight: create("input.weight", width),
    inputBias: create("input.bias", 1),
    hiddenWeight: create("hidden.weight", width),
    hiddenBias: create("hidden.bias", 1),
  };
}

/** Units `first` to `first + count - 1` of a stack; call inside `tf.tidy`. */
export function sliceGruStack(stack: GruStack, { first, count }: { first: number; count: number }): GruStack {
  const part = (tensor: tf.Tensor3D) => tensor.slice([first, 0, 0], [count, -1, -1]);
  return {
    inputWeight: part(stack.inputWeight),
    inputBias: part(stack.inputBias),
    hiddenWeight: part(stack.hiddenWeight),
    hiddenBias: part(stack.hiddenBias),
  };
}

/**
 * The cell: `r = σ(a_r + b_r)`, `z = σ(a_z + b_z)`, `n = tanh(a_n + r·b_n)`, `h' = n + z·(h - n)`.
 *
 * @param fromInput a, float32 [N, B, 3H], the input's product with its weights and bias.
 * @param fromHidden b, float32 [N, B, 3H], the same of the hidden state.
 * @param hidden h, float32 [N, B, H].
 * @returns h', float32 [N, B, H]; the caller disposes it.
 */
export function gruCell(fromInput: tf.Tensor3D, fromHidden: tf.Tensor3D, hidden: tf.Tensor3D): tf.Tensor3D {
  return tf.customGrad((...args) => {
    const [a, b, h, save] = args as unknown as [tf.Tensor3D, tf.Tensor3D, tf.Tensor3D, tf.GradSaveFunc];
    const width = h.shape[2];
    const [ar, az, an] = tf.split(a, 3, -1) as [tf.Tensor, tf.Tensor, tf.Tensor];
    const [br, bz, bn] = tf.split(b, [width, width, width], -1) as [tf.Tensor, tf.Tensor, tf.Tensor];
    const r = ar.add(br).sigmoid();
    const z = az.add(bz).sigmoid();
    const n = an.add(r.mul(bn)).tanh();
    save([r, z, n, bn, h]);
    return {
      value: n.add(z.mul(h.sub(n))),
      gradFunc: (dy, saved) => {
        const [r, z, n, bn, h] = saved as [tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor];
        const dh = dy.mul(z);
        const dn = dy.sub(dh).mul(tf.sub(1, n.square()));
        const dz = dh.mul(h.sub(n)).mul(tf.sub(1, z));
        const dbn = dn.mul(r);
        const dr = dbn.mul(bn).mul(tf.sub(1, r));
        return [tf.concat([dr, dz, dn], -1), tf.concat([dr, dz, dbn], -1), dh];
      },
    };
  })(fromInput, fromHidden, hidden) as tf.Tensor3D;
}
