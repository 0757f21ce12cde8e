import assert from "node:assert/strict";
import { studentTQuantile } from "../../lib/metrics/student_t.ts";
import { seedStatistics } from "../../reports/build/interval_statistics.ts";

Deno.test("studentTQuantile: the published table's two-sided 95 % quantiles", () => {
  const table = [[1, 12.706], [2, 4.303], [3, 3.182], [7, 2.365], [10, 2.228], [19, 2.093], [29, 2.045], [30, 2.042]];
  table.push([31, 2.04], [40, 2.021], [60, 2], [100, 1.984], [120, 1.98], [1000, 1.962], [100_000, 1.96]);
  for (const [degrees, quantile] of table) {
    assert.ok(Math.abs(studentTQuantile(0.975, degrees!) - quantile!) < 0.0005, `${degrees} degrees`);
  }
  // One degree is Cauchy's distribution, two have a closed form too.
  assert.ok(Math.abs(studentTQuantile(0.975, 1) - Math.tan(Math.PI * 0.475)) < 1e-9);
  assert.ok(Math.abs(studentTQuantile(0.975, 2) - 0.95 / Math.sqrt(2 * 0.975 * 0.025)) < 1e-9);
});

Deno.test("seedStatistics: 32 seeds have 31 degrees of freedom, not a normal distribution's 1.96", () => {
  // -1 and 1 in turn: mean 0, squared deviations 32 / 31.
  const values = Array.from({ length: 32 }, (_, seed) => seed % 2 === 0 ? -1 : 1);
  const { low, high } = seedStatistics(values);
  assert.ok(Math.abs(high! - 2.0395 * Math.sqrt(32 / 31) / Math.sqrt(32)) < 1e-4, `${high}`);
  assert.equal(low, -high!);
});

Deno.test("seedStatistics takes more values than a call has arguments", () => {
  const values = Float64Array.from({ length: 300_000 }, (_, k) => k);
  const { min, max, mean } = seedStatistics([...values]);
  assert.deepEqual([min, max, mean], [0, 299_999, 149_999.5]);
});
