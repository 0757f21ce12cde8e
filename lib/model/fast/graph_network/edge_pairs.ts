import * as tf from "@tensorflow/tfjs";
import { gatherSum, linear } from "../../../tensor/mod.ts";
import type { GraphNetwork } from "../../graph_network/graph_network.ts";
import { applyToValues } from "../../variable_layers.ts";
import type { Factored } from "../../variable_groups.ts";
import { applyHidden, edgeInputs, embeddingsThrough, type LayerPart } from "./merged_layers.ts";

/**
 * The edge network's last hidden layer on every ordered pair of different nodes, summed over each receiver's senders. Two
 * of its layers need no pairs: the first is a sum of a term a node, and the last is linear, so it comes after this sum.
 *
 * @param state A tensor a group [n, B, w], of at least two variables.
 * @returns float32 [N, B, H]; call inside `tf.tidy`.
 */
export function hiddenSums(network: GraphNetwork, state: Factored): tf.Tensor3D {
  const { receiver, sender } = edgeInputs(network);
  const termsOf = (part: LayerPart) => applyToValues(state, embeddingsThrough(network, part));
  const [receivers, senders] = [termsOf(receiver), termsOf(sender)];
  const [count, batch, width] = receivers.shape;
  const rows = count * batch;
  const terms: tf.Tensor2D = tf.concat([
    receivers.reshape<tf.Tensor2D>([rows, width]),
    senders.reshape([rows, width]),
  ], 0);
  const pairs = gatherSum(terms, pairIndex(count, batch)).relu<tf.Tensor2D>();
  const hidden = applyHidden(pairs, network.edge.slice(1, -1));
  return hidden.reshape([count - 1, rows, -1]).sum(0).reshape([count, batch, -1]);
}

/** Summed messages from summed hidden values: [N, B, H] to [N·B, edge width]; call inside `tf.tidy`. */
export function messagesOf({ edge }: GraphNetwork, hiddenSums: tf.Tensor3D): tf.Tensor2D {
  const [count, batch, width] = hiddenSums.shape;
  const { weight, bias } = edge.at(-1)!;
  const layer = { weight, bias: bias!.mul(count - 1) };
  return linear(hiddenSums.reshape([count * batch, width]), layer);
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
