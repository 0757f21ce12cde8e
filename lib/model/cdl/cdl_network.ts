import type * as tf from "@tensorflow/tfjs";
import { applyLinear, type Linear, outputInit, type ParameterSet } from "../../tensor/mod.ts";
import type { StepInput, StepNetwork, StepOutput } from "../step_network.ts";
import { type Factored, headWidth, type ModelGroups } from "../variable_groups.ts";
import { applyToVariables, createHiddenLayers, createVariableLayers } from "../variable_layers.ts";
import { ConditionalGraph } from "./conditional_graph.ts";
import { PairFeatures, type PairInput } from "./pair_features.ts";

/** Sizes and coefficients of a {@link CdlNetwork}. */
export interface CdlNetworkOptions {
  readonly groups: ModelGroups;
  /** Widths of each pair's feature net. */
  readonly featureWidths: readonly number[];
  /** Widths of each target's predictor. */
  readonly predictorWidths: readonly number[];
  /** Conditional mutual information from which on there is an edge. */
  readonly threshold: number;
  /** τ of its moving average. */
  readonly decay: number;
}

/**
 * CDL's predictor under a mask m, and the graph that is the mask of evaluation:
 *
 * 1. `h_j = max_{i: m_ji = 1} g_ji(x_i)`, a feature net a pair of target j and input i;
 * 2. `p(x'_j | x) = head_j(MLP_j(h_j))`.
 */
export class CdlNetwork implements StepNetwork {
  readonly parameters: ParameterSet;
  readonly groups: ModelGroups;
  readonly features: PairFeatures;
  /** Stacks of N layers, each followed by ReLU. */
  readonly hidden: readonly Linear<tf.Rank.R3>[];
  /** A stack a group. */
  readonly heads: readonly Linear<tf.Rank.R3>[];
  readonly graph: ConditionalGraph;

  constructor(parameters: ParameterSet, options: CdlNetworkOptions) {
    const { groups, featureWidths, predictorWidths } = options;
    this.parameters = parameters;
    this.groups = groups;
    this.features = new PairFeatures(parameters, { groups, widths: featureWidths });
    this.hidden = createHiddenLayers(parameters, {
      name: "predictor",
      stack: groups.stateCount,
      inputs: featureWidths.at(-1)!,
      widths: predictorWidths,
    });
    this.heads = createVariableLayers(parameters, {
      name: "head",
      groups: groups.state,
      sizes: (group) => ({ inputs: predictorWidths.at(-1)!, outputs: headWidth(group) }),
      init: outputInit,
    });
    this.graph = new ConditionalGraph(parameters, { ...groups, ...options });
  }

  /** One step of the causal pass. */
  step({ state, action }: StepInput): StepOutput {
    return { heads: this.predict({ own: state, others: state, action }, this.graph.mask()) };
  }

  /**
   * Distribution parameters from the inputs that a mask lets through, a tensor a group; call inside `tf.tidy`.
   *
   * @param mask 0 and 1, float32 [B or 1, N, N + M].
   */
  predict(input: PairInput, mask: tf.Tensor3D): Factored {
    return this.predictFrom(this.features.of(input, mask));
  }

  /** The same from h, float32 [N, B, H]. */
  predictFrom(features: tf.Tensor3D): Factored {
    let hidden = features;
    for (const layer of this.hidden) hidden = applyLinear(hidden, layer, "relu");
    return applyToVariables(hidden, { groups: this.groups.state, layers: this.heads });
  }
}
