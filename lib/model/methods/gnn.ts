import { z } from "zod";
import { parseWith } from "../../core/parse.ts";
import { ParameterSet } from "../../tensor/mod.ts";
import type { MethodModule } from "../dynamics_model.ts";
import { GraphNetwork } from "../graph_network/graph_network.ts";
import { RolloutModel } from "../rollout_model.ts";
import { modelGroups } from "../variable_groups.ts";

const width = z.int().positive();

const optionsSchema = z.strictObject({
  /** W, width of a node's embedding before and after the messages. */
  nodeWidth: width.default(256),
  /** Widths of the edge network's hidden layers. */
  edgeHidden: z.array(width).min(1).default([512, 512, 512]),
  /** Width of a message. */
  edgeWidth: width.default(256),
  /** Widths of the node network's hidden layers. */
  nodeHidden: z.array(width).min(1).default([512, 512, 512]),
});

/** Checks and completes the method's options. */
export const parseOptions: MethodModule["parseOptions"] = (options) => parseWith(optionsSchema, options, "method");

/** Makes the model: message passing over the complete graph of state variables (Kipf et al. 2020). */
export const create: MethodModule["create"] = (context, { method, training, rng }) => {
  const options = optionsSchema.parse(method);
  const network = new GraphNetwork(new ParameterSet(rng), {
    ...options,
    groups: modelGroups(context),
    firstLayers: training.fast === false ? "dense" : "tables",
  });
  return new RolloutModel(network, { context, training, accelerate: (network) => network.acceleration() });
};
