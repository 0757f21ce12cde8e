import * as tf from "@tensorflow/tfjs";
import { argmaxOneHot, hardGumbelSoftmax, type Linear, type NoiseSource, type ParameterSet } from "../../tensor/mod.ts";

/** Hard choices among K. */
export interface Choice {
  /** float32 [B, N, K]. */
  readonly oneHot: tf.Tensor3D;
  /** What the largest was taken of, float32 [B, N, K]. */
  readonly scores: tf.Tensor3D;
}

/**
 * Scaled dot-product attention that takes one key: a hard straight-through sample in training, the largest else.
 *
 * @param products Queries times keys, float32 [B, N, K].
 * @param options.width Of queries and keys.
 */
export function choose(
  products: tf.Tensor3D,
  { width, noise }: { width: number; noise: NoiseSource | null },
): Choice {
  const logits = products.div<tf.Tensor3D>(Math.sqrt(width));
  if (!noise) return { oneHot: argmaxOneHot(logits), scores: logits };
  const gumbel = noise.gumbel(logits.shape);
  return { oneHot: hardGumbelSoftmax(logits, gumbel), scores: logits.add(gumbel) };
}

/** A stack of layers that make keys or queries; the published program starts them uniform in ±√width, biases 0. */
export function createSelector(
  parameters: ParameterSet,
  options: { name: string; stack: number; inputs: number; outputs: number },
): Linear<tf.Rank.R3> {
  const { name, stack, inputs, outputs } = options;
  return {
    weight: parameters.parameter(`${name}.weight`, {
      shape: [stack, inputs, outputs],
      init: { kind: "uniform", bound: Math.sqrt(outputs) },
    }),
    bias: parameters.parameter(`${name}.bias`, { shape: [stack, 1, outputs], init: { kind: "constant", value: 0 } }),
  };
}
