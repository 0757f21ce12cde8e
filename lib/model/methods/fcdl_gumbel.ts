import { z } from "zod";
import { defineMethod } from "../define_method.ts";
import { codeOptions, createCodeModel } from "../masked/code_model.ts";
import { GumbelCodebook } from "../masked/gumbel_codebook.ts";

const optionsSchema = z.strictObject({
  ...codeOptions,
  /** τ of the Gumbel-softmax over codes. */
  temperature: z.number().positive().default(1),
});

/** FCDL with a categorical context, drawn by straight-through Gumbel-softmax over learned codes. */
export const fcdlGumbel = defineMethod({
  options: optionsSchema,
  create(context, given) {
    const { options } = given;
    const { codes: codeCount, codeWidth, temperature } = options;
    return createCodeModel(context, {
      given,
      quantizer: {
        // The encoder gives the codes' logits.
        latentWidth: codeCount,
        codeWidth,
        createCodebook: (parameters) => new GumbelCodebook(parameters, { codeCount, codeWidth, temperature }),
      },
    });
  },
});
