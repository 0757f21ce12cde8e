import assert from "node:assert/strict";
import { edgeDensity, emptyGraph, hasEdge } from "../../lib/core/causal_graph.ts";

Deno.test("emptyGraph has no edge", () => {
  const graph = emptyGraph(3, 2);
  assert.equal(graph.edges.length, 3 * 5);
  assert.equal(edgeDensity(graph), 0);
});

Deno.test("hasEdge reads row by row, action columns after the state's", () => {
  const graph = emptyGraph(2, 1);
  graph.edges[1 * 3 + 0] = 1;
  graph.edges[0 * 3 + 2] = 1;
  const edges = [0, 1].map((row) => [0, 1, 2].map((column) => hasEdge(graph, row, column)));
  assert.deepEqual(edges, [[false, false, true], [true, false, false]]);
});

Deno.test("edgeDensity is the share of possible edges", () => {
  const graph = emptyGraph(2, 2);
  graph.edges.set([1, 0, 0, 1, 0, 0, 0, 0]);
  assert.equal(edgeDensity(graph), 0.25);
  graph.edges.fill(1);
  assert.equal(edgeDensity(graph), 1);
});
