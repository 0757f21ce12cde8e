import { z } from "zod";
import * as tf from "@tensorflow/tfjs";
import { applyLinear, createLinear, ParameterSet, plainInit } from "../../lib/tensor/mod.ts";
import { defineMethod } from "../../lib/model/define_method.ts";
import { RolloutModel } from "../../lib/model/rollout_model.ts";
import type { StepInput, StepOutput } from "../../lib/model/step_network.ts";
import { headWidth, joinGroups, modelGroups } from "../../lib/model/variable_groups.ts";

// A whole method in one file: each next variable is linear in observation and action. It refuses continuous variables.

/** The method's module. */
export const toy = defineMethod({
  options: z.strictObject({}),
  unsupported({ stateVariables }) {
    const other = stateVariables.find(({ kind }) => kind === "continuous");
    return other === undefined
      ? null
      : `Cannot run toy on ${other.name}: no support for its kind, expected categorical variables, got continuous`;
  },
  create(context, { training, rng }) {
    const groups = modelGroups(context);
    const parameters = new ParameterSet(rng);
    const inputs = groups.stateWidth + groups.actionWidth;
    const layers = groups.state.map((group, r) =>
      createLinear(parameters, {
        name: `layer.${r}`,
        inputs,
        outputs: group.count * headWidth(group),
        init: plainInit({ inputs }),
      })
    );
    const step = ({ state, action }: StepInput): StepOutput => {
      const input = tf.concat([joinGroups(state), joinGroups(action)], 1);
      return {
        heads: groups.state.map((group, r) => {
          const rows = applyLinear(input, layers[r]!).reshape([-1, group.count, headWidth(group)]);
          return rows.transpose<tf.Tensor3D>([1, 0, 2]);
        }),
      };
    };
    return new RolloutModel({ parameters, step }, { context, training });
  },
});
