import assert from "node:assert/strict";
import { paperMethods, paperSplits, paperValue } from "../../reports/paper/results.ts";

Deno.test("paperValue gives the paper's return as printed", () => {
  assert.deepEqual(paperValue("fcdl", { environment: "chemical-fork", split: "n2", metric: "return" }), {
    mean: 15.27,
    std: 2.53,
  });
  assert.deepEqual(paperValue("fcdl", { environment: "magnetic", split: "ood", metric: "return" }), {
    mean: 4.81,
    std: 3.01,
  });
  assert.equal(paperValue("nps", { environment: "chemical-chain", split: "n6", metric: "return" })?.mean, 6.8);
});

Deno.test("paperValue gives accuracy as a share, as metrics are stored", () => {
  const value = paperValue("ncd", { environment: "chemical-fork", split: "n2", metric: "accuracy" });
  assert.ok(Math.abs(value!.mean - 0.416) < 1e-12);
  assert.ok(Math.abs(value!.std! - 0.0508) < 1e-12);
  assert.equal(paperValue("mlp", { environment: "chemical-chain", split: "n6", metric: "accuracy" })?.mean, 0.2415);
});

Deno.test("paperValue is null where the paper has no number", () => {
  assert.equal(paperValue("grader", { environment: "magnetic", split: "ood", metric: "return" }), null);
  assert.equal(paperValue("fcdl", { environment: "chemical-fork-5x3", split: "n2", metric: "return" }), null);
  assert.equal(paperValue("fcdl-kmeans", { environment: "chemical-fork", split: "n2", metric: "return" }), null);
});

Deno.test("the paper's tables are complete: 88 returns and 72 accuracies", () => {
  const count = (metric: string) =>
    ["chemical-fork", "chemical-chain", "magnetic"].flatMap((environment) =>
      paperSplits(environment, metric).flatMap((split) =>
        [...paperMethods.keys()].filter((method) => paperValue(method, { environment, split, metric }) !== null)
      )
    ).length;
  assert.equal(count("return"), 88);
  assert.equal(count("accuracy"), 72);
});
