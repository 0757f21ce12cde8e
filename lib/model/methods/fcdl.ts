import { z } from "zod";
import * as tf from "@tensorflow/tfjs";
import { parseWith } from "../../core/parse.ts";
import { ParameterSet } from "../../tensor/parameters.ts";
import type { CodebookModel, MethodModule } from "../dynamics_model.ts";
import { CodeSource } from "../masked/code_source.ts";
import { EmaCodebook, GradientCodebook } from "../masked/codebook.ts";
import { MaskedNetwork } from "../masked/masked_network.ts";
import { RolloutModel } from "../rollout_model.ts";
import { modelRuns } from "../variable_runs.ts";

const width = z.int().positive();

const optionsSchema = z.strictObject({
  /** H, width of each variable's feature. */
  featureWidth: width.default(128),
  /** Widths of the predictor's layers after the mask (Chemical 3, Magnetic 4). */
  predictorWidths: z.array(width).min(1).default([128, 128, 128]),
  encoderWidths: z.array(width).default([128, 64]),
  decoderWidths: z.array(width).default([32]),
  /** K. */
  codes: width.default(16),
  /** C. */
  codeWidth: width.default(16),
  /** λ, factor of the mean edge probability. */
  sparsity: z.number().nonnegative().default(0.001),
  /** β, factor of the commitment loss. */
  commitment: z.number().nonnegative().default(0.25),
  /** How codes are learned: moving averages of latents, or by gradient. */
  codebook: z.enum(["ema", "gradient"]).default("ema"),
  /** γ, decay of the moving averages. */
  emaDecay: z.number().min(0).lt(1).default(0.99),
  /** Append the code's one-hot to the predictor's input (paper: on; released program: off by default). */
  codeLabels: z.boolean().default(false),
  /** Whether the causal order of the variables is given. */
  graph: z.enum(["triangular", "full"]).default("triangular"),
});

/** Fine-grained causal dynamics learning: one local causal graph a code (Hwang et al. 2024). */
class FcdlModel extends RolloutModel<MaskedNetwork<CodeSource>> implements CodebookModel {
  get codeCount(): number {
    return this.network.source.codebook.codeCount;
  }

  localGraph(observation: tf.Tensor2D, action: tf.Tensor2D): tf.Tensor3D {
    return tf.tidy(() => this.#masks(observation, action).probabilities);
  }

  codes(observation: tf.Tensor2D, action: tf.Tensor2D): tf.Tensor1D {
    return tf.tidy(() => this.#masks(observation, action).trace.assignment!.argMax<tf.Tensor1D>(-1));
  }

  codeGraphs(): tf.Tensor3D {
    return tf.tidy(() => this.network.source.codeGraphs());
  }

  #masks(observation: tf.Tensor2D, action: tf.Tensor2D) {
    return this.network.masks(this.evaluationInput(observation, action));
  }
}

/** Checks and completes the method's options. */
export const parseOptions: MethodModule["parseOptions"] = (options) => parseWith(optionsSchema, options, "method");

/** Makes the model. */
export const create: MethodModule["create"] = (context, { method, training, rng }) => {
  const options = optionsSchema.parse(method);
  const runs = modelRuns(context);
  const codebook = { codeCount: options.codes, codeWidth: options.codeWidth, commitment: options.commitment };
  const network = new MaskedNetwork(new ParameterSet(rng), {
    runs,
    featureWidth: options.featureWidth,
    predictorWidths: options.predictorWidths,
    firstLayers: training.firstLayers ?? "tables",
    createSource: (parameters) =>
      new CodeSource(
        parameters,
        { ...options, runs },
        (parameters) =>
          options.codebook === "ema"
            ? new EmaCodebook(parameters, { ...codebook, decay: options.emaDecay })
            : new GradientCodebook(parameters, codebook),
      ),
  });
  return new FcdlModel(network, { context, training });
};
