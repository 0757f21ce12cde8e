import { z } from "zod";
import { parseWith } from "../../core/parse.ts";
import type { MethodModule } from "../dynamics_model.ts";
import { codeOptions, createCodeModel } from "../masked/code_model.ts";
import { KmeansCodebook } from "../masked/kmeans_codebook.ts";

const optionsSchema = z.strictObject({
  ...codeOptions,
  /**
   * Largest number of samples a code counts; 1,600 lets a code that gets its equal share of a batch of 256 (16) move
   * by 1 %, as FCDL's moving averages do.
   */
  memory: z.int().positive().default(1600),
});

/** Checks and completes the method's options. */
export const parseOptions: MethodModule["parseOptions"] = (options) => parseWith(optionsSchema, options, "method");

/** Makes FCDL with contexts from online k-means on the encoder's latent and no commitment loss. */
export const create: MethodModule["create"] = (context, create) => {
  const options = optionsSchema.parse(create.method);
  const { codes: codeCount, codeWidth, memory } = options;
  return createCodeModel(context, {
    create,
    code: options,
    quantizer: {
      latentWidth: codeWidth,
      codeWidth,
      createCodebook: (parameters) => new KmeansCodebook(parameters, { codeCount, codeWidth, memory }),
    },
  });
};
