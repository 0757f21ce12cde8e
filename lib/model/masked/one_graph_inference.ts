import * as tf from "@tensorflow/tfjs";
import { createLinear, encoderInit, LEAKY_SLOPE, type Linear, linear, type ParameterSet } from "../../tensor/mod.ts";
import type { ModelGroups } from "../variable_groups.ts";
import { drawMask } from "./draw_mask.ts";
import type { Features } from "./features.ts";
import { type GraphForm, GraphLogits } from "./graph_logits.ts";
import type { GraphInference, InferenceInput, Masks } from "./graph_inference.ts";

/** Sizes and coefficients of a {@link OneGraphInference}. */
export interface OneGraphOptions {
  readonly groups: ModelGroups;
  /** C. */
  readonly codeWidth: number;
  readonly decoderWidths: readonly number[];
  /** λ, the factor of the mean edge probability in the loss. */
  readonly sparsity: number;
  readonly graph: GraphForm;
  readonly codeLabels: boolean;
}

/**
 * One learned graph for all samples: FCDL with one code. Nothing is left to encode, so the code is a constant, and the
 * decoder has no batch normalisation: a batch of equal rows has no variance. With it, training would see its shift alone
 * while a gradient `1/√ε` times too large reached the encoder, and evaluation would decode another graph.
 */
export class OneGraphInference implements GraphInference {
  readonly codeCount = 1;
  readonly labelWidth: number;
  readonly featureLayers = [];
  readonly #sparsity: number;
  readonly #logits: GraphLogits;
  /** float32 [1, C]. */
  readonly #code: tf.Variable<tf.Rank.R2>;
  readonly #layers: readonly Linear<tf.Rank.R2>[];

  constructor(parameters: ParameterSet, options: OneGraphOptions) {
    const { groups, codeWidth, decoderWidths } = options;
    this.#sparsity = options.sparsity;
    this.labelWidth = options.codeLabels ? 1 : 0;
    this.#logits = new GraphLogits(parameters, { ...groups, form: options.graph });
    this.#code = parameters.statistic("codebook.codes", { shape: [1, codeWidth], init: { kind: "normal" } });
    const widths = [codeWidth, ...decoderWidths, this.#logits.freeCount];
    this.#layers = widths.slice(1).map((outputs, k) =>
      createLinear(parameters, {
        name: k < decoderWidths.length ? `decoder.${k}` : "decoder.out",
        inputs: widths[k]!,
        outputs,
        init: encoderInit({ inputs: widths[k]! }),
      })
    );
  }

  get possible(): Uint8Array | null {
    return this.#logits.possible;
  }

  masks(features: Features, { noise }: InferenceInput): Masks {
    const { batch } = features;
    const logits = this.#graphLogits();
    // A sum, not a tile, whose gradient would be a sum of as many slices.
    const { mask, probabilities } = drawMask(logits.add(tf.zeros([batch, ...logits.shape.slice(1)])), noise);
    const assignment: tf.Tensor2D = tf.ones([batch, 1]);
    return {
      mask,
      probabilities,
      label: this.labelWidth > 0 ? assignment.expandDims<tf.Tensor3D>(0) : null,
      penalties: { sparsity: { value: probabilities.mean<tf.Scalar>(), weight: this.#sparsity } },
      trace: { probabilities, assignment },
    };
  }

  /** Edge probabilities of the one code, float32 [1, N, N + M]; call inside `tf.tidy`. */
  codeGraphs(): tf.Tensor3D {
    return this.#graphLogits().sigmoid();
  }

  #graphLogits(): tf.Tensor3D {
    let value: tf.Tensor2D = this.#code;
    const last = this.#layers.length - 1;
    this.#layers.forEach((layer, k) => {
      const sum = linear(value, layer, { activation: "linear" });
      value = k < last ? sum.leakyRelu(LEAKY_SLOPE) : sum;
    });
    return this.#logits.place(value);
  }
}
