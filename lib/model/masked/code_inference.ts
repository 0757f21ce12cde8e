import * as tf from "@tensorflow/tfjs";
import type { ParameterSet } from "../../tensor/mod.ts";
import type { ModelGroups } from "../variable_groups.ts";
import type { Codebook } from "./codebook.ts";
import type { ContextGates } from "./context_gates.ts";
import { drawMask } from "./draw_mask.ts";
import type { FeatureLinear, Features } from "./features.ts";
import { type GraphForm, GraphLogits } from "./graph_logits.ts";
import type { GraphInference, InferenceInput, Masks } from "./graph_inference.ts";
import { NormalisedMlp } from "./normalised_mlp.ts";
import { withoutGradient } from "./without_gradient.ts";

/** How latents become codes: all that tells FCDL and its variants apart. */
export interface Quantizer {
  /** Width of the encoder's output. */
  readonly latentWidth: number;
  /** C, width of what the decoder reads. */
  readonly codeWidth: number;
  createCodebook(parameters: ParameterSet): Codebook;
}

/** Sizes and coefficients of a {@link CodeInference}. */
export interface CodeInferenceOptions {
  readonly groups: ModelGroups;
  readonly featureWidth: number;
  readonly encoderWidths: readonly number[];
  readonly decoderWidths: readonly number[];
  readonly quantizer: Quantizer;
  /** λ, the factor of the mean edge probability in the loss. */
  readonly sparsity: number;
  /** Makes the gates of what the encoder reads; left out where it reads everything. */
  readonly createGates?: (parameters: ParameterSet) => ContextGates;
  readonly graph: GraphForm;
  /** Whether the code's one-hot is appended to the predictor's input. */
  readonly codeLabels: boolean;
}

/** One sparse graph a code: encoder, codebook, decoder (Hwang et al. 2024, section 3.3). */
export class CodeInference implements GraphInference {
  readonly labelWidth: number;
  readonly featureLayers: readonly FeatureLinear[];
  readonly codebook: Codebook;
  /** What the encoder reads; null where it reads everything. */
  readonly gates: ContextGates | null;
  readonly #options: CodeInferenceOptions;
  readonly #encoder: NormalisedMlp;
  readonly #decoder: NormalisedMlp;
  readonly #logits: GraphLogits;

  constructor(parameters: ParameterSet, options: CodeInferenceOptions) {
    const { groups, featureWidth, quantizer } = options;
    this.#options = options;
    this.#logits = new GraphLogits(parameters, { ...groups, form: options.graph });
    this.#encoder = new NormalisedMlp(parameters, {
      name: "encoder",
      inputs: (groups.stateCount + groups.actionCount) * featureWidth,
      hidden: options.encoderWidths,
      outputs: quantizer.latentWidth,
    });
    // Between encoder and decoder, so that tensors are created in forward order.
    this.codebook = quantizer.createCodebook(parameters);
    this.#decoder = new NormalisedMlp(parameters, {
      name: "decoder",
      inputs: quantizer.codeWidth,
      hidden: options.decoderWidths,
      outputs: this.#logits.freeCount,
    });
    this.gates = options.createGates?.(parameters) ?? null;
    this.featureLayers = [this.#encoder.firstOnFeatures];
    this.labelWidth = options.codeLabels ? this.codebook.codeCount : 0;
  }

  /** K. */
  get codeCount(): number {
    return this.codebook.codeCount;
  }

  get possible(): Uint8Array | null {
    return this.#logits.possible;
  }

  masks(features: Features, { noise }: InferenceInput): Masks {
    const training = noise !== null;
    const latent = this.#latent(features, { training });
    const { value, assignment, penalties } = this.codebook.quantize(latent, noise);
    const graphs = training
      ? drawMask(this.#logits.place(this.#decoder.apply(value, { training })), noise)
      : this.#masksOfCodes(assignment);
    const { probabilities } = graphs;
    return {
      ...graphs,
      label: this.#options.codeLabels ? withoutGradient(assignment).expandDims<tf.Tensor3D>(0) : null,
      penalties: {
        ...penalties,
        sparsity: { value: probabilities.mean<tf.Scalar>(), weight: this.#options.sparsity },
      },
      trace: { probabilities, assignment },
    };
  }

  /** One-hot of each sample's code in evaluation mode, float32 [B, K]; call inside `tf.tidy`. */
  assign(features: Features): tf.Tensor2D {
    return this.codebook.quantize(this.#latent(features, { training: false }), null).assignment;
  }

  /** What the predictor takes of samples with the given codes in evaluation mode, one-hot [B, K]. */
  given(assignment: tf.Tensor2D): Pick<Masks, "mask" | "probabilities" | "label"> {
    return {
      ...this.#masksOfCodes(assignment),
      label: this.#options.codeLabels ? assignment.expandDims<tf.Tensor3D>(0) : null,
    };
  }

  #latent(features: Features, options: { readonly training: boolean }): tf.Tensor2D {
    return this.#encoder.applyToFeatures(features, { ...options, mask: this.gates?.mask(features.batch) ?? null });
  }

  /** In evaluation a sample's graph is its code's: K rows to decode, however many samples; the same to the bit. */
  #masksOfCodes(assignment: tf.Tensor2D): Pick<Masks, "mask" | "probabilities"> {
    const graphs = this.codeGraphs();
    const [codes, targets, inputs] = graphs.shape;
    const flat = graphs.reshape<tf.Tensor2D>([codes, targets * inputs]);
    const ofSamples = (rows: tf.Tensor2D): tf.Tensor3D => tf.matMul(assignment, rows).reshape([-1, targets, inputs]);
    return { mask: ofSamples(flat.greater(0.5).cast("float32")), probabilities: ofSamples(flat) };
  }

  /** Edge probabilities of each code in evaluation mode, float32 [K, N, N + M]; call inside `tf.tidy`. */
  codeGraphs(): tf.Tensor3D {
    return this.#logits.place(this.#decoder.apply(this.codebook.codes, { training: false })).sigmoid();
  }
}
