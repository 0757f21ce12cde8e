import { z } from "zod";
import * as tf from "@tensorflow/tfjs";
import { createStackedLinear, type Linear, linear, outputInit, ParameterSet, stackedInit } from "../../tensor/mod.ts";
import { defineMethod } from "../define_method.ts";
import { RolloutModel } from "../rollout_model.ts";
import type { StepInput, StepNetwork, StepOutput } from "../step_network.ts";
import { headWidth, joinGroups, type ModelGroups, modelGroups } from "../variable_groups.ts";

const optionsSchema = z.strictObject({
  /** Widths of the hidden layers of each variable's network (the paper's: 128 × 4). */
  hidden: z.array(z.int().positive()).min(1).default([128, 128, 128, 128]),
});

/** One network a state variable, each on all of state and action; no weights are shared, no causal graph. */
class ModularNetwork implements StepNetwork {
  readonly parameters: ParameterSet;
  readonly #groups: ModelGroups;
  /** The N networks' hidden layers, one stack a layer. */
  readonly #hidden: readonly Linear[];
  /** Output layers, a stack a group of variables. */
  readonly #heads: readonly Linear<tf.Rank.R3>[];

  constructor(groups: ModelGroups, options: { hidden: readonly number[]; parameters: ParameterSet }) {
    const { hidden, parameters } = options;
    this.#groups = groups;
    this.parameters = parameters;
    const inputs = [groups.stateWidth + groups.actionWidth, ...hidden];
    this.#hidden = hidden.map((width, k) =>
      createStackedLinear(parameters, {
        name: `layer.${k}`,
        stack: groups.stateCount,
        inputs: inputs[k]!,
        outputs: width,
        init: stackedInit({ outputs: width }),
      })
    );
    this.#heads = groups.state.map((group, r) =>
      createStackedLinear(parameters, {
        name: `head.${r}`,
        stack: group.count,
        inputs: inputs.at(-1)!,
        outputs: headWidth(group),
        init: outputInit({ inputs: inputs.at(-1)!, outputs: headWidth(group) }),
      })
    );
  }

  step({ state, action }: StepInput): StepOutput {
    const input = tf.concat([joinGroups(state), joinGroups(action)], 1);
    const batch = input.shape[0]!;
    let hidden: tf.Tensor = tf.stack(Array.from({ length: this.#groups.stateCount }, () => input));
    for (const layer of this.#hidden) hidden = linear(hidden, layer, { activation: "relu" });
    return {
      heads: this.#groups.state.map((group, r) => {
        const part = hidden.slice([group.start, 0, 0], [group.count, batch, hidden.shape[2]!]);
        return linear(part, this.#heads[r]!);
      }),
    };
  }
}

/** The model. */
export const modular = defineMethod({
  options: optionsSchema,
  create(context, { options, training, rng }) {
    const { hidden } = options;
    const network = new ModularNetwork(modelGroups(context), { hidden, parameters: new ParameterSet(rng) });
    return new RolloutModel(network, { context, training });
  },
});
