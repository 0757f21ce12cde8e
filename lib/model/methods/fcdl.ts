import { z } from "zod";
import { defineMethod } from "../define_method.ts";
import { codeOptions, createCodeModel } from "../masked/code_model.ts";
import { EmaCodebook } from "../masked/ema_codebook.ts";
import { GradientCodebook } from "../masked/gradient_codebook.ts";

const optionsSchema = z.strictObject({
  ...codeOptions,
  /** β, factor of the commitment loss. */
  commitment: z.number().nonnegative().default(0.25),
  /** How codes are learned: moving averages of latents, or by gradient. */
  codebook: z.enum(["ema", "gradient"]).default("ema"),
  /** γ, decay of the moving averages. */
  emaDecay: z.number().min(0).lt(1).default(0.99),
  /** Codes start at draws from N(0, 1), or at latents of the first training batch. */
  codebookStart: z.enum(["normal", "data"]).default("normal"),
  /**
   * Replaces a code by a random latent of the batch after `afterBatches` training batches in a row (T an update) with
   * fewer than `threshold` samples; null for never.
   */
  deadCodeRevival: z.strictObject({
    afterBatches: z.int().positive().default(300),
    threshold: z.number().positive().default(1),
  }).nullable().default(null),
});

/** Fine-grained causal dynamics learning: one local causal graph a code (Hwang et al. 2024). */
export const fcdl = defineMethod({
  options: optionsSchema,
  create(context, given) {
    const { options } = given;
    const codebook = {
      codeCount: options.codes,
      codeWidth: options.codeWidth,
      commitment: options.commitment,
      start: options.codebookStart,
      revival: options.deadCodeRevival,
    };
    return createCodeModel(context, {
      given,
      quantizer: {
        latentWidth: options.codeWidth,
        codeWidth: options.codeWidth,
        createCodebook: (parameters) =>
          options.codebook === "ema"
            ? new EmaCodebook(parameters, { ...codebook, decay: options.emaDecay })
            : new GradientCodebook(parameters, codebook),
      },
    });
  },
});
