import type * as tf from "@tensorflow/tfjs";
import {
  applyLinear,
  createStackedLinear,
  type Linear,
  type Needed,
  outputInit,
  type ParameterSet,
  stackedInit,
} from "../../tensor/mod.ts";
import { headsOfRows, rowsOfTargets, type TargetRows } from "../fast/head_cache.ts";
import { type Factored, headWidth, type ModelGroups } from "../variable_groups.ts";
import type { FeatureLinear } from "./feature_layers.ts";
import type { Features } from "./features.ts";

/**
 * Predicts each next-state variable from the features that its row of a mask lets through. Every target j has its
 * own weights: a Linear on the masked features of width (N + M)·H, hidden layers, and a head a group of variables.
 */
export class MaskedPredictor {
  /** The layer on the masked features. */
  readonly first: FeatureLinear;
  readonly #groups: ModelGroups;
  readonly #label: Linear | null;
  readonly #hidden: readonly Linear[];
  readonly #heads: readonly Linear[];

  /**
   * @param options.featureWidth H.
   * @param options.widths Widths of all layers after the mask, each followed by ReLU.
   * @param options.labelWidth Columns appended to the masked features, 0 for none.
   * @param options.needed Which inputs a target can ever take.
   */
  constructor(
    parameters: ParameterSet,
    options: {
      groups: ModelGroups;
      featureWidth: number;
      widths: readonly number[];
      labelWidth: number;
      needed: Needed | null;
    },
  ) {
    const { groups, featureWidth, widths, labelWidth } = options;
    this.#groups = groups;
    const inputs = [(groups.stateCount + groups.actionCount) * featureWidth, ...widths];
    const create = (name: string, sizes: { inputs: number; outputs: number }) =>
      createStackedLinear(parameters, {
        name,
        stack: groups.stateCount,
        ...sizes,
        init: stackedInit({ outputs: sizes.outputs }),
      });
    const [first, ...hidden] = widths.map((width, k) =>
      create(`predictor.${k}`, { inputs: inputs[k]!, outputs: width })
    );
    const { weight, bias } = first!;
    this.first = { weight: () => weight as tf.Tensor as tf.Tensor3D, bias, needed: options.needed };
    this.#hidden = hidden;
    // A separate block of the first layer's weights, so that the large block stays as it is.
    this.#label = labelWidth > 0
      ? {
        weight: parameters.parameter("predictor.label.weight", {
          shape: [groups.stateCount, labelWidth, widths[0]!],
          init: { kind: "uniform", bound: stackedInit({ outputs: widths[0]! }).weightBound },
        }),
        bias: null,
      }
      : null;
    this.#heads = groups.state.map((group, r) =>
      createStackedLinear(parameters, {
        name: `head.${r}`,
        stack: group.count,
        inputs: inputs.at(-1)!,
        outputs: headWidth(group),
        init: outputInit({ inputs: inputs.at(-1)!, outputs: headWidth(group) }),
      })
    );
  }

  /**
   * @param mask float32 [B, N, N + M].
   * @param label float32 [N, B, X] or [1, B, X], appended to every target's input; null for none.
   * @returns Distribution parameters, a tensor a group; call inside `tf.tidy`.
   */
  apply(features: Features, mask: tf.Tensor3D, label: tf.Tensor3D | null): Factored {
    let hidden: tf.Tensor = this.#firstSum(features, mask, label).relu();
    for (const layer of this.#hidden) hidden = applyLinear(hidden, layer, "relu");
    return this.#groups.state.map((group, r) => {
      const part = this.#groups.state.length === 1
        ? hidden
        : hidden.slice([group.start, 0, 0], [group.count, features.batch, hidden.shape[2]!]);
      return applyLinear(part, this.#heads[r]!) as tf.Tensor3D;
    });
  }

  /** The same for some targets' samples, a tensor a group [rows of the group's targets, c]; not differentiable. */
  applyToRows(
    features: Features,
    inputs: { readonly mask: tf.Tensor3D; readonly label: tf.Tensor3D | null },
    wanted: TargetRows,
  ): readonly tf.Tensor2D[] {
    const first = rowsOfTargets(this.#firstSum(features, inputs.mask, inputs.label), wanted).relu() as tf.Tensor2D;
    return headsOfRows(first, { ...wanted, groups: this.#groups, hidden: this.#hidden, heads: this.#heads });
  }

  /** The first layer before its ReLU, float32 [N, B, H]. */
  #firstSum(features: Features, mask: tf.Tensor3D, label: tf.Tensor3D | null): tf.Tensor3D {
    const sum = features.linear(this.first, mask);
    if (!this.#label || !label) return sum;
    const labels = label.shape[0] === 1 ? label.tile([this.#groups.stateCount, 1, 1]) : label;
    return sum.add(applyLinear(labels, this.#label));
  }
}
