import { z } from "zod";
import { ParameterSet } from "../../tensor/mod.ts";
import { CdlModel } from "../cdl/cdl_model.ts";
import { CdlNetwork } from "../cdl/cdl_network.ts";
import { defineMethod } from "../define_method.ts";
import { fastCdl } from "../fast/cdl.ts";
import { modelGroups } from "../variable_groups.ts";

const width = z.int().positive();

const optionsSchema = z.strictObject({
  /** Widths of the feature net of each pair of target and input. */
  featureWidths: z.array(width).min(1).default([128, 128]),
  /** Widths of each target's predictor after the maximum over inputs. */
  predictorWidths: z.array(width).min(1).default([128, 128]),
  /** Conditional mutual information from which on an input is a parent. */
  threshold: z.number().positive().default(0.001),
  /** τ of its moving average (Chemical 0.9, Magnetic 0.99). */
  graphDecay: z.number().min(0).lt(1).default(0.9),
  /** Updates from one graph estimate to the next; the last of them leaves the causal loss out. */
  graphEvery: z.int().positive().default(10),
});

/** A global graph by conditional independence tests, learned with the dynamics (Wang et al. 2022). */
export const cdl = defineMethod({
  options: optionsSchema,
  create(context, { options, training, rng }) {
    const network = new CdlNetwork(new ParameterSet(rng), {
      groups: modelGroups(context),
      featureWidths: options.featureWidths,
      predictorWidths: options.predictorWidths,
      threshold: options.threshold,
      decay: options.graphDecay,
    });
    return new CdlModel(network, { context, training, graphEvery: options.graphEvery, accelerate: fastCdl });
  },
});
