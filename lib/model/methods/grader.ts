import { z } from "zod";
import * as tf from "@tensorflow/tfjs";
import type { CategoricalVariable, Variable } from "../../core/variable.ts";
import { ParameterSet } from "../../tensor/mod.ts";
import { defineMethod } from "../define_method.ts";
import type { GraphModel, ModelInput } from "../dynamics_model.ts";
import { fastGrader } from "../fast/grader.ts";
import { GraderNetwork } from "../grader/grader_network.ts";
import { TestedGraph } from "../grader/tested_graph.ts";
import { RolloutModel } from "../rollout_model.ts";
import { modelGroups } from "../variable_groups.ts";

const optionsSchema = z.strictObject({
  /** Width of embeddings and of the recurrent units' hidden states. */
  width: z.int().positive().default(128),
  /** p-value below which an input is a parent. */
  significance: z.number().positive().lt(1).default(0.01),
  /** Episodes from one discovery to the next. */
  discoveryEpisodes: z.int().positive().default(10),
});

/** A global graph by independence tests on the buffer, and recurrent units that read parents (Ding et al. 2022). */
class GraderModel extends RolloutModel<GraderNetwork> implements GraphModel {
  localGraph({ observation }: ModelInput): tf.Tensor3D {
    const { stateCount, actionCount } = this.groups;
    return tf.tidy(() => {
      const scores = tf.tensor3d(this.network.graph.scores(), [1, stateCount, stateCount + actionCount]);
      return scores.tile([observation.shape[0], 1, 1]);
    });
  }
}

/** GRADER: a graph by tests of independence, and recurrent units that read parents (Ding et al. 2022). */
export const grader = defineMethod({
  options: optionsSchema,
  /** The tests count categories, so continuous variables are out. */
  unsupported({ stateVariables, actionVariables }) {
    const continuous = [...stateVariables, ...actionVariables].find((variable) => variable.kind === "continuous");
    return continuous
      ? `Cannot use grader: its tests of independence count categories, expected categorical variables only, got ` +
        `the continuous variable "${continuous.name}"`
      : null;
  },
  create(context, { options, training, rng }) {
    const { width, significance, discoveryEpisodes } = options;
    const network = new GraderNetwork(new ParameterSet(rng), {
      groups: modelGroups(context),
      width,
      createGraph: (parameters) =>
        new TestedGraph(parameters, {
          variables: { state: categorical(context.stateVariables), action: categorical(context.actionVariables) },
          significance,
          everyEpisodes: discoveryEpisodes,
        }),
    });
    return new GraderModel(network, {
      context,
      training,
      accelerate: fastGrader,
      hooks: { beforeUpdate: (data) => network.graph.discover(data) },
    });
  },
});

function categorical(variables: readonly Variable[]): readonly CategoricalVariable[] {
  return variables.filter((variable) => variable.kind === "categorical");
}
