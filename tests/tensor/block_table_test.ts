import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs";
import { useBackend } from "../../lib/tensor/backend.ts";
import { blockRows } from "../../lib/tensor/ops/block_table/contract.ts";
import { blockTable } from "../../lib/tensor/ops/block_table/block_table.ts";
import { assertClose, normals } from "./numeric.ts";
import { assertSameEverywhere } from "./ops/fused_contract.ts";
import { alternatingTables, kernelsOf, mixedNeeds, mixedSizes, mixedTables } from "./table_fixtures.ts";

const WIDTH = 4, OUTPUTS = 5;

interface Trial {
  readonly targets: number;
  readonly isSparse: boolean;
  readonly jacobian: boolean;
  /** Rows of the weights after the variables' blocks. */
  readonly more: number;
}

const trials: readonly Trial[] = [
  { targets: 3, isSparse: true, jacobian: false, more: 0 },
  { targets: 3, isSparse: true, jacobian: true, more: 2 },
  { targets: 2, isSparse: false, jacobian: false, more: 3 },
  { targets: 1, isSparse: false, jacobian: true, more: 0 },
];

function nameOf({ targets, isSparse, jacobian, more }: Trial): string {
  return `${targets} targets of ${jacobian ? "Jacobians" : "features"}, ` +
    `${isSparse ? "some" : "no"} inputs never needed, ${more} more weights`;
}

function operandsOf({ targets, jacobian, more }: Trial) {
  const rows = jacobian ? mixedSizes.jacobianRows : mixedSizes.rowCount;
  const depth = mixedSizes.maskWidth * WIDTH + more;
  return [
    { shape: [rows, WIDTH], values: normals(1, rows * WIDTH) },
    { shape: [targets, depth, OUTPUTS], values: normals(2, targets * depth * OUTPUTS) },
  ];
}

type Tables = ReturnType<typeof mixedTables>;

function apply({ jacobian }: Trial, { layout, needed }: Tables, operands: readonly tf.Tensor[]): tf.Tensor3D {
  const [features, weight] = operands as [tf.Tensor2D, tf.Tensor3D];
  return blockTable(features, weight, { layout, needed, jacobian });
}

/** The table in loops, and its gradients when `dy` comes back. */
function byHand(trial: Trial, { layout }: Tables, dy: ArrayLike<number>) {
  const { targets, isSparse, jacobian } = trial;
  const [features, weight] = operandsOf(trial) as [{ values: Float32Array }, { values: Float32Array; shape: number[] }];
  const rows = features.values.length / WIDTH;
  const depth = weight.shape[1]!;
  const needs = isSparse ? mixedNeeds(targets) : null;
  const table = new Float32Array(targets * rows * OUTPUTS);
  const gradients = [new Float32Array(rows * WIDTH), new Float32Array(weight.values.length)] as const;
  for (let j = 0; j < targets; j++) {
    for (const { column, offset, count } of blockRows({ layout, needed: null, jacobian })) {
      if (needs && needs[j * mixedSizes.maskWidth + column] === 0) continue;
      for (let row = offset; row < offset + count; row++) {
        for (let o = 0; o < OUTPUTS; o++) {
          const out = (j * rows + row) * OUTPUTS + o;
          for (let h = 0; h < WIDTH; h++) {
            const at = (j * depth + column * WIDTH + h) * OUTPUTS + o;
            table[out]! += features.values[row * WIDTH + h]! * weight.values[at]!;
            gradients[0][row * WIDTH + h]! += dy[out]! * weight.values[at]!;
            gradients[1][at]! += dy[out]! * features.values[row * WIDTH + h]!;
          }
        }
      }
    }
  }
  return { table, gradients };
}

for (const trial of trials) {
  Deno.test(`blockTable of variables of several sizes is what loops give: ${nameOf(trial)}`, async () => {
    await useBackend("cpu");
    const rows = operandsOf(trial)[0]!.shape[0]!;
    const dy = normals(3, trial.targets * rows * OUTPUTS);
    const tables = mixedTables(trial.targets, trial);
    const expected = byHand(trial, tables, dy);
    const [value, ...found] = tf.tidy(() => {
      const operands = operandsOf(trial).map(({ shape, values }) => tf.tensor(values, shape));
      const weight = tf.tensor(dy, [trial.targets, rows, OUTPUTS]);
      const gradients = tf.grads((...args) => apply(trial, tables, args).mul(weight).sum())(operands);
      return [apply(trial, tables, operands), ...gradients].map((result) => result.dataSync());
    });
    assertClose(value!, expected.table, { tolerance: 1e-5, what: "table" });
    found.forEach((gradient, i) =>
      assertClose(gradient, expected.gradients[i]!, { tolerance: 1e-5, what: `gradient ${i}` })
    );
    tables.dispose();
  });

  Deno.test(`blockTable of variables of several sizes is the same everywhere: ${nameOf(trial)}`, async () => {
    await useBackend("cpu");
    const tables = mixedTables(trial.targets, trial);
    await assertSameEverywhere({
      what: nameOf(trial),
      inputs: operandsOf(trial),
      run: (...operands) => apply(trial, tables, operands),
    });
    tables.dispose();
  });
}

Deno.test("blockTable takes as many plain operations for more variables of the same sizes", async () => {
  await useBackend("cpu");
  const launches: number[] = [];
  for (const count of [4, 12]) {
    const { layout, dispose } = alternatingTables(count);
    launches.push(
      await kernelsOf(() => {
        const table = (features: tf.Tensor, weight: tf.Tensor) =>
          blockTable(features as tf.Tensor2D, weight as tf.Tensor3D, { layout, needed: null });
        tf.tidy(() => {
          tf.grads(table)([tf.ones([layout.rowCount, WIDTH]), tf.ones([2, count * WIDTH, OUTPUTS])]);
        });
      }),
    );
    dispose();
  }
  assert.equal(launches[1], launches[0]);
});
