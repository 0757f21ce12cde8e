import { z } from "zod";
import * as tf from "@tensorflow/tfjs";
import { parseWith } from "../../lib/core/parse.ts";
import { applyLinear, createLinear, ParameterSet, plainInit } from "../../lib/tensor/mod.ts";
import type { MethodModule } from "../../lib/model/dynamics_model.ts";
import { RolloutModel, type StepInput, type StepOutput } from "../../lib/model/rollout_model.ts";
import { headWidth, joinRuns, modelRuns } from "../../lib/model/variable_runs.ts";

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
  const runs = modelRuns(context);
  const parameters = new ParameterSet(rng);
  const inputs = runs.stateWidth + runs.actionWidth;
  const layers = runs.state.map((run, r) =>
    createLinear(parameters, {
      name: `layer.${r}`,
      inputs,
      outputs: run.count * headWidth(run),
      init: plainInit({ inputs }),
    })
  );
  const step = ({ state, action }: StepInput): StepOutput => {
    const input = tf.concat([joinRuns(state), joinRuns(action)], 1);
    return {
      heads: runs.state.map((run, r) => {
        const rows = applyLinear(input, layers[r]!).reshape([-1, run.count, headWidth(run)]);
        return rows.transpose<tf.Tensor3D>([1, 0, 2]);
      }),
    };
  };
  return new RolloutModel({ parameters, step }, { context, training });
};
