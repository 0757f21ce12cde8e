import assert from "node:assert/strict";
import {
  areValues,
  countObservations,
  encodeObservations,
  observationRows,
  type Observations,
  observationsOf,
} from "../../lib/core/observations.ts";
import { encodeValues, type Variable } from "../../lib/core/variable.ts";

const variables: readonly Variable[] = [
  { kind: "categorical", name: "color", categories: 3 },
  { kind: "continuous", name: "x", low: -1, high: 1 },
];
const values = Float32Array.of(2, 0.5, 0, -3);
const encoded = encodeValues(variables, values);

Deno.test("observationsOf gives values as long as all one-hots are some, and encoded numbers else", () => {
  assert.deepEqual(observationsOf(variables, encoded), { values });
  assert.deepEqual(observationsOf(variables, new Float32Array()), { values: new Float32Array() });
  for (const [entry, value] of [[0, 1], [2, 0.9], [2, 0], [6, -1]] as const) {
    const touched = encoded.slice();
    touched[entry] = value;
    const seen = observationsOf(variables, touched);
    assert.ok(!areValues(seen) && seen.encoded === touched, `entry ${entry}: ${value}`);
  }
  // A number may be anything.
  assert.ok(areValues(observationsOf(variables, encoded.map((x, k) => k === 3 ? 1000 * x : x))));
});

Deno.test("observations of both kinds are counted, chosen by row and encoded", () => {
  const cases: [Observations, Observations][] = [
    [{ values }, { values: Float32Array.of(0, -3, 2, 0.5, 0, -3) }],
    [{ encoded }, { encoded: Float32Array.of(1, 0, 0, -3, 0, 0, 1, 0.5, 1, 0, 0, -3) }],
  ];
  for (const [observations, expected] of cases) {
    assert.equal(countObservations(variables, observations), 2);
    assert.deepEqual(encodeObservations(variables, observations), encoded);
    assert.deepEqual(observationRows(variables, observations, { rows: [1, 0, 1] }), expected);
  }
});
