import { z } from "zod";
import { parseWith } from "../../core/parse.ts";
import type { MethodModule } from "../dynamics_model.ts";
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

/** Checks and completes the method's options. */
export const parseOptions: MethodModule["parseOptions"] = (options) => parseWith(optionsSchema, options, "method");

/** Makes neural causal dependency discovery: a local causal graph for every sample (Hwang et al. 2023). */
export const create: MethodModule["create"] = (context, create) => {
  const options = optionsSchema.parse(create.method);
  const network = createMaskedNetwork(context, {
    ...options,
    create,
    createInference: (parameters, groups) => new SampleInference(parameters, { ...options, groups }),
  });
  return new MaskedModel(network, { context, training: create.training });
};
