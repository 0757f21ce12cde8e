import { deepEqual, throws } from "node:assert/strict";
import { parseSeeds } from "../../lib/experiment/seeds.ts";

Deno.test("parseSeeds reads numbers and ranges in order", () => {
  deepEqual(parseSeeds("1-3"), [1, 2, 3]);
  deepEqual(parseSeeds("1,3,5"), [1, 3, 5]);
  deepEqual(parseSeeds(" 7 , 0-1"), [7, 0, 1]);
  deepEqual(parseSeeds("2147483647"), [2147483647]);
});

Deno.test("parseSeeds refuses what is no seed with the rule and the text", () => {
  for (const text of ["", "a", "1-", "-1", "1;2", "1.5", "1,,2"]) {
    throws(() => parseSeeds(text), {
      name: "SyntaxError",
      message: `Cannot read seeds: not a number or range, expected something like 1-8 or 1,3,5, got "${text}"`,
    });
  }
  throws(() => parseSeeds("8-1"), /range not allowed, expected rising, .* got "8-1"/);
  throws(() => parseSeeds("2147483648"), RangeError);
  throws(() => parseSeeds("1-2000000000"), RangeError);
  throws(() => parseSeeds("1-3,2"), /a seed occurs twice, .*\(2\)$/);
});
