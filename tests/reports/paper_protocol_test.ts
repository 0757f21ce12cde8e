import assert from "node:assert/strict";
import { expandSuite } from "../../lib/experiment/expand_suite.ts";
import { parseSuite } from "../../lib/experiment/suite.ts";
import { loadSuite } from "../../lib/experiment/suite_registry.ts";
import type { Run } from "../../lib/store/store.ts";
import { protocolDifferences } from "../../reports/paper/protocol.ts";

/** The planned runs of a built-in suite, as far as a report looks at them. */
async function runsOf(suite: string): Promise<readonly Run[]> {
  return await expandSuite(await loadSuite(suite)) as unknown as readonly Run[];
}

Deno.test("protocolDifferences: suite paper-chemical has the paper's settings for all nine methods", async () => {
  const runs = await runsOf("paper-chemical");
  for (const environment of ["chemical-fork", "chemical-chain"]) {
    assert.deepEqual(protocolDifferences(runs, environment)!.rows, []);
  }
});

Deno.test("protocolDifferences: suite paper-chemical-short has the paper's sizes, but less of all else", async () => {
  const runs = await runsOf("paper-chemical-short");
  for (const environment of ["chemical-fork", "chemical-chain"]) {
    assert.deepEqual(protocolDifferences(runs, environment)!.rows.map(({ setting }) => setting).sort(), [
      "FCDL: sparsity factor (λ)",
      "Learning rate",
      "NCD: sparsity factor (λ)",
      "Random loops before training",
      "Seeds",
      "Training loops",
    ]);
  }
});

Deno.test("protocolDifferences: suite magnetic has the paper's settings for its eight methods, magnetic-short has not", async () => {
  assert.deepEqual(protocolDifferences(await runsOf("magnetic"), "magnetic")!.rows, []);
  const short = protocolDifferences(await runsOf("magnetic-short"), "magnetic")!.rows.map(({ setting }) => setting);
  for (const setting of ["Training loops", "Learning rate", "FCDL: predictor widths", "MLP: hidden widths"]) {
    assert.ok(short.includes(setting), `${setting} in ${short.join(", ")}`);
  }
});

Deno.test("protocolDifferences lists each method's smaller sizes, and what is not observed", async () => {
  const settings = (runs: readonly Run[], environment: string) =>
    protocolDifferences(runs, environment)!.rows.map(({ setting, ours, paper }) => `${setting}: ${ours} | ${paper}`);
  const small = await expandSuite(parseSuite({
    name: "small",
    title: "Small",
    environments: [{ id: "chemical", rule: "fork", variables: 5, colors: 3, noisyNodes: [2] }],
    methods: [
      { id: "modular", hidden: [64, 64, 64] },
      { id: "gnn", edgeHidden: [64, 64] },
      { id: "nps", rules: 8 },
      { id: "cdl", featureWidths: [64, 64] },
      { id: "grader", width: 64 },
      { id: "ncd", sparsity: 0.02 },
      { id: "oracle", featureWidth: 64 },
      { id: "mlp", hidden: [256, 256, 256] },
    ],
    seeds: "1",
  }, { what: "suite small" })) as unknown as readonly Run[];
  const listed = settings(small, "chemical-fork-5x3");
  for (
    const row of [
      "Modular: hidden widths: 64, 64, 64 | 128, 128, 128, 128",
      "GNN: edge network's hidden widths: 64, 64 | 512, 512, 512",
      "NPS: rules: 8 | 20",
      "CDL: feature widths: 64, 64 | 128, 128",
      "GRADER: width of embeddings and recurrent units: 64 | 128",
      "NCD: sparsity factor (λ): 0.02 | 0.001",
      "Oracle: feature width (H): 64 | 128",
      "MLP: hidden widths: 256, 256, 256 | 1,024, 1,024, 1,024",
    ]
  ) assert.ok(listed.includes(row), `${row} in ${listed.join("\n")}`);
  const hidden = settings(await runsOf("partial-observability"), "chemical-fork-hidden-40");
  assert.deepEqual(hidden, ["Share of hidden variables: 0.4 | 0"]);
});
