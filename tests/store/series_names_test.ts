import assert from "node:assert/strict";
import fc from "fast-check";
import { seriesChecksum } from "../../lib/store/checksums.ts";
import { SeriesNames } from "../../lib/store/series_names.ts";

Deno.test("SeriesNames gives equal names one object, in whatever order they come", () => {
  const name = fc.constantFrom("", "train", "n2", "n 2", "return", "x1");
  fc.assert(fc.property(fc.array(fc.tuple(name, name, name), { maxLength: 60 }), (rows) => {
    const names = new SeriesNames();
    const seen = new Map<string, unknown>();
    for (const [split, metric, qualifier] of rows) {
      const found = names.of(split, { name: metric, qualifier });
      assert.deepEqual([found.split, found.name, found.qualifier], [split, metric, qualifier]);
      assert.equal(found.sum, seriesChecksum({ split, name: metric, qualifier }));
      const key = JSON.stringify([split, metric, qualifier]);
      // The names before the first row are nobody's: only three empty ones may be they.
      assert.equal(seen.get(key) ?? found, found);
      seen.set(key, found);
    }
  }));
});
