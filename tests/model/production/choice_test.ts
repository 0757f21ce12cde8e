import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs";
import { Rng } from "../../../lib/core/rng.ts";
import { openChoices } from "../../../lib/model/fast/production/open_choices.ts";
import { choose } from "../../../lib/model/production/choice.ts";
import { RngNoise, useBackend } from "../../../lib/tensor/mod.ts";
import { normalTensor } from "../../tensor/numeric.ts";

Deno.test("a choice is open where float32 tells another key's probability from 0", async () => {
  await useBackend("cpu");
  const scores = tf.tensor3d([[[0, -200, -300], [0, -50, -300]], [[7, 7, 7], [-300, -150, -40]]]);
  assert.deepEqual([...openChoices({ oneHot: scores, scores })], [1, 2]);
});

for (const backend of ["cpu", "wasm"] as const) {
  Deno.test(`choices that are not open have no gradient on ${backend}`, async () => {
    await useBackend(backend);
    tf.tidy(() => {
      const width = 4;
      // Spread so that choices of both kinds come up.
      const products = normalTensor(1, [40, 6, 5]).mul<tf.Tensor3D>(150);
      const noise = () => new RngNoise(new Rng(2));
      const open = new Set(openChoices(choose(products, { width, noise: noise() })));
      assert(open.size > 20 && open.size < 220, `${open.size} of 240 open`);
      const weight = normalTensor(3, [40, 6, 5]).mul(1e6);
      const gradient = tf.grad((x) => choose(x as tf.Tensor3D, { width, noise: noise() }).oneHot.mul(weight).sum())(
        products,
      ).dataSync();
      for (let row = 0; row < 240; row++) {
        const own = gradient.slice(5 * row, 5 * (row + 1));
        if (!open.has(row)) assert(own.every((value) => value === 0), `row ${row}: ${own}`);
      }
    });
  });
}
