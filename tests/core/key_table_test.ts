import assert from "node:assert/strict";
import fc from "fast-check";
import { KeyTable } from "../../lib/core/key_table.ts";

Deno.test("KeyTable numbers keys as a map of their text does, also after clear", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 3 }),
      fc.array(fc.array(fc.integer({ min: -3, max: 3 }), { minLength: 3, maxLength: 3 }), { maxLength: 400 }),
      (words, keys) => {
        const table = new KeyTable(words);
        for (let round = 0; round < 2; round++) {
          const expected = new Map<string, number>();
          for (const key of keys) {
            const text = key.slice(0, words).join();
            if (!expected.has(text)) expected.set(text, expected.size);
            assert.equal(table.numberOf(Int32Array.from(key)), expected.get(text));
            assert.equal(table.size, expected.size);
          }
          table.clear();
          assert.equal(table.size, 0);
        }
      },
    ),
    { numRuns: 100, seed: 1 },
  );
});

Deno.test("KeyTable keeps the numbers of many keys while it grows", () => {
  const table = new KeyTable(2);
  const key = (k: number) => Int32Array.of(k % 100, Math.floor(k / 100));
  for (let k = 0; k < 20_000; k++) assert.equal(table.numberOf(key(k)), k);
  for (let k = 0; k < 20_000; k++) assert.equal(table.numberOf(key(k)), k);
});
