import type * as tf from "@tensorflow/tfjs";
import type { NoiseSource } from "../../tensor/noise.ts";
import type { ParameterSet } from "../../tensor/parameters.ts";
import type { StepInput, StepNetwork, StepOutput } from "../rollout_model.ts";
import type { Factored, ModelRuns } from "../variable_runs.ts";
import { FeatureLayers } from "./feature_layers.ts";
import type { Masks, MaskSource } from "./mask_source.ts";
import { MaskedPredictor } from "./predictor.ts";

/** Features, a source of masks on them, and a predictor that sees the masked features. */
export class MaskedNetwork<Source extends MaskSource = MaskSource> implements StepNetwork {
  readonly parameters: ParameterSet;
  readonly source: Source;
  readonly #features: FeatureLayers;
  readonly #predictor: MaskedPredictor;

  /**
   * @param options.featureWidth H.
   * @param options.predictorWidths Widths of the predictor's layers after the mask.
   * @param options.createSource Makes the source with this network's parameter set.
   */
  constructor(
    parameters: ParameterSet,
    options: {
      runs: ModelRuns;
      featureWidth: number;
      predictorWidths: readonly number[];
      createSource: (parameters: ParameterSet) => Source;
    },
  ) {
    const { runs, featureWidth, predictorWidths } = options;
    this.parameters = parameters;
    this.#features = new FeatureLayers(parameters, { runs, width: featureWidth });
    this.source = options.createSource(parameters);
    this.#predictor = new MaskedPredictor(parameters, {
      runs,
      featureWidth,
      widths: predictorWidths,
      labelWidth: this.source.labelWidth,
    });
  }

  step({ state, action, noise }: StepInput): StepOutput {
    const { features, masks } = this.#mask({ state, action }, noise);
    return {
      heads: this.#predictor.apply(features, masks.mask, masks.label),
      penalties: masks.penalties,
      trace: masks.trace,
    };
  }

  /** Masks of a batch in evaluation mode; call inside `tf.tidy`. */
  masks(input: { state: Factored; action: Factored }): Masks {
    return this.#mask(input, null).masks;
  }

  #mask(
    input: { state: Factored; action: Factored },
    noise: NoiseSource | null,
  ): { features: tf.Tensor3D; masks: Masks } {
    const features = this.#features.apply(input.state, input.action);
    const [count, batch, width] = features.shape;
    const flat = features.transpose([1, 0, 2]).reshape([batch, count * width]) as tf.Tensor2D;
    return { features, masks: this.source.masks(flat, noise) };
  }
}
