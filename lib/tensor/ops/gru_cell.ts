import * as tf from "@tensorflow/tfjs";

/**
 * Gated recurrent cell: `r = σ(a_r + b_r)`, `z = σ(a_z + b_z)`, `n = tanh(a_n + r·b_n)`, `h' = n + z·(h - n)`, gates in
 * the order reset, update, new, as in PyTorch. Plain operations; chains of cells on categories are faster with
 * `gruChains`.
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
