import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs";
import { useBackend } from "../../../lib/tensor/backend.ts";
import { groupedLinear } from "../../../lib/tensor/ops/grouped_linear/grouped_linear.ts";
import { linear } from "../../../lib/tensor/ops/linear/linear.ts";
import { assertClose, normals, normalTensor, valuesOn } from "../numeric.ts";
import { kernelsOf } from "../table_fixtures.ts";
import { assertSameEverywhere } from "./fused_contract.ts";

const layer = () => ({ weight: normalTensor(1, [4, 37, 19]), bias: normalTensor(2, [4, 1, 19]) });
const cases: readonly { readonly name: string; readonly counts: readonly number[] }[] = [
  { name: "groups of all sizes", counts: [1, 0, 150, 7] },
  { name: "an empty last group", counts: [3, 2, 1, 0] },
  { name: "groups of one size", counts: [5, 5, 5, 5] },
  { name: "sizes in turn", counts: [6, 1, 5, 1] },
  { name: "no rows at all", counts: [0, 0, 0, 0] },
];

for (const { name, counts } of cases) {
  const rows = counts.reduce((sum, count) => sum + count, 0);
  for (const activation of ["linear", "relu"] as const) {
    Deno.test(`groupedLinear with ${activation} on ${name} is the stacked layer's rows, to the bit`, async () => {
      await useBackend("wasm");
      tf.tidy(() => {
        const stacked = linear(normalTensor(3, [4, 150, 37]), layer(), { activation }) as tf.Tensor3D;
        const input = normalTensor(3, [4, 150, 37]);
        const cut = (all: tf.Tensor) =>
          tf.concat(counts.map((count, v) => all.slice([v, 0, 0], [1, count, -1]).reshape([count, all.shape[2]!])));
        const found = groupedLinear(cut(input) as tf.Tensor2D, layer(), { counts, activation });
        assert.deepEqual(found.shape, [rows, 19]);
        assert.deepEqual(found.dataSync(), cut(stacked).dataSync());
      });
    });
  }

  if (rows > 0) {
    Deno.test(`groupedLinear on ${name} has the value and gradients of plain operations on cpu`, async () => {
      const [input, weight, bias] = [[rows, 37], [4, 37, 19], [4, 1, 19]]
        .map((shape, i) => ({ shape, values: normals(i + 1, tf.util.sizeFromShape(shape)) }));
      for (const activation of ["linear", "relu"] as const) {
        const options = { counts, activation };
        await assertSameEverywhere({
          what: `groupedLinear with ${activation}`,
          inputs: [input!, weight!, bias!],
          run: (x, weight, bias) => groupedLinear(x as tf.Tensor2D, { weight: weight!, bias: bias! }, options),
          tolerance: 1e-4,
        });
        await assertSameEverywhere({
          what: `groupedLinear with ${activation} without bias`,
          inputs: [input!, weight!],
          run: (x, weight) => groupedLinear(x as tf.Tensor2D, { weight: weight!, bias: null }, options),
          tolerance: 1e-4,
        });
      }
    });
  }
  Deno.test(`groupedLinear without bias on ${name} is the same on cpu and wasm`, async () => {
    const compute = () => [
      groupedLinear(normalTensor(3, [rows, 37]) as tf.Tensor2D, { weight: layer().weight, bias: null }, { counts }),
    ];
    const [cpu] = await valuesOn("cpu", compute);
    const [wasm] = await valuesOn("wasm", compute);
    assertClose(wasm!, cpu!, { tolerance: 1e-4 });
  });
}

Deno.test("groupedLinear takes as many plain operations for more groups of the same sizes", async () => {
  await useBackend("cpu");
  const launches: number[] = [];
  for (const repeats of [1, 5]) {
    const counts = Array.from({ length: repeats }, () => [4, 0, 3, 1]).flat();
    const rows = 8 * repeats;
    launches.push(
      await kernelsOf(() =>
        tf.tidy(() => {
          tf.grads((x, weight, bias) =>
            groupedLinear(x as tf.Tensor2D, { weight: weight!, bias: bias! }, { counts, activation: "relu" })
          )([tf.ones([rows, 3]), tf.ones([counts.length, 3, 2]), tf.ones([counts.length, 1, 2])]);
        })
      ),
    );
  }
  assert.equal(launches[1], launches[0]);
});

Deno.test("groupedLinear refuses rows that do not fit the groups with a sentence", async () => {
  await useBackend("wasm");
  for (const [shape, counts] of [[[3, 37], [1, 1, 2, 0]], [[3, 36], [1, 1, 1, 0]], [[3, 37], [1, 2]]] as const) {
    tf.tidy(() =>
      assert.throws(() => groupedLinear(tf.zeros([...shape]), layer(), { counts }), {
        name: "TypeError",
        message: /^Cannot apply linear layers to groups: .+, expected .+, got .+/,
      })
    );
  }
});
