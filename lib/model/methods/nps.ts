import { z } from "zod";
import { ParameterSet } from "../../tensor/mod.ts";
import { defineMethod } from "../define_method.ts";
import { fastProduction } from "../fast/production.ts";
import { ProductionNetwork } from "../production/production_network.ts";
import { RolloutModel } from "../rollout_model.ts";
import { modelGroups } from "../variable_groups.ts";

const width = z.int().positive();

const optionsSchema = z.strictObject({
  /** Number of rules (Chemical 20, Magnetic 15). */
  rules: width.default(20),
  /** Width of a rule's embedding, from which its key is made. */
  ruleWidth: width.default(128),
  /** Width of keys and queries that pick a rule. */
  ruleSelectorWidth: width.default(128),
  /** Width of keys and queries that pick a context. */
  contextSelectorWidth: width.default(128),
  /** Widths of each variable's encoder. */
  encoderWidths: z.array(width).min(1).default([128, 128]),
  /** Widths of a rule's hidden layers. */
  ruleHidden: z.array(width).min(1).default([128, 128, 128]),
});

/** Neural production systems (Goyal et al. 2021) as the FCDL authors' program has them. */
export const nps = defineMethod({
  options: optionsSchema,
  create(context, { options, training, rng }) {
    const network = new ProductionNetwork(new ParameterSet(rng), { ...options, groups: modelGroups(context) });
    return new RolloutModel(network, { context, training, reduction: "sum", accelerate: fastProduction });
  },
});
