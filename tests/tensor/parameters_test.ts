import { equal, ok, throws } from "node:assert/strict";
import * as tf from "@tensorflow/tfjs";
import { Rng } from "../../lib/core/rng.ts";
import {
  Adam,
  applyBatchNormLeakyRelu,
  createBatchNorm,
  forcePlainOperations,
  ParameterSet,
  useBackend,
} from "../../lib/tensor/mod.ts";

await useBackend("wasm");

for (const plain of [false, true]) {
  Deno.test(`ParameterSet.version grows with every way of changing a number (${plain ? "plain" : "own kernels"})`, async () => {
    forcePlainOperations(plain);
    const set = new ParameterSet(new Rng(1));
    const weight = set.parameter("weight", { shape: [2, 3], init: { kind: "normal" } });
    const norm = createBatchNorm(set, { name: "norm", width: 3 });
    const count = set.statistic("count", { shape: [1], init: { kind: "constant", value: 0 } });
    const adam = new Adam(set, { learningRate: 0.1, gradientClip: 1 });
    const saved = await set.save();
    const grows = (what: string, change: () => void) => {
      const before = set.version;
      change();
      ok(set.version > before, what);
    };
    const before = set.version;
    tf.tidy(() => void weight.add(1));
    await set.save();
    equal(set.version, before, "reading is no change");
    tf.tidy(() => {
      grows("a step", () => void adam.apply([tf.ones([2, 3]), tf.ones([3]), tf.ones([3])]));
      grows("statistics of a batch", () => void applyBatchNormLeakyRelu(tf.ones([4, 3]), norm, { training: true }));
      grows("a statistic", () => count.assign(tf.ones([1])));
      grows("restoring", () => set.restore(saved));
    });
    const restored = set.version;
    throws(() => set.restore({}), RangeError);
    equal(set.version, restored, "a refused restore changes nothing");
    adam.dispose();
    set.dispose();
    forcePlainOperations(false);
  });
}
