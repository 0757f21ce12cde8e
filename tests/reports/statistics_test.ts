import assert from "node:assert/strict";
import { bestIndex } from "../../reports/build/leaderboard.ts";
import { seedStatistics } from "../../reports/build/interval_statistics.ts";
import { formatMetric, formatNumber, metricInfo, splitLabel } from "../../reports/metric_info.ts";

Deno.test("seedStatistics: mean, sample deviation and t interval by hand", () => {
  const { mean, std, low, high, count } = seedStatistics([1, 2, null, 3]);
  // std = 1; half width = t · 1/√3, where t of two degrees has a closed form, 4.3027.
  assert.deepEqual({ mean, std, count }, { mean: 2, std: 1, count: 3 });
  assert.ok(Math.abs(low! - (2 - 0.95 / Math.sqrt(2 * 0.975 * 0.025) / Math.sqrt(3))) < 1e-9);
  assert.ok(Math.abs(high! - (2 + 0.95 / Math.sqrt(2 * 0.975 * 0.025) / Math.sqrt(3))) < 1e-9);
});

Deno.test("seedStatistics says nothing where there are too few seeds", () => {
  assert.equal(seedStatistics([]).mean, null);
  assert.equal(seedStatistics([null]).mean, null);
  assert.equal(seedStatistics([4]).std, null);
  assert.equal(seedStatistics([4, 5]).low, null);
  assert.equal(seedStatistics([4, 5, 6, 7, 8, 9, 10, 11]).count, 8);
});

Deno.test("bestIndex marks a method only where its interval lies beyond all others", () => {
  const narrow = (mean: number) => seedStatistics([mean - 0.01, mean, mean + 0.01]);
  const wide = (mean: number) => seedStatistics([mean - 3, mean, mean + 3]);
  assert.equal(bestIndex([narrow(1), narrow(2), narrow(1.5)], "return"), 1);
  assert.equal(bestIndex([narrow(1), narrow(2), narrow(1.5)], "nll"), 0);
  assert.equal(bestIndex([wide(1), wide(2)], "return"), -1);
  assert.equal(bestIndex([narrow(1), seedStatistics([5])], "return"), -1);
  assert.equal(bestIndex([narrow(1)], "return"), -1);
  assert.equal(bestIndex([narrow(1), narrow(2)], "edge_density"), -1);
});

Deno.test("formatMetric scales shares to per cent and keeps a missing value empty", () => {
  assert.equal(formatMetric("accuracy", 0.6644), "66.4");
  assert.equal(formatMetric("return", 15.266), "15.27");
  assert.equal(formatMetric({ name: "shd", qualifier: "local" }, -1.25), "\u22121.3");
  assert.equal(formatMetric("return", null), "");
  assert.equal(formatMetric("return", undefined), "");
  assert.equal(formatNumber(-0.001, 2), "0.00");
});

Deno.test("metricInfo names qualified and unknown metrics", () => {
  assert.equal(metricInfo({ name: "edge_f1", qualifier: "both_red" }).label, "Edge F1, both red");
  assert.equal(metricInfo({ name: "accuracy_t", qualifier: "3" }).label, "Prediction accuracy, 3 steps");
  assert.equal(metricInfo({ name: "return", qualifier: "best" }).label, "Return, best evaluation");
  assert.equal(metricInfo("something_new").label, "something_new");
  assert.equal(splitLabel("n6"), "n = 6");
  assert.equal(splitLabel("train"), "train");
});
