import { deepEqual, equal } from "node:assert/strict";
import { localGraphRule, withoutColumns } from "../../lib/core/local_graph_rule.ts";

/** One bit a reading: a graph of three entries that says which of the variables 0, 2 and 5 are not 0. */
const rule = localGraphRule({
  reads: [0, 2, 5],
  categories: [2, 3, 2],
  graphAt: (values) => Uint8Array.from(values, (value) => value > 0 ? 1 : 0),
});

Deno.test("localGraphRule keeps each graph once, combinations in order", () => {
  // Categories 1 and 2 of the variable in the middle have the same graph.
  equal(rule.graphs.length, 8);
  deepEqual([...rule.graphOf], [0, 1, 2, 3, 2, 3, 4, 5, 6, 7, 6, 7]);
  deepEqual(rule.graphs[3], Uint8Array.of(0, 1, 1));
  const empty = localGraphRule({ reads: [], categories: [], graphAt: () => Uint8Array.of(1) });
  deepEqual([empty.graphs, [...empty.graphOf]], [[Uint8Array.of(1)], [0]]);
});

Deno.test("withoutColumns has the union over what is unknown, and leaves a rule alone that reads none of it", () => {
  equal(withoutColumns(rule, new Set([1, 3])), rule);
  const known = withoutColumns(rule, new Set([0, 1]));
  deepEqual([known.reads, known.categories], [[2, 5], [3, 2]]);
  deepEqual(known.graphs[known.graphOf[0]!], Uint8Array.of(1, 0, 0));
  deepEqual(known.graphs[known.graphOf[5]!], Uint8Array.of(1, 1, 1));
  const nothing = withoutColumns(rule, new Set([0, 2, 5]));
  deepEqual([nothing.reads, nothing.graphs], [[], [Uint8Array.of(1, 1, 1)]]);
});
