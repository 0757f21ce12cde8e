import assert from "node:assert/strict";
import fc from "fast-check";
import {
  columnOffsets,
  decodeValues,
  encodeValues,
  totalWidth,
  type Variable,
  widthOf,
} from "../../lib/core/variable.ts";

const color: Variable = { kind: "categorical", name: "color", categories: 3 };
const position: Variable = { kind: "continuous", name: "x", low: -1, high: 1 };
const variables = [color, position, { ...color, name: "other", categories: 2 }];

Deno.test("widthOf, totalWidth and columnOffsets count columns", () => {
  assert.equal(widthOf(color), 3);
  assert.equal(widthOf(position), 1);
  assert.equal(totalWidth(variables), 6);
  assert.equal(totalWidth([]), 0);
  assert.deepEqual(columnOffsets(variables), [0, 3, 4]);
});

Deno.test("encodeValues writes one-hots and numbers row by row", () => {
  assert.deepEqual(
    encodeValues(variables, Float32Array.of(2, 0.5, 0, 0, -4, 1)),
    Float32Array.of(0, 0, 1, 0.5, 1, 0, 1, 0, 0, -4, 0, 1),
  );
});

Deno.test("encodeValues overwrites all of a given array and returns it", () => {
  const out = new Float32Array(6).fill(7);
  assert.equal(encodeValues(variables, Float32Array.of(0, 3, 1), out), out);
  assert.deepEqual(out, Float32Array.of(1, 0, 0, 3, 0, 1));
});

Deno.test("encodeValues refuses a category that a variable lacks", () => {
  for (const value of [3, -1, 0.5, NaN]) {
    assert.throws(() => encodeValues([color], Float32Array.of(value)), {
      name: "RangeError",
      message: `Cannot encode color: not one of its categories, expected 0 to 2, got ${value}`,
    });
  }
});

Deno.test("decodeValues takes the largest entry of a block, the first of equal ones", () => {
  assert.deepEqual(
    decodeValues(variables, Float32Array.of(-3, -1, -2, 0.25, 5, 5)),
    Float32Array.of(1, 0.25, 0),
  );
});

Deno.test("decodeValues is the inverse of encodeValues", () => {
  const variable = fc.oneof(
    fc.integer({ min: 2, max: 6 }).map((categories): Variable => ({ kind: "categorical", name: "v", categories })),
    fc.constant(position),
  );
  const rows = fc.tuple(fc.array(variable, { minLength: 1, maxLength: 5 }), fc.nat(4)).chain(([list, count]) =>
    fc.record({
      list: fc.constant(list),
      values: fc.tuple(
        ...Array.from({ length: count }, () => list).flat().map((each) => (
          each.kind === "categorical" ? fc.nat(each.categories - 1) : fc.float({ noNaN: true, noDefaultInfinity: true })
        )),
      ),
    })
  );
  fc.assert(fc.property(rows, ({ list, values }) => {
    const array = Float32Array.from(values);
    const encoded = encodeValues(list, array);
    assert.equal(encoded.length, (array.length / list.length) * totalWidth(list));
    assert.deepEqual(decodeValues(list, encoded), array);
  }));
});
