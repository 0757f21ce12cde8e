import assert from "node:assert/strict";
import { Rng } from "../../lib/core/rng.ts";
import { prefixTree } from "../../lib/tensor/ops/gru_chains/prefix_tree.ts";

Deno.test("prefixTree: a tree by hand", () => {
  const tree = prefixTree([Int32Array.of(2, 2, 7, 2), Int32Array.of(1, 0, 1, 1), Int32Array.of(5, 5, 5, 6)]);
  assert.deepEqual(
    tree.map(({ count, parents, values, nodes }) => ({
      count,
      parents: [...parents],
      values: [...values],
      nodes: [...nodes],
    })),
    [
      { count: 2, parents: [0, 0], values: [2, 7], nodes: [0, 0, 1, 0] },
      { count: 3, parents: [0, 0, 1], values: [1, 0, 1], nodes: [0, 1, 2, 0] },
      { count: 4, parents: [0, 1, 2, 0], values: [5, 5, 5, 6], nodes: [0, 1, 2, 3] },
    ],
  );
});

Deno.test("prefixTree: samples share a node just where their values up to there agree", () => {
  const rng = new Rng(1);
  // Enough samples of few values that levels split at different depths, and enough columns that all samples part.
  for (const [samples, columnCount, categories] of [[300, 9, 3], [1, 4, 2], [60, 2, 50], [0, 3, 2]] as const) {
    const columns = Array.from(
      { length: columnCount },
      () => Int32Array.from({ length: samples }, () => rng.integer(categories)),
    );
    const tree = prefixTree(columns);
    assert.equal(tree.length, columnCount);
    tree.forEach(({ count, parents, values, nodes }, depth) => {
      const prefixes = Array.from(
        { length: samples },
        (_, s) => columns.slice(0, depth + 1).map((column) => column[s]).join(),
      );
      const distinct = [...new Set(prefixes)];
      assert.equal(count, distinct.length);
      assert.deepEqual([...nodes], prefixes.map((prefix) => distinct.indexOf(prefix)));
      assert.deepEqual([parents.length, values.length], [count, count]);
      nodes.forEach((node, s) => {
        assert.equal(values[node], columns[depth]![s]);
        assert.equal(parents[node], depth === 0 ? 0 : tree[depth - 1]!.nodes[s]);
      });
    });
  }
});
