import type * as tf from "@tensorflow/tfjs";
import {
  applyBatchNorm,
  applyLinear,
  type BatchNorm,
  createBatchNorm,
  createLinear,
  encoderInit,
  LEAKY_SLOPE,
  type Linear,
} from "../../tensor/layers.ts";
import type { ParameterSet } from "../../tensor/parameters.ts";

/**
 * Hidden layers of Linear without bias, batch normalisation and leaky ReLU, then a Linear with bias: FCDL's encoder
 * and decoder and NCD's auxiliary network.
 */
export class NormalisedMlp {
  readonly #hidden: readonly { linear: Linear; norm: BatchNorm }[];
  readonly #output: Linear;

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
  }

  /**
   * @param input float32 [B, in].
   * @returns float32 [B, out]; call inside `tf.tidy`.
   */
  apply(input: tf.Tensor2D, options: { training: boolean }): tf.Tensor2D {
    let hidden: tf.Tensor = input;
    for (const { linear, norm } of this.#hidden) {
      hidden = applyBatchNorm(applyLinear(hidden, linear), norm, options).leakyRelu(LEAKY_SLOPE);
    }
    return applyLinear(hidden, this.#output) as tf.Tensor2D;
  }
}
