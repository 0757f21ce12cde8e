import { z } from "zod";
import { defineMethod } from "../define_method.ts";
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

/** FCDL with contexts from online k-means on the encoder's latent and no commitment loss. */
export const fcdlKmeans = defineMethod({
  options: optionsSchema,
  create(context, given) {
    const { options } = given;
    const { codes: codeCount, codeWidth, memory } = options;
    return createCodeModel(context, {
      given,
      quantizer: {
        latentWidth: codeWidth,
        codeWidth,
        createCodebook: (parameters) => new KmeansCodebook(parameters, { codeCount, codeWidth, memory }),
      },
    });
  },
});
