import { z } from "zod";
import * as tf from "@tensorflow/tfjs";
import { parseWith } from "../../lib/core/parse.ts";
import { applyLinear, createLinear, ParameterSet, plainInit } from "../../lib/tensor/mod.ts";
import type { MethodModule } from "../../lib/model/dynamics_model.ts";
import { RolloutModel, type StepInput, type StepOutput } from "../../lib/model/rollout_model.ts";
import { headWidth, joinGroups, modelGroups } from "../../lib/model/variable_groups.ts";

// A whole method in one file: each next variable is linear in observation and action. It refuses continuous variables.

const optionsSchema = z.strictObject({});

export const parseOptions: MethodModule["parseOptions"] = (options) => parseWith(optionsSchema, options, "method");

export const unsupported: NonNullable<MethodModule["unsupported"]> = ({ stateVariables }) => {
  const other = stateVariables.find(({ kind }) => kind === "continuous");
  return other === undefined
    ? null
    : `Cannot run toy on ${other.name}: no support for its kind, expected categorical variables, got continuous`;
};

export const create: MethodModule["create"] = (context, { training, rng }) => {
  const groups = modelGroups(context);
  const parameters = new ParameterSet(rng);
  const inputs = groups.stateWidth + groups.actionWidth;
  const layers = groups.state.map((run, r) =>
    createLinear(parameters, {
      name: `layer.${r}`,
      inputs,
      outputs: run.count * headWidth(run),
      init: plainInit({ inputs }),
    })
  );
  const step = ({ state, action }: StepInput): StepOutput => {
    const input = tf.concat([joinGroups(state), joinGroups(action)], 1);
    return {
      heads: groups.state.map((run, r) => {
        const rows = applyLinear(input, layers[r]!).reshape([-1, run.count, headWidth(run)]);
        return rows.transpose<tf.Tensor3D>([1, 0, 2]);
      }),
    };
  };
  return new RolloutModel({ parameters, step }, { context, training });
};
