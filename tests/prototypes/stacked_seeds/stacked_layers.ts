import * as tf from "@tensorflow/tfjs";
import { LEAKY_SLOPE, linear } from "../../../lib/tensor/mod.ts";

/** Looks a stacked tensor up by its name in the single model, such as `encoder.norm.0.scale`. */
export type Weights = (name: string) => tf.Variable;

const MOMENTUM = 0.1;
const EPSILON = 1e-5;

/**
 * Batch normalisation of each seed over its own batch in training: lib/tensor/layers.ts with a leading seed axis.
 *
 * @param input float32 [S, B, W]; scale, shift and statistics are [S, 1, W].
 * @returns float32 [S, B, W]; call inside `tf.tidy`.
 */
export function stackedBatchNorm(input: tf.Tensor, weights: Weights, name: string): tf.Tensor {
  return tf.customGrad((...inputs) => {
    const [x, scale, shift, save] = inputs as unknown as [tf.Tensor, tf.Tensor, tf.Tensor, tf.GradSaveFunc];
    const batch = x.shape[1]!;
    const mean = x.mean(1, true);
    const centred = x.sub(mean);
    const variance = centred.square().mean(1, true);
    const inverse = tf.rsqrt(variance.add(EPSILON));
    const normal = centred.mul(inverse);
    tf.tidy(() => {
      move(weights(`${name}.mean`), mean);
      move(weights(`${name}.variance`), variance.mul(batch / Math.max(batch - 1, 1)));
    });
    save([normal, inverse, scale]);
    return {
      value: normal.mul(scale).add(shift),
      gradFunc: (dy, [normal, inverse, scale]) => {
        const dShift = dy.sum(1, true);
        const dScale = dy.mul(normal!).sum(1, true);
        const inner = dy.sub(dShift.div(batch)).sub(normal!.mul(dScale.div(batch)));
        return [inner.mul(scale!.mul(inverse!)), dScale, dShift];
      },
    };
  })(input, weights(`${name}.scale`), weights(`${name}.shift`));
}

function move(average: tf.Variable, value: tf.Tensor): void {
  average.assign(average.mul(1 - MOMENTUM).add(value.mul(MOMENTUM)));
}

/**
 * What follows the product with the first layer's weights in a stack of lib/model/masked/normalised_mlp.ts.
 *
 * @param product float32 [S, B, first width].
 * @param options.hidden Number of hidden layers, at least one.
 * @returns float32 [S, B, out]; call inside `tf.tidy`.
 */
export function afterFirst(
  product: tf.Tensor,
  options: { readonly weights: Weights; readonly name: string; readonly hidden: number },
): tf.Tensor3D {
  const { weights, name, hidden } = options;
  let value = product;
  for (let k = 0; k < hidden; k++) {
    const sum = k === 0 ? value : linear(value, { weight: weights(`${name}.${k}.weight`), bias: null });
    value = stackedBatchNorm(sum, weights, `${name}.norm.${k}`).leakyRelu(LEAKY_SLOPE);
  }
  return linear(value, layerOf(weights, `${name}.out`)) as tf.Tensor3D;
}

/** Weight and bias of a stacked layer. */
export function layerOf(weights: Weights, name: string): { weight: tf.Variable; bias: tf.Variable } {
  return { weight: weights(`${name}.weight`), bias: weights(`${name}.bias`) };
}
