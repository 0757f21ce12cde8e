import { deepEqual, equal } from "node:assert/strict";
import { append } from "../../lib/core/append.ts";
import { maxOf, minOf } from "../../lib/core/extremes.ts";

Deno.test("minOf and maxOf are Math.min and Math.max of any number of values", () => {
  for (const values of [[3, -1, 2], [0, -0], [], [1, NaN, 2], [Infinity, -Infinity], [5]]) {
    equal(minOf(values), Math.min.call(null, ...values));
    equal(maxOf(values), Math.max.call(null, ...values));
  }
  const many = Float64Array.from({ length: 300_000 }, (_, k) => (k * 7919) % 300_007);
  deepEqual([minOf(many), maxOf(many)], [0, 300_006]);
});

Deno.test("append adds any number of items at the end", () => {
  const list = [1];
  append(list, Array.from({ length: 300_000 }, (_, k) => k));
  deepEqual([list.length, list[0], list[1], list.at(-1)], [300_001, 1, 0, 299_999]);
});
