import { deepEqual, equal } from "node:assert/strict";
import { differencesOf, firstDifference } from "../../lib/core/difference.ts";

Deno.test("firstDifference is the first place where two plain values differ", () => {
  equal(firstDifference({ a: { b: [1] }, c: undefined }, { a: { b: [1] } }), null);
  deepEqual(firstDifference({ a: { b: 1, c: 2 } }, { a: { b: 1, c: 3, d: 4 } }), {
    path: ["a", "c"],
    here: 2,
    there: 3,
  });
  deepEqual(firstDifference(1, [1]), { path: [], here: 1, there: [1] });
  // No inherited property is a field.
  deepEqual(firstDifference({ toString: 1 }, {}), { path: ["toString"], here: 1, there: undefined });
});

Deno.test("differencesOf are all of them", () => {
  const paths = [...differencesOf({ a: 1, b: { c: 2 }, d: [1, 2] }, { b: { c: 3 }, d: [1], e: 5 })].map(({ path }) =>
    path
  );
  deepEqual(paths, [["a"], ["b", "c"], ["d"], ["e"]]);
});
