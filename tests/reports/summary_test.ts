import assert from "node:assert/strict";
import type { MetricRow, RunStatus } from "../../lib/store/store.ts";
import { summarise, type SummarisedRun } from "../../reports/csv/summary.ts";

const run = (id: string, method: string, status: RunStatus = "done", environment = "chemical-fork"): SummarisedRun => ({
  id,
  suite: "suite",
  environment,
  method,
  seed: Number(id.slice(1)),
  status,
});

const row = (runId: string, value: number | null, fields: Partial<MetricRow> = {}): MetricRow => ({
  runId,
  envSteps: 100,
  updates: 10,
  split: "n2",
  name: "return",
  qualifier: "",
  value,
  elapsedMs: 1,
  ...fields,
});

Deno.test("summarise gives mean, std, iqm and interval over seeds", () => {
  const runs = ["a1", "a2", "a3", "a4"].map((id) => run(id, "fcdl"));
  const [summary, ...rest] = summarise(runs, [row("a1", 1), row("a2", 2), row("a3", 3), row("a4", 10)]);
  assert.deepEqual(rest, []);
  const { ciLow, ciHigh, ...numbers } = summary!;
  assert.deepEqual(numbers, {
    suite: "suite",
    environment: "chemical-fork",
    split: "n2",
    name: "return",
    qualifier: "",
    method: "fcdl",
    seeds: 4,
    failed: 0,
    missing: 0,
    values: [1, 2, 3, 10],
    mean: 4,
    std: Math.sqrt((9 + 4 + 1 + 36) / 3),
    iqm: 2.5,
  });
  assert.ok(1 <= ciLow! && ciLow! < 2.5 && 2.5 < ciHigh! && ciHigh! <= 10);
});

Deno.test("summarise counts failed and missing seeds and never takes them for 0", () => {
  const runs = [
    run("a1", "fcdl"),
    run("a2", "fcdl", "failed"),
    run("a3", "fcdl", "running"),
    run("a4", "fcdl"),
    run("a5", "fcdl"),
  ];
  // a2 failed after a good start and a3 is on its way: neither's last record is a result.
  const rows = [row("a1", 8), row("a2", 9), row("a3", 7), row("a4", null)];
  const [summary] = summarise(runs, rows);
  assert.deepEqual([summary!.values, summary!.failed, summary!.missing], [[8], 1, 3]);
  assert.deepEqual([summary!.mean, summary!.std, summary!.ciLow, summary!.ciHigh], [8, null, null, null]);
  const [live] = summarise(runs, rows, { statuses: ["done", "running", "failed"] });
  assert.deepEqual([live!.values, live!.failed, live!.missing], [[8, 9, 7], 0, 2]);
});

Deno.test("summarise takes the last record of a run, even a missing one", () => {
  const runs = [run("a1", "fcdl"), run("a2", "fcdl")];
  const rows = [
    row("a1", 5, { updates: 20, envSteps: 1 }),
    row("a1", 1),
    row("a2", 7),
    row("a2", null, { updates: 10, envSteps: 101 }),
  ];
  const [summary] = summarise(runs, rows);
  assert.deepEqual([summary!.values, summary!.missing], [[5], 1]);
});

Deno.test("summarise shows a method whose every seed failed, with empty numbers", () => {
  const runs = [run("a1", "fcdl"), run("b1", "nps", "failed"), run("b2", "nps", "failed"), run("c1", "mlp")];
  const rows = [
    ...[row("a1", 1), row("a1", 0, { name: "codes" }), row("a1", 0.5, { name: "accuracy" })],
    ...[row("c1", 2), row("c1", 0.7, { name: "accuracy" })],
  ];
  const summary = summarise(runs, rows).map((entry) => [entry.name, entry.method, entry.failed, entry.mean]);
  assert.deepEqual(summary, [
    ["accuracy", "fcdl", 0, 0.5],
    ["accuracy", "nps", 2, null],
    ["accuracy", "mlp", 0, 0.7],
    // A metric that only one method has is not missing from the others.
    ["codes", "fcdl", 0, 0],
    ["return", "fcdl", 0, 1],
    ["return", "nps", 2, null],
    ["return", "mlp", 0, 2],
  ]);
  assert.deepEqual(summarise([run("b1", "nps", "failed")], []), []);
});

Deno.test("summarise keeps environments apart, and a row does not depend on the others", () => {
  const fork = [run("a1", "fcdl"), run("a2", "fcdl"), run("a3", "fcdl")];
  const chain = [run("b1", "fcdl", "done", "chemical-chain")];
  const rows = [row("a1", 1), row("a2", 2), row("a3", 4)];
  const both = summarise([...chain, ...fork], [...rows, row("b1", 9)]);
  assert.deepEqual(both.map((entry) => entry.environment), ["chemical-chain", "chemical-fork"]);
  assert.deepEqual(both[1], summarise(fork, rows)[0]);
  const spread = Array.from({ length: 8 }, (_, i) => run(`c${i}`, "fcdl"));
  const interval = (seed: number) => {
    const [summary] = summarise(spread, spread.map((each, i) => row(each.id, Math.exp(i))), { seed, resamples: 50 });
    return [summary!.ciLow, summary!.ciHigh];
  };
  assert.deepEqual(interval(1), interval(1));
  assert.notDeepEqual(interval(1), interval(2));
});
