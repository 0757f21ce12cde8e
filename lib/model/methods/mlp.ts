import { z } from "zod";
import * as tf from "@tensorflow/tfjs";
import { applyLinear, createLinear, type Linear, ParameterSet, plainInit } from "../../tensor/mod.ts";
import { defineMethod } from "../define_method.ts";
import { RolloutModel } from "../rollout_model.ts";
import type { StepInput, StepNetwork, StepOutput } from "../step_network.ts";
import {
  headGroups,
  headWidth,
  joinGroups,
  type ModelGroups,
  modelGroups,
  splitGroups,
  type VariableGroup,
} from "../variable_groups.ts";

const optionsSchema = z.strictObject({
  /** Widths of the hidden layers; the paper's Chemical has 1024 × 3, Magnetic 512 × 4. */
  hidden: z.array(z.int().positive()).min(1).default([1024, 1024, 1024]),
});

/** One network on all of state and action that predicts all variables at once; no causal graph. */
class MlpNetwork implements StepNetwork {
  readonly parameters: ParameterSet;
  readonly #layers: readonly Linear<tf.Rank.R2>[];
  readonly #groups: ModelGroups;
  readonly #outputs: readonly VariableGroup[];

  constructor(groups: ModelGroups, options: { hidden: readonly number[]; parameters: ParameterSet }) {
    this.#groups = groups;
    this.#outputs = headGroups(groups.state);
    this.parameters = options.parameters;
    const outputs = groups.state.reduce((sum, group) => sum + group.count * headWidth(group), 0);
    const widths = [groups.stateWidth + groups.actionWidth, ...options.hidden, outputs];
    this.#layers = widths.slice(1).map((width, k) =>
      createLinear(this.parameters, {
        name: `layer.${k}`,
        inputs: widths[k]!,
        outputs: width,
        init: plainInit({ inputs: widths[k]! }),
      })
    );
  }

  step({ state, action }: StepInput): StepOutput {
    let hidden: tf.Tensor2D = tf.concat([joinGroups(state), joinGroups(action)], 1);
    const last = this.#layers.length - 1;
    this.#layers.forEach((layer, k) => hidden = applyLinear(hidden, layer, k < last ? "relu" : "linear"));
    return { heads: splitGroups(hidden, this.#outputs) };
  }
}

/** One network for all variables: `p(x' | x) = MLP([x, a])`. */
export const mlp = defineMethod({
  options: optionsSchema,
  create(context, { options, training, rng }) {
    const { hidden } = options;
    const network = new MlpNetwork(modelGroups(context), { hidden, parameters: new ParameterSet(rng) });
    return new RolloutModel(network, { context, training });
  },
});
