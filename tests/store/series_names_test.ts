import assert from "node:assert/strict";
import fc from "fast-check";
import { textChecksum } from "../../lib/store/checksums.ts";
import { SeriesNames } from "../../lib/store/series_names.ts";

Deno.test("SeriesNames gives equal names one object, in whatever order they come", () => {
  const name = fc.constantFrom("", "train", "n2", "n 2", "return", "accuracy/x1");
  fc.assert(fc.property(fc.array(fc.tuple(name, name), { maxLength: 60 }), (rows) => {
    const names = new SeriesNames();
    const seen = new Map<string, unknown>();
    for (const [split, metric] of rows) {
      const found = names.of(split, metric);
      assert.deepEqual([found.split, found.metric], [split, metric]);
      assert.deepEqual([found.splitSum, found.metricSum], [textChecksum(split), textChecksum(metric)]);
      const key = JSON.stringify([split, metric]);
      // The names before the first row are nobody's: only an empty split and metric may be they.
      assert.equal(seen.get(key) ?? found, found);
      seen.set(key, found);
    }
  }));
});
