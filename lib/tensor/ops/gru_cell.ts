import * as tf from "@tensorflow/tfjs";
import { customGradient } from "../custom_gradient.ts";

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
  return customGradient([fromInput, fromHidden, hidden], {
    forward(a, b, h) {
      const width = h.shape[2];
      const [ar, az, an] = tf.split(a, 3, -1) as [tf.Tensor3D, tf.Tensor3D, tf.Tensor3D];
      const [br, bz, bn] = tf.split(b, [width, width, width], -1) as [tf.Tensor3D, tf.Tensor3D, tf.Tensor3D];
      const r = ar.add<tf.Tensor3D>(br).sigmoid();
      const z = az.add<tf.Tensor3D>(bz).sigmoid();
      const n = an.add<tf.Tensor3D>(r.mul(bn)).tanh();
      return { value: n.add<tf.Tensor3D>(z.mul(h.sub(n))), saved: [r, z, n, bn, h] };
    },
    gradient(dy, [r, z, n, bn, h]) {
      const dh = dy.mul(z);
      const dn = dy.sub(dh).mul(tf.sub(1, n.square()));
      const dz = dh.mul(h.sub(n)).mul(tf.sub(1, z));
      const dbn = dn.mul(r);
      const dr = dbn.mul(bn).mul(tf.sub(1, r));
      return [tf.concat([dr, dz, dn], -1), tf.concat([dr, dz, dbn], -1), dh];
    },
  });
}
