import { z } from "zod";
import { parseWith } from "../../core/parse.ts";
import type { MethodModule } from "../dynamics_model.ts";
import { GivenGraph } from "../masked/given_graph.ts";
import { createMaskedNetwork, MaskedModel, predictorOptions } from "../masked/masked_model.ts";

const optionsSchema = z.strictObject(predictorOptions);

/** Checks and completes the method's options. */
export const parseOptions: MethodModule["parseOptions"] = (options) => parseWith(optionsSchema, options, "method");

/** Makes the oracle: FCDL's predictor under the true global graph, the one method that is told it. */
export const create: MethodModule["create"] = (context, create) => {
  const options = optionsSchema.parse(create.method);
  const network = createMaskedNetwork(context, {
    ...options,
    create,
    createInference: (parameters, groups) => new GivenGraph(parameters, { groups, graph: context.globalGraph() }),
  });
  return new MaskedModel(network, { context, training: create.training });
};
