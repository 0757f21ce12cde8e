import { z } from "zod";
import type { ParameterSet } from "../../tensor/mod.ts";
import { defineMethod } from "../define_method.ts";
import { codeOptions } from "../masked/code_model.ts";
import { CodeInference } from "../masked/code_inference.ts";
import { ContextGates } from "../masked/context_gates.ts";
import { EmaCodebook } from "../masked/ema_codebook.ts";
import { GatedCodeModel } from "../masked/gated_code_model.ts";
import { createMaskedNetwork } from "../masked/masked_model.ts";

const optionsSchema = z.strictObject({
  ...codeOptions,
  /** K; with one code there is no context to read. */
  codes: z.int().min(2).default(16),
  /** λ; the paper's 0.001 leaves edges from noisy variables in local graphs. */
  sparsity: z.number().nonnegative().default(0.1),
  commitment: z.number().nonnegative().default(0.25),
  emaDecay: z.number().min(0).lt(1).default(0.99),
  codebookStart: z.enum(["normal", "data"]).default("data"),
  /** Share of the run's updates after which gates close. */
  closeAfter: z.number().min(0).max(1).default(0.5),
  /** An open gate's effect is at least this share of the largest among state, or among action variables. */
  threshold: z.number().min(0).max(1).default(0.4),
  /** It is at least this share of the largest of all, too. */
  floor: z.number().min(0).max(1).default(0.05),
  /** Updates from one test to the next. */
  testEvery: z.int().positive().default(10),
});

/** Updates of the paper's run, where the number planned is not known. */
const PAPER_UPDATES = 15_100;

/** FCDL whose contexts are read from few variables. */
export const fcdlSparse = defineMethod({
  options: optionsSchema,
  create(context, given) {
    const { options } = given;
    const { codes: codeCount, codeWidth } = options;
    const updates = given.training.updates ?? PAPER_UPDATES;
    const createCodebook = (parameters: ParameterSet) =>
      new EmaCodebook(parameters, {
        codeCount,
        codeWidth,
        commitment: options.commitment,
        start: options.codebookStart,
        revival: null,
        decay: options.emaDecay,
      });
    const network = createMaskedNetwork(context, {
      ...options,
      given,
      createInference: (parameters, groups) =>
        new CodeInference(parameters, {
          ...options,
          groups,
          quantizer: { latentWidth: codeWidth, codeWidth, createCodebook },
          createGates: (parameters) =>
            new ContextGates(parameters, {
              ...groups,
              closeAfter: Math.round(options.closeAfter * updates),
              threshold: options.threshold,
              floor: options.floor,
            }),
        }),
    });
    return new GatedCodeModel(network, { context, training: given.training, testEvery: options.testEvery });
  },
});
