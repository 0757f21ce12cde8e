import { metricOf } from "../metric_of.ts";
import { deepEqual, equal, match } from "node:assert/strict";
import { methods } from "../../lib/model/registry.ts";
import type { MetricRow, Run } from "../../lib/store/store.ts";
import { buildControlTable } from "../../reports/build/control_table.ts";
import { buildLeaderboard } from "../../reports/build/leaderboard.ts";
import { controlRoleOf } from "../../reports/read/controls.ts";
import { leavesEdgesOut } from "../../reports/build/control_comparison.ts";
import { methodsOf, stylesOf, type SuiteResults } from "../../reports/read/results.ts";

/** Method specs of a suite by display name. */
const specs: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  "true local graph": { id: "fixed-graph", graph: "local" },
  mlp: { id: "mlp" },
  "all edges": { id: "fixed-graph", graph: "all" },
  fcdl: { id: "fcdl" },
  "no edges": { id: "fixed-graph", graph: "none" },
  oracle: { id: "oracle" },
};

/** Results of finished runs: returns and accuracies by method and seed, in one shifted split. */
function resultsOf(values: Readonly<Record<string, readonly (readonly [number, number] | null)[]>>): SuiteResults {
  const runs: Run[] = [];
  const finals: MetricRow[] = [];
  for (const [method, seeds] of Object.entries(values)) {
    seeds.forEach((pair, k) => {
      const id = `${method} ${k}`;
      runs.push(
        { id, suite: "s", environment: "e", method, seed: k + 1, status: "done", spec: { method: specs[method] } } as
          & Partial<Run>
          & Pick<Run, "id"> as Run,
      );
      if (pair === null) return;
      const row = (metric: string, value: number) =>
        ({ runId: id, split: "n2", ...metricOf(metric), value, updates: 1, envSteps: 1 }) as Partial<
          MetricRow
        > as MetricRow;
      finals.push(row("return", pair[0]), row("accuracy", pair[1]));
    });
  }
  return { suite: "s", runs, finals, curves: [] };
}

const results = resultsOf({
  "true local graph": [[20, 0.9], [21, 0.92], [22, 0.91]],
  mlp: [[10, 0.5], [11, 0.5], [12, 0.5]],
  "all edges": [[9, 0.4], [9, 0.5], [9, 0.45]],
  fcdl: [[15, 0.7], [17, 0.7], [16, 0.7]],
  "no edges": [[10, 0.7], [11, 0.9], [12, 1.1]],
});

Deno.test("controlRoleOf follows the registry's marker, not names, and knows no role of other methods", () => {
  const role = (method: unknown) => controlRoleOf({ spec: { method } });
  deepEqual(["none", "all", "global", "local"].map((graph) => role({ id: "fixed-graph", graph })), [
    "lower",
    "beside",
    "beside",
    "upper",
  ]);
  for (const { id, controlRole } of methods) if (!controlRole) equal(role({ id }), null);
  for (const spec of [null, {}, { method: null }, { method: { id: "gone" } }]) equal(controlRoleOf({ spec }), null);
  equal(leavesEdgesOut({ spec: { method: { id: "fixed-graph", label: "x", graph: "none" } } }), true);
  equal(leavesEdgesOut({ spec: { method: { id: "fixed-graph", graph: "local" } } }), false);
});

Deno.test("controls stand first, the upper bound last, and are grey with looks of their own", () => {
  deepEqual(methodsOf(results.runs), ["no edges", "all edges", "fcdl", "mlp", "true local graph"]);
  const styles = stylesOf(results);
  const looks = ["no edges", "all edges", "true local graph"].map((name) => styles.get(name)!);
  equal(new Set(looks.map(({ color }) => color)).size, 1);
  equal(new Set(looks.map(({ marker, dash }) => `${marker} ${dash}`)).size, 3);
  equal(new Set(["fcdl", "mlp"].map((name) => styles.get(name)!.color).concat(looks[0]!.color)).size, 3);
  // Other methods look as they do without controls.
  const without = stylesOf({ runs: results.runs.filter((run) => controlRoleOf(run) === null) });
  for (const [name, style] of without) deepEqual(styles.get(name), style);
});

Deno.test("a control is never the best of the leaderboard, and is said to be one", () => {
  const { rows, caption } = buildLeaderboard(results, "e");
  deepEqual(rows.map(([name]) => [name!.text, name!.sub ?? ""]), [
    ["no edges", "control"],
    ["all edges", "control"],
    ["FCDL", ""],
    ["MLP", ""],
    ["true local graph", "control"],
  ]);
  deepEqual(rows.map((row) => row[2]!.best === true), [false, false, true, false, false]);
  match(caption!, /Controls learn no graph/);
});

Deno.test("buildControlTable has each method's share of the way between the bounds, over common seeds", () => {
  const table = buildControlTable(results, "e")!;
  deepEqual(table.rows.map(([name]) => name!.text), ["all edges", "FCDL", "MLP"]);
  // Returns: the way is 10 in each seed; FCDL is 5, 6, 4 above no edges, all edges 1, 2, 3 below it.
  deepEqual(table.rows.map((row) => row[1]!.value), [-20, 50, 0]);
  deepEqual(table.rows.map((row) => row[1]!.text), ["−20", "50", "0"]);
  match(table.rows[1]![1]!.sub!, /^25 to 75$/); // 50 ± 4.303 · 10 / √3
  // Accuracies: no edges 0.7 to 1.1 and the local graph 0.9 do not separate.
  deepEqual(table.rows.map((row) => [row[2]!.text, row[2]!.value]), Array(3).fill(["no difference", null]));
});

Deno.test("buildControlTable counts a lower error as better, and leaves what is missing empty", () => {
  const errors = resultsOf({ "no edges": [[0, 0]], "true local graph": [[0, 0]], fcdl: [[0, 0]], mlp: [null] });
  const value = { "no edges": 4, "true local graph": 2, fcdl: 3, mlp: 0 } as Readonly<Record<string, number>>;
  const finals = errors.finals.filter(({ name }) => name === "return").map((row) => ({
    ...row,
    name: "mse",
    value: value[row.runId.slice(0, -2)]!,
  }));
  const table = buildControlTable({ ...errors, finals }, "e")!;
  deepEqual(table.rows.map(([name, cell]) => [name!.text, cell!.value]), [["FCDL", 50], ["MLP", null]]);
  equal(table.rows[1]![1]!.text, "");
});

Deno.test("buildControlTable is left out where a bound or a number is missing", () => {
  const { "no edges": none, "true local graph": local, fcdl } = {
    "no edges": [[1, 1]],
    "true local graph": [[2, 2]],
    fcdl: [[1, 2]],
  } as const;
  equal(buildControlTable(resultsOf({ "no edges": none, fcdl }), "e"), null);
  equal(buildControlTable(resultsOf({ "true local graph": local, fcdl }), "e"), null);
  equal(buildControlTable(resultsOf({ "no edges": none, "true local graph": local }), "e"), null);
  equal(buildControlTable(resultsOf({ "no edges": [null], "true local graph": local, fcdl }), "e"), null);
});
