import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs";
import { swapVariable } from "../../../lib/model/masked/swap_variable.ts";
import { variableGroups } from "../../../lib/model/variable_groups.ts";
import { useBackend } from "../../../lib/tensor/mod.ts";

const groups = variableGroups([
  { kind: "categorical", name: "a", categories: 2 },
  { kind: "continuous", name: "p", low: -1, high: 1 },
  { kind: "continuous", name: "q", low: -1, high: 1 },
]);
const rows = [[1, 0, 0.1, 1], [0, 1, 0.2, 2], [1, 0, 0.3, 3]];

async function swapped(variable: number): Promise<number[][]> {
  await useBackend("cpu");
  const encoded = tf.tensor2d(rows);
  const result = swapVariable(encoded, { groups, variable });
  const values = (await result.array()).map((row) => row.map((value) => Math.round(value * 10) / 10));
  tf.dispose([encoded, result]);
  return values;
}

Deno.test("swapVariable gives each sample the next one's value of one variable alone", async () => {
  assert.deepEqual(await swapped(0), [[0, 1, 0.1, 1], [1, 0, 0.2, 2], [1, 0, 0.3, 3]]);
  assert.deepEqual(await swapped(1), [[1, 0, 0.2, 1], [0, 1, 0.3, 2], [1, 0, 0.1, 3]]);
  assert.deepEqual(await swapped(2), [[1, 0, 0.1, 2], [0, 1, 0.2, 3], [1, 0, 0.3, 1]]);
});

Deno.test("swapVariable refuses an index that no group has", async () => {
  await assert.rejects(swapped(3), /RangeError: Cannot swap a variable: unknown index, expected .*, got 3/);
});
