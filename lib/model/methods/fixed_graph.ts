import { z } from "zod";
import { defineMethod } from "../define_method.ts";
import type { ModelContext } from "../dynamics_model.ts";
import { GivenGraph } from "../masked/given_graph.ts";
import { LocalGraphLookup } from "../masked/local_graph_lookup.ts";
import { createMaskedNetwork, MaskedModel, predictorOptions } from "../masked/masked_model.ts";

const optionsSchema = z.strictObject({
  /** Which graph: self and action edges alone, every edge, the true global graph, or the true one of each step. */
  graph: z.enum(["none", "all", "global", "local"], { error: "expected one of none, all, global, local" })
    .default("none"),
  ...predictorOptions,
});

/** FCDL's predictor under a graph that is known from the start: what a learned graph is compared with. */
export const fixedGraph = defineMethod({
  options: optionsSchema,
  unsupported(context, { graph }) {
    if (graph !== "local" || ruleOf(context) !== null) return null;
    return "Cannot follow the true local graph: the environment does not say how it follows from single variables, " +
      "expected an environment with a rule for local graphs, got one without";
  },
  create(context, given) {
    const { graph, ...predictor } = given.options;
    const network = createMaskedNetwork(context, {
      ...predictor,
      given,
      createInference: (parameters, groups) => {
        if (graph !== "local") return new GivenGraph(parameters, { groups, graph: fixedGraphs[graph](context) });
        return new LocalGraphLookup(parameters, { groups, rule: ruleOf(context)! });
      },
    });
    return new MaskedModel(network, { context, training: given.training });
  },
});

function ruleOf(context: ModelContext) {
  return context.localGraphRule?.() ?? null;
}

/** Row-major [N, N + M]. */
const fixedGraphs = {
  none: (context) => graphWith(context, (row, column) => column === row || column >= context.stateVariables.length),
  all: (context) => graphWith(context, () => true),
  global: (context) => context.globalGraph(),
} as const satisfies Readonly<Record<string, (context: ModelContext) => Uint8Array>>;

function graphWith(
  { stateVariables: { length: rows }, actionVariables }: ModelContext,
  isEdge: (row: number, column: number) => boolean,
): Uint8Array {
  const columns = rows + actionVariables.length;
  return Uint8Array.from(
    { length: rows * columns },
    (_, entry) => isEdge(Math.floor(entry / columns), entry % columns) ? 1 : 0,
  );
}
