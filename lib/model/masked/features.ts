import * as tf from "@tensorflow/tfjs";
import { type Linear, type ParameterSet, stackedInit } from "../../tensor/mod.ts";
import type { StepInput } from "../step_network.ts";
import { applyToValues, createVariableLayers } from "../variable_layers.ts";
import type { ModelGroups } from "../variable_groups.ts";

/** A linear layer on the features of all variables, one or a stack of J. */
export interface FeatureLinear {
  /** Reads the weights, [J, (N + M)·H, H']; in an update, on its tape. */
  readonly weight: () => tf.Tensor3D;
  /** [J, 1, H'], or [H'] where J is 1; null for none. */
  readonly bias: tf.Variable | null;
}

/** The features f of a batch, width H a variable, as the first layers of graph inference and predictor read them. */
export interface Features {
  /** B. */
  readonly batch: number;
  /**
   * `Σ_i m_ji · f_i · A_ji + bias_j` for each target j of a layer with weights A [J, (N + M)·H, H'].
   *
   * @param mask float32 [B, J, N + M]; null for ones.
   * @returns float32 [J, B, H']; call inside `tf.tidy`.
   */
  linear(layer: FeatureLinear, mask: tf.Tensor3D | null): tf.Tensor3D;
}

/** One layer a variable, `f_i = relu(W_iᵀ x_i + b_i)` of width H, for all state and action variables. */
export class FeatureLayers {
  /** A stack a group. */
  readonly state: readonly Linear<tf.Rank.R3>[];
  readonly action: readonly Linear<tf.Rank.R3>[];
  /** H. */
  readonly width: number;

  /** @param options.width H. */
  constructor(parameters: ParameterSet, options: { groups: ModelGroups; width: number }) {
    const { groups, width } = options;
    this.width = width;
    const create = (kind: "state" | "action") =>
      createVariableLayers(parameters, {
        name: `feature.${kind}`,
        groups: groups[kind],
        sizes: (group) => ({ inputs: group.width, outputs: width }),
        init: stackedInit,
      });
    this.state = create("state");
    this.action = create("action");
  }

  /** Features that live in the caller's tidy scope. */
  of({ state, action }: Pick<StepInput, "state" | "action">): Features {
    return featuresOf(applyToValues([...state, ...action], [...this.state, ...this.action], "relu"));
  }
}

/** @param value float32 [N + M, B, H]. */
function featuresOf(value: tf.Tensor3D): Features {
  return {
    batch: value.shape[1],
    linear(layer, mask) {
      const weight = layer.weight();
      const product: tf.Tensor3D = tf.matMul(maskedInputs(value, { targets: weight.shape[0], mask }), weight);
      return layer.bias ? product.add(layer.bias) : product;
    },
  };
}

/** Features [n, B, H] times mask [B, J, n], side by side: [J, B, n·H]; call inside `tf.tidy`. */
export function maskedInputs(
  value: tf.Tensor3D,
  { targets, mask }: { readonly targets: number; readonly mask: tf.Tensor3D | null },
): tf.Tensor3D {
  const [count, batch, width] = value.shape;
  const rows = value.transpose([1, 0, 2]).expandDims(0);
  if (!mask) return rows.tile([targets, 1, 1, 1]).reshape([targets, batch, count * width]);
  return rows.mul(mask.transpose([1, 0, 2]).expandDims(3)).reshape([targets, batch, count * width]);
}
