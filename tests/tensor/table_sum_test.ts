import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs";
import { useBackend } from "../../lib/tensor/backend.ts";
import { chosenRows } from "../../lib/tensor/ops/category_rows/category_rows.ts";
import { tableSum } from "../../lib/tensor/ops/table_sum/table_sum.ts";
import { assertClose, normals } from "./numeric.ts";
import { assertSameEverywhere } from "./ops/fused_contract.ts";
import {
  alternatingTables,
  kernelsOf,
  mixedChoices,
  mixedNeeds,
  mixedOneHots,
  mixedRuns,
  mixedSizes,
  mixedTables,
} from "./table_fixtures.ts";

const B = 6, H = 5;
const { maskWidth: W, rowCount: R, jacobianRows } = mixedSizes;
const learning = mixedRuns.slice(0, 3);

interface Trial {
  readonly targets: number;
  readonly hasMask: boolean;
  readonly hasBias: boolean;
  readonly isSparse: boolean;
}

const trials: readonly Trial[] = [
  { targets: 3, hasMask: true, hasBias: true, isSparse: true },
  { targets: 3, hasMask: true, hasBias: false, isSparse: false },
  { targets: 2, hasMask: false, hasBias: true, isSparse: true },
  { targets: 2, hasMask: false, hasBias: false, isSparse: false },
  { targets: 1, hasMask: false, hasBias: true, isSparse: false },
];

function nameOf({ targets, hasMask, hasBias, isSparse }: Trial): string {
  return `${targets} targets, ${hasMask ? "masked" : "unmasked"}, ${hasBias ? "bias" : "no bias"}, ` +
    (isSparse ? "some inputs never needed" : "all inputs needed");
}

/** Operands by name; masks are any numbers, which shows more than 0 and 1. */
function operandsOf({ targets, hasMask, hasBias }: Trial) {
  return [
    { name: "table", shape: [targets, R, H], values: normals(1, targets * R * H) },
    ...(hasMask ? [{ name: "mask", shape: [B, targets, W], values: normals(2, B * targets * W) }] : []),
    ...(hasBias ? [{ name: "bias", shape: [targets, 1, H], values: normals(3, targets * H) }] : []),
  ];
}

const jacobianValues = (targets: number) => normals(4, targets * jacobianRows * H);

type Tables = ReturnType<typeof mixedTables>;

/** The sum of the trial's operands, and of the learning variables' one-hots after them. */
function apply(trial: Trial, { layout, needed }: Tables, operands: readonly tf.Tensor[]): tf.Tensor3D {
  const { targets, hasMask, hasBias } = trial;
  const [table, ...rest] = operands;
  const mask = hasMask ? rest.shift()! : null;
  const bias = hasBias ? rest.shift()! : null;
  const all = mixedOneHots(mixedChoices(B));
  return tableSum({
    layout,
    needed,
    chosen: chosenRows(mixedRuns.map(({ first, count }, r) => ({
      oneHot: all[r]!,
      offsets: tf.tensor2d(layout.blocks.slice(first, first + count).map(({ offset }) => offset), [count, 1], "int32"),
    }))),
    table: table as tf.Tensor3D,
    mask: mask as tf.Tensor3D | null,
    bias,
    inputs: rest.map((oneHot, r) => ({ oneHot: oneHot as tf.Tensor3D, first: learning[r]!.first })),
    jacobian: rest.length > 0 ? tf.tensor3d(jacobianValues(targets), [targets, jacobianRows, H]) : null,
  });
}

/** The sum in loops, and its gradients when `dy` comes back. */
function byHand(trial: Trial, { layout: { blocks } }: Tables, dy: ArrayLike<number>) {
  const { targets, hasMask, hasBias, isSparse } = trial;
  const values = Object.fromEntries(operandsOf(trial).map((operand) => [operand.name, operand.values]));
  const needs = isSparse ? mixedNeeds(targets) : null;
  const choices = mixedChoices(B);
  const jacobian = jacobianValues(targets);
  const sum = new Float32Array(targets * B * H);
  const gradients = {
    table: new Float32Array(targets * R * H),
    mask: new Float32Array(B * targets * W),
    bias: new Float32Array(targets * H),
    oneHots: learning.map(({ count, categories }) => new Float32Array(count * B * categories)),
  };
  for (let j = 0; j < targets; j++) {
    for (let b = 0; b < B; b++) {
      for (let h = 0; h < H; h++) {
        const out = (j * B + b) * H + h;
        if (hasBias) sum[out]! += values.bias![j * H + h]!;
        gradients.bias[j * H + h]! += dy[out]!;
        blocks.forEach(({ column, offset, categories, jacobianOffset }, i) => {
          if (needs && needs[j * W + column] === 0) return;
          const place = (b * targets + j) * W + column;
          const factor = hasMask ? values.mask![place]! : 1;
          const row = (j * R + offset + choices[i]![b]!) * H + h;
          sum[out]! += factor * values.table![row]!;
          gradients.table[row]! += factor * dy[out]!;
          gradients.mask[place]! += values.table![row]! * dy[out]!;
          const r = learning.findIndex(({ first, count }) => i >= first && i < first + count);
          if (r < 0) return;
          for (let k = 0; k < categories; k++) {
            const derivative =
              jacobian[(j * jacobianRows + jacobianOffset + choices[i]![b]! * categories + k) * H + h]!;
            gradients.oneHots[r]![((i - learning[r]!.first) * B + b) * categories + k]! += factor * derivative *
              dy[out]!;
          }
        });
      }
    }
  }
  return { sum, gradients };
}

for (const trial of trials) {
  Deno.test(`tableSum of variables of several sizes is what loops give: ${nameOf(trial)}`, async () => {
    const dy = normals(9, trial.targets * B * H);
    await useBackend("cpu");
    const tables = mixedTables(trial.targets, trial);
    const { sum, gradients } = byHand(trial, tables, dy);
    const [value, ...found] = tf.tidy(() => {
      const operands = operandsOf(trial).map(({ shape, values }) => tf.tensor(values, shape));
      const oneHots = mixedOneHots(mixedChoices(B)).slice(0, learning.length);
      const weight = tf.tensor(dy, [trial.targets, B, H]);
      const all = [...operands, ...oneHots];
      const results = [
        apply(trial, tables, all),
        ...tf.grads((...args) => apply(trial, tables, args).mul(weight).sum())(all),
      ];
      return results.map((result) => result.dataSync());
    });
    assertClose(value!, sum, { tolerance: 1e-5, what: "sum" });
    const expected = [
      ...operandsOf(trial).map(({ name }) => gradients[name as "table" | "mask" | "bias"]),
      ...gradients.oneHots,
    ];
    assert.equal(found.length, expected.length);
    found.forEach((gradient, i) => assertClose(gradient, expected[i]!, { tolerance: 1e-5, what: `gradient ${i}` }));
    tables.dispose();
  });

  Deno.test(`tableSum of variables of several sizes is the same everywhere: ${nameOf(trial)}`, async () => {
    await useBackend("cpu");
    const tables = mixedTables(trial.targets, trial);
    const oneHots = tf.tidy(() =>
      mixedOneHots(mixedChoices(B)).slice(0, learning.length).map((oneHot) => ({
        shape: oneHot.shape,
        values: Float32Array.from(oneHot.dataSync()),
      }))
    );
    await assertSameEverywhere({
      what: nameOf(trial),
      inputs: [...operandsOf(trial), ...oneHots],
      run: (...operands) => apply(trial, tables, operands),
    });
    tables.dispose();
  });
}

Deno.test("tableSum takes as many plain operations for more variables of the same sizes", async () => {
  await useBackend("cpu");
  const launches: number[] = [];
  for (const count of [4, 12]) {
    const tables = alternatingTables(count);
    launches.push(await kernelsOf(() => tf.tidy(() => differentiate(tables))));
    tables.dispose();
  }
  assert.equal(launches[1], launches[0]);
});

/** Value and gradients of a sum where each variable is a run of its own. */
function differentiate({ layout, sizes }: ReturnType<typeof alternatingTables>): void {
  const jacobian = tf.ones<tf.Rank.R3>([2, sizes.reduce((sum, c) => sum + c * c, 0), H]);
  const chosen = { batch: B, rows: null, taken: tf.ones<tf.Rank.R2>([B, layout.rowCount]) };
  tf.grads((...args) => {
    const [table, mask, ...oneHots] = args as [tf.Tensor3D, tf.Tensor3D, ...tf.Tensor3D[]];
    const inputs = oneHots.map((oneHot, first) => ({ oneHot, first }));
    return tableSum({ layout, needed: null, chosen, table, mask, bias: null, inputs, jacobian });
  })([tf.ones([2, layout.rowCount, H]), tf.ones([B, 2, sizes.length]), ...sizes.map((c) => tf.ones([1, B, c]))]);
}
