import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs";
import { Rng } from "../../../lib/core/rng.ts";
import { widthOf } from "../../../lib/core/variable.ts";
import { type GatedModel, isGatedModel } from "../../../lib/model/dynamics_model.ts";
import { GatedCodeModel } from "../../../lib/model/masked/gated_code_model.ts";
import { methods } from "../../../lib/model/registry.ts";
import { useBackend } from "../../../lib/tensor/mod.ts";
import { actionOf, disposeAll, predicted, smallOptions, take, Trial } from "../../contracts/model_trial.ts";
import { toyProblems } from "../../contracts/toy_problems.ts";

const load = (id: string) => methods.find((entry) => entry.id === id)!.load();
const [categorical, mixed] = toyProblems;

async function gated(problem = categorical!, given: Record<string, unknown> = {}) {
  await useBackend("wasm");
  const method = await load("fcdl-sparse");
  const trial = new Trial({ method, problem, options: { ...smallOptions(method), ...given } });
  assert.ok(isGatedModel(trial.model) && trial.model instanceof GatedCodeModel);
  return { trial, model: trial.model as GatedCodeModel & GatedModel };
}

Deno.test("fcdl-sparse is FCDL to the bit while all gates are open", async () => {
  const { trial } = await gated(categorical, { closeAfter: 1, testEvery: 3 });
  const method = await load("fcdl");
  const { sparsity, codebookStart } = (await load("fcdl-sparse")).parseOptions({});
  const plain = new Trial({
    method,
    problem: categorical!,
    options: { ...smallOptions(method), sparsity, codebookStart },
  });
  assert.deepEqual(trial.train(20), plain.train(20));
  const [ours, theirs] = [await trial.model.state(), await plain.model.state()];
  for (const [name, { data }] of Object.entries(theirs)) assert.deepEqual(ours[name]!.data, data, name);
  trial.model.dispose();
  plain.model.dispose();
});

for (const problem of toyProblems) {
  Deno.test(`fcdl-sparse on ${problem.name}: a closed gate's variable does not change codes, whatever its value`, async () => {
    const { trial, model } = await gated(problem, { closeAfter: 0, testEvery: 5, threshold: 1, floor: 1 });
    trial.train(60);
    const { open } = model.contextGates();
    const stateCount = problem.context.stateVariables.length;
    assert.ok(open.subarray(0, stateCount).some((gate) => gate === 0), `some gate is closed: ${open}`);
    const batch = problem.batch(64, { steps: 1, rng: new Rng(3) });
    const action = actionOf(batch);
    const codes = take(model.codes({ ...batch, action }));
    const columns = [...open.subarray(0, stateCount)].flatMap((gate, i) => {
      return Array.from({ length: widthOf(problem.context.stateVariables[i]!) }, () => gate);
    });
    // As the paper's shift: closed columns a hundred times too large, of either sign.
    const shifted = tf.tidy(() =>
      batch.observation.mul(tf.tensor1d(columns.map((gate, k) => gate === 1 ? 1 : (-1) ** k * 100)))
    ) as tf.Tensor2D;
    assert.deepEqual(take(model.codes({ observation: shifted, action, isShifted: true })), codes);
    disposeAll({ ...batch, action, shifted });
    model.dispose();
  });
}

Deno.test("swapEffects is what models with one code each find, sample by sample", async () => {
  const { trial, model } = await gated(mixed, { codes: 4 });
  trial.train(150);
  const batch = mixed!.batch(16, { steps: 1, rng: new Rng(4) });
  const found = tf.tidy(() => model.swapEffects(batch));
  const action = actionOf(batch);

  // log p(s'_j | graph of code k), a mean over j, of each sample: from a model whose codes are all code k.
  const state = await model.state();
  const codes = state["codebook.codes"]!;
  const width = codes.shape[1]!;
  const { trial: other, model: oneCode } = await gated(mixed, { codes: 4 });
  const logProbs = Array.from({ length: 4 }, (_, k) => {
    const code = codes.data.subarray(k * width, (k + 1) * width);
    const data = Float32Array.from({ length: 4 * width }, (_, at) => code[at % width]!);
    oneCode.restore({ ...state, "codebook.codes": { shape: codes.shape, data } });
    const { logProb, prediction } = oneCode.evaluate(batch);
    const means = take(tf.tidy(() => logProb.mean(2).flatten()));
    tf.dispose([logProb, prediction]);
    return means;
  });

  const { stateVariables, actionVariables } = mixed!.context;
  const inputs = take(tf.tidy(() => tf.concat([batch.observation, action], 1)));
  const columns = inputs.length / 16;
  const stateWidth = batch.observation.shape[1];
  const codesOf = (all: ArrayLike<number>) => {
    const input = tf.tensor2d(Float32Array.from(all), [16, columns]);
    const [observation, act] = tf.split(input, [stateWidth, columns - stateWidth], 1) as [tf.Tensor2D, tf.Tensor2D];
    const codes = take(model.codes({ observation, action: act }));
    tf.dispose([input, observation, act]);
    return codes;
  };
  const own = codesOf(inputs);
  let first = 0;
  const effects = [...stateVariables, ...actionVariables].map(widthOf).map((width) => {
    const isOfVariable = (at: number) => at % columns >= first && at % columns < first + width;
    const swapped = codesOf(
      inputs.map((value, at) => isOfVariable(at) ? inputs[(at + columns) % inputs.length]! : value),
    );
    first += width;
    return own.reduce((sum, code, b) => sum + (logProbs[code]![b]! - logProbs[swapped[b]!]![b]!) / 16, 0);
  });
  for (const [i, effect] of effects.entries()) {
    assert.ok(Math.abs(found[i]! - effect) < 1e-5, `variable ${i}: expected ${effect}, got ${found[i]}`);
  }
  assert.ok(effects.some((effect) => Math.abs(effect) > 1e-3), `some variable has an effect: ${effects}`);
  disposeAll({ ...batch, action });
  other.model.dispose();
  model.dispose();
});

Deno.test("a test of gates leaves nothing behind that evaluation would use", async () => {
  const { trial, model } = await gated(categorical, { testEvery: 1 });
  trial.train(3);
  const batch = categorical!.batch(16, { steps: 1, rng: new Rng(5) });
  const action = actionOf(batch);
  const before = model.predictionCache!.predictedVariables;
  predicted(model, categorical!.context, { ...batch, action });
  assert.ok(model.predictionCache!.predictedVariables > before, "predictions are computed anew");
  const tensors = tf.memory().numTensors;
  trial.train(4);
  predicted(model, categorical!.context, { ...batch, action });
  assert.equal(tf.memory().numTensors, tensors);
  disposeAll({ ...batch, action });
  model.dispose();
});
