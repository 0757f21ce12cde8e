import { z } from "zod";
import * as tf from "@tensorflow/tfjs";
import { ParameterSet } from "../../tensor/mod.ts";
import type { CreateOptions, GraphModel, ModelContext, ModelInput } from "../dynamics_model.ts";
import type { InputFacts } from "../fast/acceleration.ts";
import { fastMasked, type MaskedAcceleration } from "../fast/masked.ts";
import { RolloutModel, type RolloutOptions } from "../rollout_model.ts";
import type { StepInput } from "../step_network.ts";
import { type Factored, type ModelGroups, modelGroups } from "../variable_groups.ts";
import type { Features } from "./features.ts";
import type { GraphInference, Masks } from "./graph_inference.ts";
import { MaskedNetwork } from "./masked_network.ts";
import type { Seen } from "./predictor.ts";

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

/** A batch in evaluation mode. */
export interface Reading {
  readonly input: StepInput;
  readonly facts: InputFacts;
  readonly features: Features;
}

/** A rollout model with the masked predictor; its graphs are those that its network infers. */
export class MaskedModel<Inference extends GraphInference = GraphInference>
  extends RolloutModel<MaskedNetwork<Inference>, MaskedAcceleration>
  implements GraphModel {
  constructor(
    network: MaskedNetwork<Inference>,
    options: Pick<RolloutOptions<MaskedNetwork<Inference>>, "context" | "training" | "hooks">,
  ) {
    super(network, { ...options, accelerate: fastMasked });
  }

  localGraph(input: ModelInput): tf.Tensor3D {
    return tf.tidy(() => this.masks(input).probabilities);
  }

  /** Masks in evaluation mode; call inside `tf.tidy`. */
  protected masks(given: ModelInput): Masks {
    const { features, input } = this.read(given);
    return this.network.inference.masks(features, input);
  }

  /** Reads encoded input in evaluation mode; call inside `tf.tidy`. */
  protected read(given: ModelInput): Reading {
    const input = this.evaluationInput(given);
    const facts = this.factsAt(0, given);
    return { input, facts, features: this.fast?.features(input, facts) ?? this.network.features.of(input) };
  }

  /** Distribution parameters under given masks; call inside `tf.tidy`. */
  protected headsUnder(reading: Reading, seen: Seen): Factored {
    return this.fast?.heads(reading, seen) ?? this.network.predictor.apply(reading.features, seen);
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
  const { given, createInference, ...widths } = options;
  const groups = modelGroups(context);
  return new MaskedNetwork(new ParameterSet(given.rng), {
    ...widths,
    groups,
    createInference: (parameters) => createInference(parameters, groups),
  });
}
