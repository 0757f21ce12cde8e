import type * as tf from "@tensorflow/tfjs";
import { applyLinear, type Linear, outputInit, type ParameterSet, stackedInit } from "../../tensor/mod.ts";
import { type Factored, headWidth, type ModelGroups } from "../variable_groups.ts";
import { applyToVariables, createHiddenLayers, createVariableLayers } from "../variable_layers.ts";
import type { FeatureLinear, Features } from "./features.ts";
import type { Masks } from "./graph_inference.ts";

/** What a target may see. */
export type Seen = Pick<Masks, "mask" | "label">;

/**
 * Predicts each next-state variable j from the features that its row of a mask lets through,
 * `MLP_j([m_j1 f_1 … m_j(N+M) f_{N+M}])`. Every target has weights of its own.
 */
export class MaskedPredictor {
  /** The layer on the masked features. */
  readonly first: FeatureLinear;
  /** The layers after it, stacks of N. */
  readonly hidden: readonly Linear<tf.Rank.R3>[];
  /** A stack a group. */
  readonly heads: readonly Linear<tf.Rank.R3>[];
  readonly #groups: ModelGroups;
  /** The first layer's weights for a label, in a block of their own. */
  readonly #label: Linear | null;

  /**
   * @param options.featureWidth H.
   * @param options.widths Widths of all layers after the mask, each followed by ReLU.
   * @param options.labelWidth Columns appended to the masked features, 0 for none.
   */
  constructor(
    parameters: ParameterSet,
    options: { groups: ModelGroups; featureWidth: number; widths: readonly number[]; labelWidth: number },
  ) {
    const { groups, featureWidth, widths, labelWidth } = options;
    this.#groups = groups;
    const [first, ...hidden] = createHiddenLayers(parameters, {
      name: "predictor",
      stack: groups.stateCount,
      inputs: (groups.stateCount + groups.actionCount) * featureWidth,
      widths,
    });
    const { weight, bias } = first!;
    this.first = { weight: () => weight, bias };
    this.hidden = hidden;
    this.#label = labelWidth > 0
      ? {
        weight: parameters.parameter("predictor.label.weight", {
          shape: [groups.stateCount, labelWidth, widths[0]!],
          init: { kind: "uniform", bound: stackedInit({ outputs: widths[0]! }).weightBound },
        }),
        bias: null,
      }
      : null;
    this.heads = createVariableLayers(parameters, {
      name: "head",
      groups: groups.state,
      sizes: (group) => ({ inputs: widths.at(-1)!, outputs: headWidth(group) }),
      init: outputInit,
    });
  }

  /** Distribution parameters, a tensor a group; call inside `tf.tidy`. */
  apply(features: Features, seen: Seen): Factored {
    let hidden: tf.Tensor3D = this.firstSum(features, seen).relu();
    for (const layer of this.hidden) hidden = applyLinear(hidden, layer, "relu");
    return applyToVariables(hidden, { groups: this.#groups.state, layers: this.heads });
  }

  /** The first layer before its ReLU, float32 [N, B, H]; call inside `tf.tidy`. */
  firstSum(features: Features, { mask, label }: Seen): tf.Tensor3D {
    const sum = features.linear(this.first, mask);
    if (!this.#label || !label) return sum;
    const labels = label.shape[0] === 1 ? label.tile([this.#groups.stateCount, 1, 1]) : label;
    return sum.add(applyLinear(labels, this.#label));
  }
}
