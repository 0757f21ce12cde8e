import { z } from "zod";
import * as tf from "@tensorflow/tfjs";
import type { CodebookModel, CreateOptions, ModelContext, ModelInput } from "../dynamics_model.ts";
import { CodeInference, type Quantizer } from "./code_inference.ts";
import { createMaskedNetwork, graphOption, MaskedModel, predictorOptions } from "./masked_model.ts";
import { OneGraphInference } from "./one_graph_inference.ts";

const width = z.int().positive();

/** Options that FCDL and its variants share, for a method's own schema. */
export const codeOptions = {
  ...predictorOptions,
  encoderWidths: z.array(width).default([128, 64]),
  decoderWidths: z.array(width).default([32]),
  /** K. */
  codes: width.default(16),
  /** C. */
  codeWidth: width.default(16),
  /** λ, factor of the mean edge probability. */
  sparsity: z.number().nonnegative().default(0.001),
  /** Append the code's one-hot to the predictor's input (paper: on; released program: off by default). */
  codeLabels: z.boolean().default(false),
  ...graphOption,
};

const codeSchema = z.object(codeOptions);

/** Values of {@link codeOptions}. */
export type CodeOptions = z.output<typeof codeSchema>;

/** One local causal graph a code. */
export class CodeModel<Inference extends CodeInference | OneGraphInference = CodeInference | OneGraphInference>
  extends MaskedModel<Inference>
  implements CodebookModel {
  get codeCount(): number {
    return this.network.inference.codeCount;
  }

  codes(input: ModelInput): tf.Tensor1D {
    return tf.tidy(() => this.masks(input).trace.assignment!.argMax<tf.Tensor1D>(-1));
  }

  codeGraphs(): tf.Tensor3D {
    return tf.tidy(() => this.network.inference.codeGraphs());
  }
}

/** Makes a model that differs from FCDL in its quantizer at most; one code needs none. */
export function createCodeModel(
  context: ModelContext,
  options: {
    readonly given: CreateOptions<CodeOptions>;
    readonly quantizer: Quantizer;
  },
): CodeModel {
  const { given, quantizer } = options;
  const code = given.options;
  const network = createMaskedNetwork(context, {
    ...code,
    given,
    createInference: (parameters, groups) =>
      code.codes === 1
        ? new OneGraphInference(parameters, { ...code, groups })
        : new CodeInference(parameters, { ...code, groups, quantizer }),
  });
  return new CodeModel(network, { context, training: given.training });
}
