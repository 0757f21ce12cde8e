import type * as tf from "@tensorflow/tfjs";
import {
  applyBatchNormLeakyRelu,
  applyLinear,
  type BatchNorm,
  createBatchNorm,
  createLinear,
  encoderInit,
  type Linear,
  type ParameterSet,
} from "../../tensor/mod.ts";
import type { FeatureLinear, Features } from "./features.ts";

/**
 * Hidden layers of Linear without bias, batch normalisation and leaky ReLU, then a Linear with bias: FCDL's encoder
 * and decoder and NCD's auxiliary network.
 */
export class NormalisedMlp {
  readonly #hidden: readonly { readonly linear: Linear<tf.Rank.R2>; readonly norm: BatchNorm }[];
  readonly #output: Linear<tf.Rank.R2>;
  readonly #first: Linear<tf.Rank.R2>;
  readonly #firstOnFeatures: FeatureLinear;

  constructor(
    parameters: ParameterSet,
    options: { name: string; inputs: number; hidden: readonly number[]; outputs: number },
  ) {
    const { name, hidden, outputs } = options;
    const inputs = [options.inputs, ...hidden];
    this.#hidden = hidden.map((width, k) => ({
      linear: createLinear(parameters, {
        name: `${name}.${k}`,
        inputs: inputs[k]!,
        outputs: width,
        init: encoderInit({ inputs: inputs[k]! }),
        bias: false,
      }),
      norm: createBatchNorm(parameters, { name: `${name}.norm.${k}`, width }),
    }));
    this.#output = createLinear(parameters, {
      name: `${name}.out`,
      inputs: inputs.at(-1)!,
      outputs,
      init: encoderInit({ inputs: inputs.at(-1)! }),
    });
    const first = this.#hidden[0]?.linear ?? this.#output;
    this.#first = first;
    this.#firstOnFeatures = {
      weight: () => first.weight.expandDims(0),
      bias: first.bias,
    };
  }

  /** The first layer as a layer on features; it has a bias only where there is no hidden layer. */
  get firstOnFeatures(): FeatureLinear {
    return this.#firstOnFeatures;
  }

  /**
   * @param input float32 [B, in].
   * @returns float32 [B, out]; call inside `tf.tidy`.
   */
  apply(input: tf.Tensor2D, options: { training: boolean }): tf.Tensor2D {
    return this.#applyAfterFirst(applyLinear(input, this.#first), options);
  }

  /**
   * The same on features side by side, [B, (N + M)·H].
   *
   * @param options.mask Which features are read, float32 [B, 1, N + M] of 0 and 1; null for all.
   */
  applyToFeatures(
    features: Features,
    options: { readonly training: boolean; readonly mask?: tf.Tensor3D | null },
  ): tf.Tensor2D {
    const product = features.linear(this.#firstOnFeatures, options.mask ?? null);
    return this.#applyAfterFirst(product.reshape([product.shape[1], product.shape[2]]), options);
  }

  /**
   * Everything after the product with the first layer's weights.
   *
   * @param product float32 [B, first width].
   * @returns float32 [B, out]; call inside `tf.tidy`.
   */
  #applyAfterFirst(product: tf.Tensor2D, options: { training: boolean }): tf.Tensor2D {
    let value = product;
    this.#hidden.forEach(({ linear, norm }, k) => {
      const sum = k === 0 ? value : applyLinear(value, linear);
      value = applyBatchNormLeakyRelu(sum, norm, options);
    });
    return this.#hidden.length > 0 ? applyLinear(value, this.#output) : value;
  }
}
