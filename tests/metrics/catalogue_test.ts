import { deepEqual, equal, match, ok } from "node:assert/strict";
import { metricCatalogue, metricTextOf } from "../../lib/metrics/catalogue.ts";
import type { MetricEntry } from "../../lib/metrics/metric_entry.ts";
import { metricText } from "../../lib/records/metric_id.ts";
import { metricsPage, withMetricTables } from "../../tasks/metric_tables.ts";
import { metricOf } from "../metric_of.ts";

const entries = Object.entries<MetricEntry>(metricCatalogue);

Deno.test("docs/metrics.md says of each metric what the catalogue says", async () => {
  const page = await Deno.readTextFile(metricsPage);
  equal(withMetricTables(page), page, "deno task docs writes the tables");
  for (const [name] of entries) match(page, new RegExp(`\\| \`${name}[\`/<]|\`${name}/|, \`${name}[\`/<]`), name);
});

Deno.test("each metric of the catalogue is measured where its entry says", async () => {
  for (const [name, entry] of entries) {
    for (const { measured } of [entry, ...Object.values(entry.named ?? {})]) {
      const text = await Deno.readTextFile(new URL(`../../lib/${measured}`, import.meta.url));
      // A name may be put together from a prefix, as `${prefix}_shd`, or `${name}_t`.
      const parts = [name, name.replace(/^learnable(_step)?|^code|^graph|^(accuracy|nll|mse)(?=_t$)/, "}")];
      ok(parts.some((part) => text.includes(part)), `${name} in ${measured}`);
    }
  }
});

Deno.test("a qualifier with a meaning of its own has its own text, another that of the metric", () => {
  deepEqual(metricTextOf({ name: "loss", qualifier: "gradient_norm" }).own?.label, "Gradient norm");
  deepEqual(metricTextOf({ name: "loss", qualifier: "commitment" }).own?.label, "Training loss");
  equal(metricTextOf({ name: "new", qualifier: "" }).own, undefined);
});

Deno.test("metricText writes name and qualifier as files have them", () => {
  for (const text of ["return", "return/best", "accuracy/x3", "edge_f1/a/b", "accuracy_t3", "accuracy_t12"]) {
    equal(metricText(metricOf(text)), text);
  }
});
