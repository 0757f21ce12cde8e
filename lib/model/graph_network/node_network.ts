import * as tf from "@tensorflow/tfjs";
import { type Linear, linear, type LinearWeights, type ParameterSet, plainInit } from "../../tensor/mod.ts";
import { applyToVariables, createVariableLayers } from "../variable_layers.ts";
import { type Factored, headWidth, type ModelGroups } from "../variable_groups.ts";
import { createLayers } from "./edge_network.ts";

/** The first layer by its inputs: rows of its weights, the embedding's with the bias. */
export interface NodeInputs {
  readonly embedding: { readonly weight: tf.Tensor2D; readonly bias: tf.Tensor };
  readonly action: tf.Tensor2D;
  readonly message: tf.Tensor2D;
}

/** The network on every node, and the linear layer a variable that makes distribution parameters of its output. */
export class NodeNetwork {
  readonly #layers: readonly Linear[];
  readonly #projectors: readonly Linear[];
  readonly #groups: ModelGroups;
  readonly #nodeWidth: number;

  /**
   * @param options.nodeWidth W, width of an embedding and of the output.
   * @param options.hidden Widths of the hidden layers, each followed by ReLU.
   * @param options.messageWidth Width of a message.
   */
  constructor(
    parameters: ParameterSet,
    options: { groups: ModelGroups; nodeWidth: number; hidden: readonly number[]; messageWidth: number },
  ) {
    const { groups, nodeWidth, hidden, messageWidth } = options;
    this.#groups = groups;
    this.#nodeWidth = nodeWidth;
    this.#layers = createLayers(parameters, {
      name: "node",
      widths: [nodeWidth + groups.actionWidth + messageWidth, ...hidden, nodeWidth],
    });
    this.#projectors = createVariableLayers(parameters, {
      name: "projector",
      groups: groups.state,
      sizes: (group) => ({ inputs: nodeWidth, outputs: headWidth(group) }),
      init: plainInit,
    });
  }

  /** The first layer by input; call inside `tf.tidy`. */
  get firstByInput(): NodeInputs {
    const { weight, bias } = this.#layers[0]!;
    const [inputs, outputs] = weight.shape as [number, number];
    const { actionWidth } = this.#groups;
    const rows = (start: number, count: number) =>
      (weight as tf.Tensor).slice([start, 0], [count, outputs]) as tf.Tensor2D;
    const message = this.#nodeWidth + actionWidth;
    return {
      embedding: { weight: rows(0, this.#nodeWidth), bias: bias! },
      action: rows(this.#nodeWidth, actionWidth),
      message: rows(message, inputs - message),
    };
  }

  /** First hidden layer: [rows, W + A + message width] to [rows, H_1]. */
  first(rows: tf.Tensor2D): tf.Tensor2D {
    return linear(rows, this.#layers[0]!, { activation: "relu" }) as tf.Tensor2D;
  }

  /** The hidden layers after the first: [rows, H_1] to [rows, H]. */
  hidden(first: tf.Tensor2D): tf.Tensor2D {
    return this.#layers.slice(1, -1)
      .reduce<tf.Tensor>((value, layer) => linear(value, layer, { activation: "relu" }), first) as tf.Tensor2D;
  }

  /**
   * Last layer and projectors as one linear layer a variable, a stack a group: nothing stands between the two, and
   * together they have fewer outputs. Call inside `tf.tidy`.
   */
  mergedHeads(): readonly LinearWeights[] {
    const last = this.#layers.at(-1)!;
    const [hidden, width] = last.weight.shape as [number, number];
    return this.#projectors.map(({ weight, bias }) => {
      const [count, , outputs] = weight.shape as [number, number, number];
      const columns = weight.transpose([1, 0, 2]).reshape([width, count * outputs]);
      const byVariable = (rows: tf.Tensor, size: number) =>
        tf.matMul(rows.reshape([size, width]), columns).reshape([size, count, outputs]).transpose([1, 0, 2]);
      return { weight: byVariable(last.weight, hidden), bias: byVariable(last.bias!, 1).add(bias!) };
    });
  }

  /**
   * Distribution parameters, a tensor a group.
   *
   * @param hidden Last hidden layer's values, float32 [N·B, H].
   * @param merged What {@link NodeNetwork.mergedHeads} gave; null computes last layer and projectors one by one.
   */
  heads(hidden: tf.Tensor2D, merged: readonly LinearWeights[] | null): Factored {
    const rows = merged ? hidden : linear(hidden, this.#layers.at(-1)!);
    const nodes = rows.reshape<tf.Tensor3D>([this.#groups.stateCount, -1, rows.shape[1]!]);
    return applyToVariables(nodes, { groups: this.#groups.state, layers: merged ?? this.#projectors });
  }
}
