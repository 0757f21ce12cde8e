import { z } from "zod";
import * as tf from "@tensorflow/tfjs";
import { type Linear, linear, outputInit, ParameterSet } from "../../tensor/mod.ts";
import { defineMethod } from "../define_method.ts";
import { RolloutModel } from "../rollout_model.ts";
import type { StepInput, StepNetwork, StepOutput } from "../step_network.ts";
import { headWidth, joinGroups, type ModelGroups, modelGroups } from "../variable_groups.ts";
import { applyToVariables, createHiddenLayers, createVariableLayers } from "../variable_layers.ts";

const optionsSchema = z.strictObject({
  /** Widths of the hidden layers of each variable's network (the paper's: 128 × 4). */
  hidden: z.array(z.int().positive()).min(1).default([128, 128, 128, 128]),
});

/** One network a state variable, each on all of state and action; no weights are shared, no causal graph. */
class ModularNetwork implements StepNetwork {
  readonly parameters: ParameterSet;
  readonly #groups: ModelGroups;
  /** The N networks' hidden layers, one stack a layer. */
  readonly #hidden: readonly Linear<tf.Rank.R3>[];
  /** Output layers, a stack a group of variables. */
  readonly #heads: readonly Linear<tf.Rank.R3>[];

  constructor(groups: ModelGroups, options: { hidden: readonly number[]; parameters: ParameterSet }) {
    const { hidden, parameters } = options;
    this.#groups = groups;
    this.parameters = parameters;
    this.#hidden = createHiddenLayers(parameters, {
      name: "layer",
      stack: groups.stateCount,
      inputs: groups.stateWidth + groups.actionWidth,
      widths: hidden,
    });
    this.#heads = createVariableLayers(parameters, {
      name: "head",
      groups: groups.state,
      sizes: (group) => ({ inputs: hidden.at(-1)!, outputs: headWidth(group) }),
      init: outputInit,
    });
  }

  step({ state, action }: StepInput): StepOutput {
    const input = tf.concat([joinGroups(state), joinGroups(action)], 1);
    let hidden = tf.stack(Array.from({ length: this.#groups.stateCount }, () => input)) as tf.Tensor3D;
    for (const layer of this.#hidden) hidden = linear(hidden, layer, { activation: "relu" });
    return { heads: applyToVariables(hidden, { groups: this.#groups.state, layers: this.#heads }) };
  }
}

/** One network a state variable: `p(x'_j | x) = head_j(MLP_j([x, a]))`. */
export const modular = defineMethod({
  options: optionsSchema,
  create(context, { options, training, rng }) {
    const { hidden } = options;
    const network = new ModularNetwork(modelGroups(context), { hidden, parameters: new ParameterSet(rng) });
    return new RolloutModel(network, { context, training });
  },
});
