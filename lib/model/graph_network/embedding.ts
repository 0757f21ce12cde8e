import * as tf from "@tensorflow/tfjs";
import { type Linear, type LinearWeights, type ParameterSet, plainInit } from "../../tensor/mod.ts";
import { createVariableLayers } from "../variable_layers.ts";
import type { VariableGroup } from "../variable_groups.ts";

/** A linear layer a variable, on its encoded value; nothing follows it. */
export class Embedding {
  /** Stacked layers, one stack a group. */
  readonly layers: readonly Linear[];

  /** @param options.width W. */
  constructor(
    parameters: ParameterSet,
    options: { readonly groups: readonly VariableGroup[]; readonly width: number },
  ) {
    this.layers = createVariableLayers(parameters, {
      name: "embedder",
      groups: options.groups,
      sizes: (group) => ({ inputs: group.width, outputs: options.width }),
      init: plainInit,
    });
  }

  /**
   * Embedding and a linear layer after it as one, on the few columns of a variable: a stack of layers a group, [n, w, X]
   * and bias [n, 1, X].
   *
   * @param layer.weight float32 [W, X].
   * @param layer.bias float32 [X]; null for none.
   */
  through(
    { weight, bias }: { readonly weight: tf.Tensor2D; readonly bias: tf.Tensor | null },
  ): readonly StackedWeights[] {
    const product = (rows: tf.Tensor) => {
      const [count, height, width] = rows.shape as [number, number, number];
      return tf.matMul(rows.reshape([count * height, width]), weight).reshape<tf.Tensor3D>([count, height, -1]);
    };
    return this.layers.map((layer) => {
      const shift = product(layer.bias!);
      return { weight: product(layer.weight), bias: bias ? shift.add<tf.Tensor3D>(bias) : shift };
    });
  }
}

/** A stack of linear layers. */
export interface StackedWeights extends LinearWeights {
  /** float32 [n, w, X]. */
  readonly weight: tf.Tensor3D;
  /** float32 [n, 1, X]. */
  readonly bias: tf.Tensor3D;
}
