import assert from "node:assert/strict";
import type { MetricRow } from "../../lib/store/store.ts";
import { buildLearnableTables } from "../../reports/build/learnable_table.ts";
import {
  codebookModel,
  everyEdge,
  forkEdges,
  graphOf,
  recordsOf,
  trueContext,
} from "../metrics/verdicts/made_models.ts";

const textsOf = (rows: readonly (readonly { readonly text: string }[])[]) =>
  Object.fromEntries(rows.map(([name, ...cells]) => [name!.text, cells.map(({ text }) => text)]));

Deno.test("buildLearnableTables: a model beside the graphs that are not learned, which score as such models do", async () => {
  const model = (global: readonly number[], local: readonly number[]) =>
    recordsOf(codebookModel(trueContext, [global, local]));
  const none = graphOf(() => false);
  const all = graphOf(everyEdge);
  const fork = graphOf(forkEdges);
  const rows = [
    { name: "made none", runs: [await model(none, none)] },
    { name: "made all", runs: [await model(all, all)] },
    { name: "made perfect", runs: [await model(all, fork)] },
  ];
  const tables = buildLearnableTables(rows, { suffix: "-x" });
  assert.deepEqual(tables.map(({ id }) => id), ["learnable-x", "learnable-more-x"]);
  const [main, more] = tables;
  assert.deepEqual(main!.columns.map(({ label }) => label), [
    "Graph",
    ...["train", "train, global", "train, local", "n = 2"],
    ...["train", "train, global", "train, local", "n = 2"],
  ]);
  for (const table of tables) {
    const texts = textsOf(table.rows);
    assert.deepEqual(texts["no learnable edge"], texts["made none"]);
    assert.deepEqual(texts["all learnable edges"], texts["made all"]);
    assert.deepEqual(texts["perfect context graph"], texts["made perfect"]);
  }
  const shown = textsOf(main!.rows);
  // Ten edges in the global context, four in the local one; F1 of all edges is 2 · 4 / (10 + 4) there.
  assert.deepEqual(shown["no learnable edge"]!.slice(1, 4), ["10.0", "4.0", "4.0"]);
  assert.deepEqual(shown["all learnable edges"]!.slice(1, 4), ["0.0", "6.0", "6.0"]);
  assert.deepEqual(shown["all learnable edges"]!.slice(5), ["1.000", "0.571", "0.571"]);
  assert.deepEqual(shown["perfect context graph"]!.slice(4), ["1.000", "1.000", "1.000", "1.000"]);
  assert.equal(more!.collapsed, true);
});

Deno.test("buildLearnableTables: none for records without them, and no row for methods without graphs", async () => {
  const old: MetricRow[] = [
    { runId: "a", split: "train", name: "shd", qualifier: "", value: 3, envSteps: 1, updates: 1, elapsedMs: 1 },
  ];
  assert.deepEqual(buildLearnableTables([{ name: "old", runs: [old] }], { suffix: "" }), []);
  const records = await recordsOf(codebookModel(trueContext, [graphOf(everyEdge), graphOf(forkEdges)]));
  const [table] = buildLearnableTables([{ name: "old", runs: [old] }, { name: "new", runs: [records, records] }], {
    suffix: "",
  });
  assert.deepEqual(table!.rows.map(([name]) => name!.text), [
    "new",
    "no learnable edge",
    "all learnable edges",
    "perfect context graph",
  ]);
  assert.match(table!.rows[0]![1]!.text, /^0\.0 ± 0\.0$/);
});
