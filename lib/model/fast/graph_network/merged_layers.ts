import * as tf from "@tensorflow/tfjs";
import { type Linear, linear, type LinearWeights } from "../../../tensor/mod.ts";
import type { GraphNetwork } from "../../graph_network/graph_network.ts";

// Linear layers of a graph network between which nothing stands, as one. All is on the tape of an update; call inside
// `tf.tidy`.

/** The part of a layer that reads one of its inputs: rows of its weights [w, X], and the bias [X] or null. */
export interface LayerPart {
  readonly weight: tf.Tensor2D;
  readonly bias: tf.Tensor | null;
}

/** A stack of linear layers. */
export interface StackedWeights extends LinearWeights<tf.Rank.R3> {
  /** float32 [n, w, X]. */
  readonly weight: tf.Tensor3D;
  /** float32 [n, 1, X]. */
  readonly bias: tf.Tensor3D;
}

/** The edge network's first layer by its input, the receiver's with the bias. */
export function edgeInputs({ edge }: GraphNetwork): { readonly receiver: LayerPart; readonly sender: LayerPart } {
  const first = edge[0]!;
  const width = first.weight.shape[0]! / 2;
  return {
    receiver: { weight: rowsOf(first, 0, width), bias: first.bias },
    sender: { weight: rowsOf(first, width, width), bias: null },
  };
}

/** The node network's first layer by its inputs, the embedding's with the bias. */
export function nodeInputs({ node, edge, groups: { actionWidth } }: GraphNetwork): {
  readonly embedding: LayerPart;
  readonly action: tf.Tensor2D;
  readonly message: tf.Tensor2D;
} {
  const first = node[0]!;
  const message = edge.at(-1)!.weight.shape[1]!;
  const width = first.weight.shape[0]! - actionWidth - message;
  return {
    embedding: { weight: rowsOf(first, 0, width), bias: first.bias },
    action: rowsOf(first, width, actionWidth),
    message: rowsOf(first, width + actionWidth, message),
  };
}

/** Embeddings followed by a layer's part that reads them, on the few columns of a variable: a stack a group. */
export function embeddingsThrough({ embedders }: GraphNetwork, { weight, bias }: LayerPart): readonly StackedWeights[] {
  const product = (rows: tf.Tensor) => {
    const [count, height, width] = rows.shape as [number, number, number];
    return tf.matMul(rows.reshape([count * height, width]), weight).reshape<tf.Tensor3D>([count, height, -1]);
  };
  return embedders.map((layer) => {
    const shift = product(layer.bias!);
    return { weight: product(layer.weight), bias: bias ? shift.add<tf.Tensor3D>(bias) : shift };
  });
}

/** The edge network's last layer followed by weights for messages [edge width, X]: from hidden values [H] to [X]. */
export function messagesThrough(
  { edge }: GraphNetwork,
  weights: tf.Tensor2D,
): { readonly weight: tf.Tensor2D; readonly bias: tf.Tensor1D } {
  const { weight, bias } = edge.at(-1)!;
  return {
    weight: tf.matMul(weight, weights),
    bias: tf.matMul(bias!.reshape<tf.Tensor2D>([1, -1]), weights).flatten(),
  };
}

/** The node network's last layer and the projectors, a stack a group: together they have fewer outputs. */
export function nodeThroughProjectors({ node, projectors }: GraphNetwork): readonly StackedWeights[] {
  const last = node.at(-1)!;
  const [hidden, width] = last.weight.shape as [number, number];
  return projectors.map(({ weight, bias }) => {
    const [count, , outputs] = weight.shape as [number, number, number];
    const columns = weight.transpose([1, 0, 2]).reshape([width, count * outputs]);
    const byVariable = (rows: tf.Tensor, size: number) =>
      tf.matMul(rows.reshape([size, width]), columns).reshape([size, count, outputs]).transpose<tf.Tensor3D>([1, 0, 2]);
    return { weight: byVariable(last.weight, hidden), bias: byVariable(last.bias!, 1).add(bias!) };
  });
}

/** Layers with ReLU after each. */
export function applyHidden(input: tf.Tensor2D, layers: readonly Linear<tf.Rank.R2>[]): tf.Tensor2D {
  return layers.reduce((value, layer) => linear(value, layer, { activation: "relu" }), input);
}

function rowsOf({ weight }: Linear<tf.Rank.R2>, first: number, count: number): tf.Tensor2D {
  return weight.slice([first, 0], [count, weight.shape[1]]);
}
