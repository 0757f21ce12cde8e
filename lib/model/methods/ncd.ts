import { z } from "zod";
import { defineMethod } from "../define_method.ts";
import { createMaskedNetwork, graphOption, MaskedModel, predictorOptions } from "../masked/masked_model.ts";
import { SampleInference } from "../masked/sample_inference.ts";

const optionsSchema = z.strictObject({
  ...predictorOptions,
  /** Widths of the auxiliary network's hidden layers. */
  auxiliaryWidths: z.array(z.int().positive()).default([128, 128]),
  /** λ, factor of the mean edge probability. */
  sparsity: z.number().nonnegative().default(0.001),
  /** Append its row of the mask to each target's input. */
  codeLabels: z.boolean().default(true),
  ...graphOption,
});

/** Neural causal dependency discovery: a local causal graph for every sample (Hwang et al. 2023). */
export const ncd = defineMethod({
  options: optionsSchema,
  create(context, given) {
    const { options } = given;
    const network = createMaskedNetwork(context, {
      ...options,
      given,
      createInference: (parameters, groups) => new SampleInference(parameters, { ...options, groups }),
    });
    return new MaskedModel(network, { context, training: given.training });
  },
});
