import type * as tf from "@tensorflow/tfjs";
import type { ParameterSet } from "../../tensor/mod.ts";
import type { ModelGroups } from "../variable_groups.ts";
import { drawMask } from "./draw_mask.ts";
import type { FeatureLinear, Features } from "./features.ts";
import { type GraphForm, GraphLogits } from "./graph_logits.ts";
import type { GraphInference, InferenceInput, Masks } from "./graph_inference.ts";
import { NormalisedMlp } from "./normalised_mlp.ts";
import { withoutGradient } from "./without_gradient.ts";

/** Sizes and coefficients of a {@link SampleInference}. */
export interface SampleInferenceOptions {
  readonly groups: ModelGroups;
  readonly featureWidth: number;
  readonly auxiliaryWidths: readonly number[];
  /** λ, the factor of the mean edge probability in the loss. */
  readonly sparsity: number;
  readonly graph: GraphForm;
  /** Whether each target's row of the mask is appended to its predictor's input. */
  readonly codeLabels: boolean;
}

/** A graph of its own for every sample, from an auxiliary network on the features (NCD, Hwang et al. 2023). */
export class SampleInference implements GraphInference {
  readonly labelWidth: number;
  readonly featureLayers: readonly FeatureLinear[];
  readonly #options: SampleInferenceOptions;
  readonly #auxiliary: NormalisedMlp;
  readonly #logits: GraphLogits;

  constructor(parameters: ParameterSet, options: SampleInferenceOptions) {
    const { groups, featureWidth } = options;
    const width = groups.stateCount + groups.actionCount;
    this.#options = options;
    this.#logits = new GraphLogits(parameters, { ...groups, form: options.graph });
    this.#auxiliary = new NormalisedMlp(parameters, {
      name: "auxiliary",
      inputs: width * featureWidth,
      hidden: options.auxiliaryWidths,
      outputs: this.#logits.freeCount,
    });
    this.featureLayers = [this.#auxiliary.firstOnFeatures];
    this.labelWidth = options.codeLabels ? width : 0;
  }

  get possible(): Uint8Array | null {
    return this.#logits.possible;
  }

  masks(features: Features, { noise }: InferenceInput): Masks {
    const logits = this.#logits.place(this.#auxiliary.applyToFeatures(features, { training: noise !== null }));
    const { mask, probabilities } = drawMask(logits, noise);
    return {
      mask,
      probabilities,
      // The published program detaches it.
      label: this.#options.codeLabels ? withoutGradient(mask).transpose([1, 0, 2]) : null,
      penalties: { sparsity: { value: probabilities.mean<tf.Scalar>(), weight: this.#options.sparsity } },
      trace: { probabilities },
    };
  }
}
