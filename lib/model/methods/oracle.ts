import { z } from "zod";
import { defineMethod } from "../define_method.ts";
import { GivenGraph } from "../masked/given_graph.ts";
import { createMaskedNetwork, MaskedModel, predictorOptions } from "../masked/masked_model.ts";

const optionsSchema = z.strictObject(predictorOptions);

/** FCDL's predictor under the true global graph, the one method that is told it. */
export const oracle = defineMethod({
  options: optionsSchema,
  create(context, given) {
    const { options } = given;
    const network = createMaskedNetwork(context, {
      ...options,
      given,
      createInference: (parameters, groups) => new GivenGraph(parameters, { groups, graph: context.globalGraph() }),
    });
    return new MaskedModel(network, { context, training: given.training });
  },
});
