import type { ParameterSet } from "../../tensor/mod.ts";
import type { StepInput, StepNetwork, StepOutput } from "../step_network.ts";
import type { ModelGroups } from "../variable_groups.ts";
import { FeatureLayers } from "./features.ts";
import type { GraphInference } from "./graph_inference.ts";
import { MaskedPredictor } from "./predictor.ts";

/**
 * FCDL and its relatives: features of single variables, a graph m inferred from them, and a predictor of each variable
 * that sees the features of its parents in the graph.
 *
 * 1. `f_i = relu(W_iᵀ x_i + b_i)`;
 * 2. m from f: what tells methods apart, see {@link GraphInference};
 * 3. `p(x'_j | x) = head_j(MLP_j([m_j1 f_1 … m_j(N+M) f_{N+M}]))`.
 */
export class MaskedNetwork<Inference extends GraphInference = GraphInference> implements StepNetwork {
  readonly parameters: ParameterSet;
  readonly groups: ModelGroups;
  readonly features: FeatureLayers;
  readonly inference: Inference;
  readonly predictor: MaskedPredictor;

  /**
   * @param options.featureWidth H.
   * @param options.predictorWidths Widths of the predictor's layers after the mask.
   * @param options.createInference Makes the graph inference with this network's parameter set.
   */
  constructor(
    parameters: ParameterSet,
    options: {
      groups: ModelGroups;
      featureWidth: number;
      predictorWidths: readonly number[];
      createInference: (parameters: ParameterSet) => Inference;
    },
  ) {
    const { groups, featureWidth, predictorWidths: widths } = options;
    this.parameters = parameters;
    this.groups = groups;
    this.features = new FeatureLayers(parameters, { groups, width: featureWidth });
    this.inference = options.createInference(parameters);
    const { labelWidth } = this.inference;
    this.predictor = new MaskedPredictor(parameters, { groups, featureWidth, widths, labelWidth });
  }

  step(input: StepInput): StepOutput {
    const features = this.features.of(input);
    const masks = this.inference.masks(features, input);
    return { heads: this.predictor.apply(features, masks), penalties: masks.penalties, trace: masks.trace };
  }
}
