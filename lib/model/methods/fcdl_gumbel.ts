import { z } from "zod";
import { parseWith } from "../../core/parse.ts";
import type { MethodModule } from "../dynamics_model.ts";
import { codeOptions, createCodeModel } from "../masked/code_model.ts";
import { GumbelCodebook } from "../masked/gumbel_codebook.ts";

const optionsSchema = z.strictObject({
  ...codeOptions,
  /** τ of the Gumbel-softmax over codes. */
  temperature: z.number().positive().default(1),
});

/** Checks and completes the method's options. */
export const parseOptions: MethodModule["parseOptions"] = (options) => parseWith(optionsSchema, options, "method");

/** Makes FCDL with a categorical context, drawn by straight-through Gumbel-softmax over learned codes. */
export const create: MethodModule["create"] = (context, create) => {
  const options = optionsSchema.parse(create.method);
  const { codes: codeCount, codeWidth, temperature } = options;
  return createCodeModel(context, {
    create,
    code: options,
    quantizer: {
      // The encoder gives the codes' logits.
      latentWidth: codeCount,
      codeWidth,
      createCodebook: (parameters) => new GumbelCodebook(parameters, { codeCount, codeWidth, temperature }),
    },
  });
};
