import * as tf from "@tensorflow/tfjs";
import { createLinear, gatherSum, type Linear, linear, type ParameterSet, plainInit } from "../../tensor/mod.ts";

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

  get messageWidth(): number {
    return this.#last.weight.shape[1]!;
  }

  /** The first layer by its input, the receiver's with the bias; call inside `tf.tidy`. */
  get first(): { readonly receiver: FirstHalf; readonly sender: FirstHalf } {
    const { weight, bias } = this.#first;
    const half = (index: 0 | 1) =>
      (weight as tf.Tensor).slice([index * this.#nodeWidth, 0], [this.#nodeWidth, weight.shape[1]!]) as tf.Tensor2D;
    return { receiver: { weight: half(0), bias }, sender: { weight: half(1), bias: null } };
  }

  /**
   * Last hidden layer's values summed over each receiver's senders.
   *
   * @param terms What each node adds to the first layer before ReLU, float32 [N, B, H_1]; N is at least 2.
   * @returns float32 [N, B, H]; call inside `tf.tidy`.
   */
  hiddenSums({ receivers, senders }: PairTerms): tf.Tensor3D {
    const [count, batch, width] = receivers.shape;
    const rows = count * batch;
    const terms: tf.Tensor2D = tf.concat([
      receivers.reshape<tf.Tensor2D>([rows, width]),
      senders.reshape([rows, width]),
    ], 0);
    const pairs = gatherSum(terms, pairIndex(count, batch)).relu();
    const hidden = this.middle.reduce<tf.Tensor>((value, layer) => linear(value, layer, { activation: "relu" }), pairs);
    return hidden.reshape([count - 1, rows, -1]).sum(0).reshape([count, batch, -1]);
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
}

/** Weights [W, H_1] of one of the first layer's two inputs. */
export interface FirstHalf {
  readonly weight: tf.Tensor2D;
  readonly bias: tf.Tensor | null;
}

/** What each node adds to the first layer before ReLU, as receiver and as sender; float32 [N, B, H_1]. */
export interface PairTerms {
  readonly receivers: tf.Tensor3D;
  readonly senders: tf.Tensor3D;
}

/** Rows of receiver and, after all receivers' rows, of sender; int32 [2, (N - 1)·N·B]. Part d: senders d + 1 further. */
function pairIndex(count: number, batch: number): tf.Tensor2D {
  const rows = count * batch;
  const pairs = (count - 1) * rows;
  const index = new Int32Array(2 * pairs);
  for (let pair = 0; pair < pairs; pair++) {
    const receiver = pair % rows;
    const distance = Math.floor(pair / rows) + 1;
    index[pair] = receiver;
    index[pairs + pair] = rows + (receiver + distance * batch) % rows;
  }
  return tf.tensor2d(index, [2, pairs], "int32");
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
