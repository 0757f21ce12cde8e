import type * as tf from "@tensorflow/tfjs";
import type { Needed, ParameterSet } from "../../tensor/mod.ts";
import type { ModelRuns } from "../variable_runs.ts";
import { drawMask } from "./draw_mask.ts";
import type { FeatureLinear } from "./feature_layers.ts";
import type { Features } from "./features.ts";
import { type GraphForm, GraphLogits } from "./graph_logits.ts";
import type { MaskInput, Masks, MaskSource } from "./mask_source.ts";
import { NormalisedMlp } from "./normalised_mlp.ts";
import { withoutGradient } from "./without_gradient.ts";

/** Sizes and coefficients of a {@link SampleSource}. */
export interface SampleSourceOptions {
  readonly runs: ModelRuns;
  readonly featureWidth: number;
  readonly auxiliaryWidths: readonly number[];
  /** λ, the factor of the mean edge probability in the loss. */
  readonly sparsity: number;
  readonly graph: GraphForm;
  /** Whether each target's row of the mask is appended to its predictor's input. */
  readonly codeLabels: boolean;
}

/** A graph of its own for every sample, from an auxiliary network on the features (NCD, Hwang et al. 2023). */
export class SampleSource implements MaskSource {
  readonly labelWidth: number;
  readonly featureLayers: readonly FeatureLinear[];
  readonly #options: SampleSourceOptions;
  readonly #auxiliary: NormalisedMlp;
  readonly #logits: GraphLogits;

  constructor(parameters: ParameterSet, options: SampleSourceOptions) {
    const { runs, featureWidth } = options;
    const width = runs.stateCount + runs.actionCount;
    this.#options = options;
    this.#logits = new GraphLogits(parameters, { ...runs, form: options.graph });
    this.#auxiliary = new NormalisedMlp(parameters, {
      name: "auxiliary",
      inputs: width * featureWidth,
      hidden: options.auxiliaryWidths,
      outputs: this.#logits.freeCount,
    });
    this.featureLayers = [this.#auxiliary.firstOnFeatures];
    this.labelWidth = options.codeLabels ? width : 0;
  }

  get needed(): Needed | null {
    return this.#logits.needed;
  }

  masks(features: Features, { noise }: MaskInput): Masks {
    const logits = this.#logits.place(this.#auxiliary.applyToFeatures(features, { training: noise !== null }));
    const { mask, probabilities } = drawMask(logits, noise);
    return {
      mask,
      probabilities,
      // The published program detaches it.
      label: this.#options.codeLabels ? withoutGradient(mask).transpose([1, 0, 2]) : null,
      penalties: { sparsity: { value: probabilities.mean() as tf.Scalar, weight: this.#options.sparsity } },
      trace: { probabilities },
    };
  }
}
