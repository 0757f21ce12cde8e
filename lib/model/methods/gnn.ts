import { z } from "zod";
import { ParameterSet } from "../../tensor/mod.ts";
import { defineMethod } from "../define_method.ts";
import { fastGraphNetwork } from "../fast/graph_network.ts";
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

/** Message passing over the complete graph of state variables (Kipf et al. 2020). */
export const gnn = defineMethod({
  options: optionsSchema,
  create(context, { options, training, rng }) {
    const network = new GraphNetwork(new ParameterSet(rng), { ...options, groups: modelGroups(context) });
    return new RolloutModel(network, { context, training, accelerate: fastGraphNetwork });
  },
});
