import { z } from "zod";
import * as tf from "@tensorflow/tfjs";
import { ParameterSet } from "../../tensor/mod.ts";
import type { CreateOptions, GraphModel, ModelContext } from "../dynamics_model.ts";
import { RolloutModel, type RolloutOptions } from "../rollout_model.ts";
import { type ModelGroups, modelGroups } from "../variable_groups.ts";
import type { GraphInference } from "./graph_inference.ts";
import { type KnownInput, MaskedNetwork } from "./masked_network.ts";

const width = z.int().positive();

/** Options of every method that has the masked predictor, for a method's own schema. */
export const predictorOptions = {
  /** H, width of each variable's feature. */
  featureWidth: width.default(128),
  /** Widths of the predictor's layers after the mask (Chemical 3, Magnetic 4). */
  predictorWidths: z.array(width).min(1).default([128, 128, 128]),
};

/** Option of every method that learns a graph: whether the causal order of the variables is given. */
export const graphOption = { graph: z.enum(["triangular", "full"]).default("triangular") };

/** A rollout model with the masked predictor; its graphs are those that its network infers. */
export class MaskedModel<Inference extends GraphInference = GraphInference>
  extends RolloutModel<MaskedNetwork<Inference>>
  implements GraphModel {
  constructor(network: MaskedNetwork<Inference>, options: RolloutOptions<MaskedNetwork<Inference>>) {
    super(network, { ...options, accelerate: (network) => network.acceleration() });
  }

  localGraph(observation: tf.Tensor2D, action: tf.Tensor2D): tf.Tensor3D {
    return tf.tidy(() => this.masks(observation, action).probabilities);
  }

  /** Masks in evaluation mode; call inside `tf.tidy`. */
  protected masks(observation: tf.Tensor2D, action: tf.Tensor2D) {
    return this.network.masks(this.knownInput(observation, action));
  }

  /** Encoded input with what is known of it; call inside `tf.tidy`. */
  protected knownInput(observation: tf.Tensor2D, action: tf.Tensor2D): KnownInput {
    return { ...this.evaluationInput(observation, action), ...this.factsAt(0, { observation }) };
  }
}

/**
 * Builds a masked network.
 *
 * @param options.createInference Makes the graph inference with the network's parameter set.
 */
export function createMaskedNetwork<Inference extends GraphInference>(
  context: ModelContext,
  options: {
    readonly given: CreateOptions<unknown>;
    readonly featureWidth: number;
    readonly predictorWidths: readonly number[];
    readonly createInference: (parameters: ParameterSet, groups: ModelGroups) => Inference;
  },
): MaskedNetwork<Inference> {
  const { given: { training, rng }, featureWidth, predictorWidths, createInference } = options;
  const groups = modelGroups(context);
  return new MaskedNetwork(new ParameterSet(rng), {
    groups,
    featureWidth,
    predictorWidths,
    firstLayers: training.fast === false ? "dense" : "tables",
    createInference: (parameters) => createInference(parameters, groups),
  });
}
