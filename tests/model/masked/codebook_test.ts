import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs";
import { Rng } from "../../../lib/core/rng.ts";
import type { Codebook } from "../../../lib/model/masked/codebook.ts";
import { EmaCodebook, type FcdlCodebookOptions } from "../../../lib/model/masked/ema_codebook.ts";
import { GradientCodebook } from "../../../lib/model/masked/gradient_codebook.ts";
import { GumbelCodebook } from "../../../lib/model/masked/gumbel_codebook.ts";
import { KmeansCodebook } from "../../../lib/model/masked/kmeans_codebook.ts";
import { ParameterSet, RngNoise, useBackend } from "../../../lib/tensor/mod.ts";
import { assertClose } from "../../tensor/numeric.ts";

const size = { codeCount: 3, codeWidth: 2 };
const fcdl: FcdlCodebookOptions = { ...size, commitment: 0.25, start: "normal", revival: null };
const ema = { ...fcdl, decay: 0.9 };

/** Six latents near (0, 0), (10, 0) and (0, 10). */
const latents = [[0, 0], [1, 0], [10, 0], [10, 1], [0, 10], [1, 10]];

function setting<B extends Codebook>(create: (parameters: ParameterSet) => B) {
  const parameters = new ParameterSet(new Rng(1));
  const codebook = create(parameters);
  const rng = new Rng(2);
  const noise = new RngNoise(rng);
  const train = (rows = latents) =>
    tf.tidy(() => {
      const { assignment } = codebook.quantize(tf.tensor2d(rows), noise);
      return [...assignment.argMax(-1).dataSync()];
    });
  const state = async () =>
    Object.fromEntries(
      Object.entries(await parameters.save()).map(([name, { data }]) => [name, [...data]]),
    );
  const set = async (values: Record<string, number[]>) => {
    const saved = await parameters.save();
    parameters.restore({
      ...saved,
      ...Object.fromEntries(
        Object.entries(values).map((
          [name, data],
        ) => [name, { shape: saved[name]!.shape, data: new Float32Array(data) }]),
      ),
    });
  };
  return { parameters, codebook, rng, train, state, set };
}

const isLatent = (code: readonly number[]) => latents.some(([x, y]) => x === code[0] && y === code[1]);
const pairs = (flat: readonly number[]) => [[flat[0]!, flat[1]!], [flat[2]!, flat[3]!], [flat[4]!, flat[5]!]];

Deno.test("EmaCodebook moves codes as a hand calculation says", async () => {
  await useBackend("cpu");
  const { parameters, set, state, train } = setting((parameters) => new EmaCodebook(parameters, ema));
  await set({
    "codebook.codes": [0, 0, 10, 0, 90, 90],
    "codebook.sum": [0, 0, 10, 0, 90, 90],
    "codebook.size": [1, 1, 1],
  });
  assert.deepEqual(train([[1, 0], [3, 0], [10, 2]]), [0, 0, 1]);
  const after = await state();
  // Counts 2, 1 and 0, which is replaced by 1.
  assertClose(after["codebook.size"]!, [1.1, 1, 1], { tolerance: 1e-6 });
  assertClose(after["codebook.sum"]!, [0.4, 0, 10, 0.2, 81, 81], { tolerance: 1e-6 });
  const total = 3.1;
  const smoothed = [1.1, 1, 1].map((count) => (count + 1e-5) / (total + 3e-5) * total);
  const codes = [0.4, 0, 10, 0.2, 81, 81].map((sum, k) => sum / smoothed[Math.floor(k / 2)]!);
  assertClose(after["codebook.codes"]!, codes, { tolerance: 1e-5 });
  parameters.dispose();
});

for (
  const [name, create] of Object.entries<(options: Partial<FcdlCodebookOptions>) => (p: ParameterSet) => Codebook>({
    EmaCodebook: (options) => (parameters) => new EmaCodebook(parameters, { ...ema, ...options }),
    GradientCodebook: (options) => (parameters) => new GradientCodebook(parameters, { ...fcdl, ...options }),
  })
) {
  Deno.test(`${name} without options draws nothing and keeps no further state`, async () => {
    await useBackend("cpu");
    const { parameters, rng, state, train } = setting(create({}));
    const before = rng.state();
    train();
    assert.deepEqual(rng.state(), before);
    const names = Object.keys(await state()).sort();
    assert.deepEqual(names.filter((name) => !["codebook.codes", "codebook.size", "codebook.sum"].includes(name)), []);
    parameters.dispose();
  });

  Deno.test(`${name} starts at different latents of the first training batch, once`, async () => {
    await useBackend("cpu");
    const { parameters, codebook, rng, state, set, train } = setting(create({ start: "data" }));
    const normal = (await state())["codebook.codes"]!;
    tf.tidy(() => void codebook.quantize(tf.tensor2d(latents), null));
    assert.deepEqual((await state())["codebook.codes"], normal, "evaluation does not start it");
    const codes = train();
    assert.equal(new Set(codes).size, 3, "every code has a sample: itself");
    const started = await state();
    assert.deepEqual(started["codebook.started"], [1]);
    if (name === "GradientCodebook") assert.ok(pairs(started["codebook.codes"]!).every(isLatent));
    const chance = rng.state();
    train();
    assert.deepEqual(rng.state(), chance, "no second start");
    await set({ "codebook.started": [0] });
    train();
    assert.notDeepEqual(rng.state(), chance, "a restored codebook that has not started starts");
    parameters.dispose();
  });

  Deno.test(`${name} replaces a code without samples by a latent of the batch after enough batches`, async () => {
    await useBackend("cpu");
    const { parameters, state, set, train } = setting(create({ revival: { afterBatches: 3, threshold: 1 } }));
    const codes = [5, 0, 0, 10, 900, 900];
    await set({ "codebook.codes": codes });
    if (name === "EmaCodebook") await set({ "codebook.sum": codes, "codebook.size": [1, 1, 1] });
    for (let batch = 1; batch <= 2; batch++) {
      train();
      const { "codebook.codes": now, "codebook.idle": idle } = await state();
      assert.ok(!isLatent(pairs(now!)[2]!), `not before batch 3, but at ${batch}`);
      assert.deepEqual(idle, [0, 0, batch]);
    }
    const before = await state();
    train();
    const after = await state();
    assert.ok(isLatent(pairs(after["codebook.codes"]!)[2]!));
    assert.deepEqual(after["codebook.idle"], [0, 0, 0]);
    if (name === "EmaCodebook") {
      assert.deepEqual(after["codebook.sum"]!.slice(4), after["codebook.codes"]!.slice(4));
      assert.equal(after["codebook.size"]![2], 1);
    } else {
      assert.deepEqual(after["codebook.codes"]!.slice(0, 4), before["codebook.codes"]!.slice(0, 4), "others stay");
    }
    parameters.dispose();
  });
}

Deno.test("EmaCodebook's data start gives codes the size of equal use", async () => {
  await useBackend("cpu");
  // With γ almost 1 the first move changes nothing.
  const options = { ...ema, start: "data", decay: 1 - 1e-7 } as const;
  const { parameters, state, train } = setting((parameters) => new EmaCodebook(parameters, options));
  train();
  const started = await state();
  assertClose(started["codebook.size"]!, [2, 2, 2], { tolerance: 1e-5 });
  const codes = started["codebook.codes"]!;
  assert.ok(pairs(codes.map((value) => Math.round(value * 1e3) / 1e3)).every(isLatent));
  assertClose(started["codebook.sum"]!, codes.map((value) => 2 * value), { tolerance: 1e-4 });
  parameters.dispose();
});

Deno.test("a data start with fewer samples than codes repeats them", async () => {
  await useBackend("cpu");
  const options = { ...fcdl, start: "data" } as const;
  const { parameters, state, train } = setting((parameters) => new GradientCodebook(parameters, options));
  train([[1, 2], [3, 4]]);
  const codes = pairs((await state())["codebook.codes"]!);
  assert.deepEqual(codes[2], codes[0]);
  assert.notDeepEqual(codes[1], codes[0]);
  parameters.dispose();
});

Deno.test("KmeansCodebook moves codes by samples in the batch over samples so far, up to its memory", async () => {
  await useBackend("cpu");
  const { parameters, state, set, train } = setting((p) => new KmeansCodebook(p, { ...size, memory: 4 }));
  await set({ "codebook.started": [1], "codebook.codes": [0, 0, 10, 0, 90, 90], "codebook.size": [1, 1, 1] });
  train([[1, 0], [3, 0], [10, 3]]);
  let now = await state();
  // Code 0: 3 samples so far, mean 2, rate 2/3. Code 1: 2 so far, rate 1/2. Code 2 has none.
  assertClose(now["codebook.codes"]!, [4 / 3, 0, 10, 1.5, 90, 90], { tolerance: 1e-6 });
  assert.deepEqual(now["codebook.size"], [3, 2, 1]);
  train([[0, 0], [0, 0], [0, 0]]);
  now = await state();
  // Three more would make six; memory leaves four, so the rate is 3/4.
  assertClose(now["codebook.codes"]!.slice(0, 2), [1 / 3, 0], { tolerance: 1e-6 });
  assert.deepEqual(now["codebook.size"], [4, 2, 1]);
  train(Array.from({ length: 8 }, () => [1, 1]));
  now = await state();
  assertClose(now["codebook.codes"]!.slice(0, 2), [1, 1], { tolerance: 1e-6 });
  parameters.dispose();
});

Deno.test("KmeansCodebook finds clusters and passes the gradient straight through", async () => {
  await useBackend("cpu");
  const { parameters, codebook, train } = setting((p) => new KmeansCodebook(p, { ...size, memory: 100 }));
  for (let k = 0; k < 20; k++) train();
  const found = [...codebook.codes.dataSync()];
  assert.equal(new Set(train()).size, 3);
  assert.equal(found.length, 6);
  tf.tidy(() => {
    const weights = tf.tensor2d([[1, 2], [3, 4], [5, 6], [7, 8], [9, 10], [11, 12]]);
    const loss = (latent: tf.Tensor) =>
      codebook.quantize(latent as tf.Tensor2D, null).value.mul(weights).sum() as tf.Scalar;
    assert.deepEqual([...tf.grad(loss)(tf.tensor2d(latents)).dataSync()], [...weights.dataSync()]);
  });
  parameters.dispose();
});

Deno.test("GumbelCodebook draws codes as often as their probabilities say, and takes the likeliest in evaluation", async () => {
  await useBackend("cpu");
  const { parameters, codebook, train } = setting((p) => new GumbelCodebook(p, { ...size, temperature: 1 }));
  const probabilities = [0.2, 0.5, 0.3];
  const logits = Array.from({ length: 6000 }, () => probabilities.map((p) => Math.log(p)));
  const drawn = train(logits);
  probabilities.forEach((p, k) => {
    const share = drawn.filter((code) => code === k).length / drawn.length;
    // Four standard errors.
    assert.ok(Math.abs(share - p) < 4 * Math.sqrt(p * (1 - p) / drawn.length), `code ${k}: ${share}, not ${p}`);
  });
  tf.tidy(() => {
    const { value, assignment, penalties } = codebook.quantize(tf.tensor2d([logits[0]!]), null);
    assert.deepEqual([...assignment.dataSync()], [0, 1, 0]);
    assert.deepEqual([...value.dataSync()], [...codebook.codes.dataSync()].slice(2, 4));
    assert.deepEqual(penalties, {});
  });
  parameters.dispose();
});

Deno.test("GumbelCodebook's temperature divides the draw's gradient", async () => {
  await useBackend("cpu");
  const gradientAt = (temperature: number) => {
    const { parameters, codebook } = setting((p) => new GumbelCodebook(p, { ...size, temperature }));
    const noise = { ...new RngNoise(new Rng(3)), gumbel: (shape: number[]) => tf.zeros(shape) } as unknown as RngNoise;
    const gradient = tf.tidy(
      () => [
        ...tf.grad((logits) => codebook.quantize(logits as tf.Tensor2D, noise).value.sum() as tf.Scalar)(
          tf.tensor2d([[1, 2, 3]]),
        ).dataSync(),
      ],
    );
    const sums = pairs([...codebook.codes.dataSync()]).map(([x, y]) => x! + y!);
    parameters.dispose();
    // Softmax's Jacobian at logits / τ, divided by τ, on each code's sum.
    const soft = [1, 2, 3].map((logit) => Math.exp(logit / temperature));
    const total = soft.reduce((sum, value) => sum + value, 0);
    const mean = soft.reduce((sum, value, k) => sum + value / total * sums[k]!, 0);
    assertClose(gradient, soft.map((value, k) => value / total * (sums[k]! - mean) / temperature), { tolerance: 1e-5 });
  };
  gradientAt(1);
  gradientAt(0.5);
});
