import { metricOf } from "../metric_of.ts";
import assert from "node:assert/strict";
import type { MetricRow } from "../../lib/store/store.ts";
import { type ComparedSeed, controlVerdict, leavesEdgesOut } from "../../reports/build/control_comparison.ts";

type Numbers = Readonly<Record<string, number | null>>;

/** Rows of one run from `{ "n2 return": 24 }`. */
function rows(numbers: Numbers): MetricRow[] {
  return Object.entries(numbers).map(([key, value]) => {
    const [split = "", metric = ""] = key.split(" ");
    return { runId: "a", split, ...metricOf(metric), value, envSteps: 1, updates: 1, elapsedMs: 1 };
  });
}

const seed = (own: Numbers, control: Numbers): ComparedSeed => ({ own: rows(own), control: rows(control) });
const under = (reward: number, accuracy: number): Numbers => ({ "n2 return": reward, "n2 accuracy": accuracy });

Deno.test("controlVerdict: better only where the interval of the seeds' differences lies above zero", () => {
  const better = controlVerdict([
    seed(under(20, 0.95), under(15, 0.8)),
    seed(under(21, 0.97), under(15, 0.81)),
    seed(under(19, 0.96), under(14.5, 0.8)),
  ]);
  assert.equal(better.outcome, "sound");
  // Differences 5, 6, 4.5: mean 5.1667, deviation 0.7638, half width 4.3027 * 0.7638 / sqrt(3) = 1.8973.
  assert.equal(
    better.sentence,
    "Better than leaving edges out under the shift: return 20.00 against 14.83 (+5.17; 95 % interval +3.27 to +7.06, " +
      "3 seeds); accuracy 96.0 % against 80.3 % (+15.7; 95 % interval +14.2 to +17.1, 3 seeds).",
  );
  // One seed far above, two below: the mean is above, the interval is not.
  const mixed = controlVerdict([
    seed(under(25, 0.95), under(15, 0.8)),
    seed(under(14, 0.97), under(15, 0.81)),
    seed(under(14, 0.96), under(14.5, 0.8)),
  ]);
  assert.equal(mixed.outcome, "fault");
  assert.equal(mixed.title, "no better than leaving edges out in return");
});

Deno.test("controlVerdict: seeds are paired, so that a spread which both share does not hide a difference", () => {
  const verdict = controlVerdict([
    seed(under(10, 0.5), under(9, 0.4)),
    seed(under(20, 0.7), under(19, 0.6)),
    seed(under(15, 0.9), under(14, 0.8)),
  ]);
  assert.equal(verdict.outcome, "sound");
});

Deno.test("controlVerdict: below the control in all is worse, and one seed is held against a margin", () => {
  const worse = controlVerdict([seed(under(10, 0.5), under(20, 0.9))]);
  assert.equal(worse.title, "worse than leaving edges out");
  assert.match(worse.sentence, /\(\u221210\.00; 1 seed, too few for an interval\)/);
  // 24.3 against 24.1 is within 5 %, 96 against 95.5 % within a point.
  assert.equal(
    controlVerdict([seed(under(24.3, 0.96), under(24.1, 0.955))]).title,
    "no better than leaving edges out",
  );
  // One seed can be above, but shows no more than that.
  const above = controlVerdict([seed(under(24, 0.96), under(20, 0.92))]);
  assert.equal(above.outcome, "unchecked");
  assert.match(above.sentence, /^Above leaving edges out under the shift, though so few seeds do not show .* 24\.00/);
});

Deno.test("controlVerdict: squared errors are compared as ratios, lower being better, in place of easy accuracies", () => {
  const mse = (own: number, control: number) =>
    seed({ "ood return": 5, "ood mse": own, "ood accuracy": 1 }, {
      "ood return": 2,
      "ood mse": control,
      "ood accuracy": 1,
    });
  const verdict = controlVerdict([mse(1e-3, 1e-2), mse(2e-6, 1e-5), mse(0.5, 10)]);
  assert.equal(verdict.outcome, "sound");
  // Ratios 0.1, 0.2, 0.05: their geometric mean is 0.1.
  assert.match(
    verdict.sentence,
    /squared error .* \(0\.10 times; 95 % interval 0\.0\d times to 0\.\d+ times, 3 seeds\)/,
  );
  assert.ok(!verdict.sentence.includes("accuracy"));
});

Deno.test("controlVerdict: means over the shifted splits that both have; training and missing values do not count", () => {
  const verdict = controlVerdict([seed(
    { "train return": 99, "n2 return": 10, "n4 return": 20, "n6 return": null },
    { "train return": 1, "n2 return": 8, "n4 return": 10, "n6 return": 100 },
  )]);
  assert.match(verdict.sentence, /return 15\.00 against 9\.00/);
});

Deno.test("controlVerdict says so where there is nothing to compare with", () => {
  for (const seeds of [[], [seed({ "train return": 3 }, { "train return": 4 })]]) {
    const verdict = controlVerdict(seeds);
    assert.equal(verdict.outcome, "unchecked");
    assert.match(verdict.sentence, /^Not compared with leaving edges out: there is no finished run of the control/);
  }
});

Deno.test("leavesEdgesOut knows the control by its spec, whatever its label", () => {
  assert.ok(leavesEdgesOut({ spec: { method: { id: "fixed-graph", graph: "none", label: "x" } } }));
  for (const spec of [{ method: { id: "fixed-graph", graph: "all" } }, { method: { id: "fcdl" } }, {}, null, 3]) {
    assert.ok(!leavesEdgesOut({ spec }));
  }
});
