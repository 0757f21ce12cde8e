import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs";
import { maxOf } from "../../lib/core/extremes.ts";
import { Rng } from "../../lib/core/rng.ts";
import { useBackend } from "../../lib/tensor/backend.ts";
import { chosenBackend } from "../chosen_backend.ts";
import { tableMax } from "../../lib/tensor/ops/table_max/table_max.ts";

const J = 3, CATEGORIES = 4, B = 9;
// Three state variables and one action of five categories.
const R = 3 * CATEGORIES + 5;

interface Numbers {
  readonly value: number[];
  readonly table: number[];
  readonly own: number[];
  readonly others: number[];
}

/** Value and gradients of a weighted sum at random numbers of width H. */
function run(H: number, { isMaskShared }: { isMaskShared: boolean }): Numbers {
  const rng = new Rng(H);
  const normals = (...shape: number[]) =>
    tf.tensor(rng.fillNormal(new Float32Array(shape.reduce((a, b) => a * b, 1))), shape);
  const before = tf.memory().numTensors;
  const result = tf.tidy(() => {
    const draw = () => Array.from({ length: 3 }, () => Array.from({ length: B }, () => rng.integer(CATEGORIES)));
    const [own, others] = [draw(), draw()];
    const action = Array.from({ length: B }, () => 3 * CATEGORIES + rng.integer(5));
    const rowsOf = (categories: number[][]) => categories.map((line, i) => line.map((k) => i * CATEGORIES + k));
    const oneHot = (categories: number[][]) =>
      tf.oneHot(tf.tensor2d(categories, [3, B], "int32"), CATEGORIES, 1, 0, "int32").cast("float32") as tf.Tensor3D;
    const seen = Float32Array.from(
      { length: (isMaskShared ? 1 : B) * J * 4 },
      (_, k) => k % 4 === 3 ? 1 : rng.integer(2),
    );
    const table = normals(J, R, H) as tf.Tensor3D;
    const jacobian = normals(J, 3, CATEGORIES, CATEGORIES, H);
    const weight = normals(J, B, H);
    const apply = (table: tf.Tensor, own: tf.Tensor, other: tf.Tensor) =>
      tableMax({
        table: table as tf.Tensor3D,
        rows: tf.tensor2d([...rowsOf(others), action], [4, B], "int32"),
        ownRows: tf.tensor2d(ownRows, [J, B], "int32"),
        mask: tf.tensor3d(seen, [isMaskShared ? 1 : B, J, 4]),
        learning: [{
          own: own as tf.Tensor3D,
          others: other as tf.Tensor3D,
          jacobian: { tensor: jacobian, column: 0, offset: 0 },
        }],
      });
    const ownRows = rowsOf(own);
    const inputs = [table, oneHot(own), oneHot(others)] as const;
    const gradients = tf.grads((...args: tf.Tensor[]) => apply(args[0]!, args[1]!, args[2]!).mul(weight).sum())([
      ...inputs,
    ]);
    const [dTable, dOwn, dOthers] = gradients.map((gradient) => [...gradient.dataSync()]) as [
      number[],
      number[],
      number[],
    ];
    const value = [...apply(...inputs).dataSync()];
    // By hand: the largest of the rows that the mask lets through.
    const numbers = table.dataSync();
    value.forEach((found, entry) => {
      const j = Math.floor(entry / (B * H)), b = Math.floor(entry / H) % B, h = entry % H;
      const rows = [0, 1, 2, 3].filter((i) => seen[((isMaskShared ? 0 : b * J) + j) * 4 + i] === 1)
        .map((i) => i === 3 ? action[b]! : i === j ? ownRows[j]![b]! : i * CATEGORIES + others[i]![b]!);
      assert.equal(found, maxOf(rows.map((row) => numbers[(j * R + row) * H + h]!)));
    });
    return { value, table: dTable, own: dOwn, others: dOthers };
  });
  assert.equal(tf.memory().numTensors, before);
  return result;
}

for (const H of [1, 3, 8, 13, 128]) {
  for (const isMaskShared of [false, true]) {
    Deno.test(`tableMax: width ${H}, ${isMaskShared ? "one mask" : "a mask a sample"}, kernels as plain operations`, async () => {
      await useBackend("cpu");
      const plain = run(H, { isMaskShared });
      await useBackend(chosenBackend ?? "wasm");
      const kernels = run(H, { isMaskShared });
      assert.deepEqual(kernels.value, plain.value);
      for (const part of ["table", "own", "others"] as const) {
        plain[part].forEach((value, k) => assert(Math.abs(kernels[part][k]! - value) < 1e-4, `${part}[${k}]`));
        // One mask may let no variable through to itself.
        assert(isMaskShared || plain[part].some((value) => value !== 0), part);
      }
    });
  }
}

Deno.test("tableMax: the first input wins a tie", async () => {
  for (const backend of ["cpu", chosenBackend ?? "wasm"] as const) {
    await useBackend(backend);
    const gradient = tf.tidy(() =>
      tf.grad((table: tf.Tensor) =>
        tableMax({
          table: table as tf.Tensor3D,
          rows: tf.tensor2d([[0], [1]], [2, 1], "int32"),
          ownRows: tf.tensor2d([[0]], [1, 1], "int32"),
          mask: tf.ones([1, 1, 2]),
          learning: [],
        }).sum()
      )(tf.tensor3d([2, 2], [1, 2, 1])).dataSync()
    );
    assert.deepEqual([...gradient], [1, 0]);
  }
});
