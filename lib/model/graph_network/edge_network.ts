import * as tf from "@tensorflow/tfjs";
import { createLinear, type Linear, plainInit } from "../../tensor/layers.ts";
import { linear } from "../../tensor/ops/linear.ts";
import type { ParameterSet } from "../../tensor/parameters.ts";

/**
 * One network on every ordered pair [receiver, sender] of different nodes, its outputs summed a receiver. Two of its
 * layers need no pairs: the first is a sum of a term a node, and the last is linear, so it comes after the sum.
 */
export class EdgeNetwork {
  /** The layers between the first and the last. */
  readonly middle: readonly Linear[];
  readonly #first: Linear;
  readonly #last: Linear;
  readonly #nodeWidth: number;

  /**
   * @param options.nodeWidth W.
   * @param options.hidden Widths of the hidden layers, each followed by ReLU; the last is H.
   * @param options.outputs Width of a message.
   */
  constructor(
    parameters: ParameterSet,
    options: { nodeWidth: number; hidden: readonly number[]; outputs: number },
  ) {
    const { nodeWidth, hidden, outputs } = options;
    const layers = createLayers(parameters, { name: "edge", widths: [2 * nodeWidth, ...hidden, outputs] });
    this.#nodeWidth = nodeWidth;
    this.#first = layers[0]!;
    this.middle = layers.slice(1, -1);
    this.#last = layers.at(-1)!;
  }

  /** The receivers' half of the first layer, without bias: [X, W] to [X, H1]. */
  receiving(nodes: tf.Tensor2D): tf.Tensor2D {
    return tf.matMul(nodes, this.#half(0));
  }

  /** The senders' half of the first layer, without bias: [X, W] to [X, H1]. */
  sending(nodes: tf.Tensor2D): tf.Tensor2D {
    return tf.matMul(nodes, this.#half(1));
  }

  /** Bias of the first layer, [H1]. */
  get firstBias(): tf.Tensor {
    return this.#first.bias!;
  }

  /**
   * Last hidden layer's values summed over each receiver's senders.
   *
   * @param nodes Embeddings, float32 [N, B, W]; N is at least 2.
   * @returns float32 [N, B, H]; call inside `tf.tidy`.
   */
  hiddenSums(nodes: tf.Tensor3D): tf.Tensor3D {
    const [count, batch, width] = nodes.shape;
    const rows = nodes.reshape<tf.Tensor2D>([count * batch, width]);
    const receivers = this.receiving(rows).add(this.firstBias).reshape([1, count, batch, -1]);
    const senders = this.sending(rows).reshape([count, batch, -1]);
    // Entry [d, i] holds the sender that stands d + 1 places after receiver i.
    const twice = tf.concat([senders, senders], 0);
    const turned = tf.stack(
      Array.from({ length: count - 1 }, (_, d) => twice.slice([d + 1, 0, 0], [count, batch, senders.shape[2]!])),
    );
    const pairs = receivers.add(turned).relu().reshape([(count - 1) * count * batch, -1]);
    const hidden = this.middle.reduce((value, layer) => linear(value, layer, { activation: "relu" }), pairs);
    return hidden.reshape([count - 1, count * batch, -1]).sum(0).reshape([count, batch, -1]);
  }

  /** Summed messages from summed hidden values: [N, B, H] to [N·B, edge width]. */
  messages(hiddenSums: tf.Tensor3D): tf.Tensor2D {
    const [count, batch, width] = hiddenSums.shape;
    const bias = this.#last.bias!.mul(count - 1);
    return linear(hiddenSums.reshape([count * batch, width]), { weight: this.#last.weight, bias }) as tf.Tensor2D;
  }

  /** The last layer followed by another one's weights for messages [edge width, X]: from hidden values [H] to [X]. */
  lastThrough(weights: tf.Tensor2D): { readonly weight: tf.Tensor2D; readonly bias: tf.Tensor1D } {
    const { weight, bias } = this.#last;
    return {
      weight: tf.matMul(weight as tf.Tensor as tf.Tensor2D, weights),
      bias: tf.matMul(bias!.reshape<tf.Tensor2D>([1, -1]), weights).flatten(),
    };
  }

  #half(index: 0 | 1): tf.Tensor2D {
    const [, outputs] = this.#first.weight.shape as [number, number];
    return this.#first.weight.slice<tf.Tensor<tf.Rank>>([index * this.#nodeWidth, 0], [this.#nodeWidth, outputs])
      .as2D(this.#nodeWidth, outputs);
  }
}

/** Linear layers `name.0`, `name.1`, … with PyTorch's start values. */
export function createLayers(
  parameters: ParameterSet,
  options: { name: string; widths: readonly number[] },
): readonly Linear[] {
  const { name, widths } = options;
  return widths.slice(1).map((outputs, k) =>
    createLinear(parameters, {
      name: `${name}.${k}`,
      inputs: widths[k]!,
      outputs,
      init: plainInit({ inputs: widths[k]! }),
    })
  );
}
