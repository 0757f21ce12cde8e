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

Deno.test("swapEffects is the difference that a sample-by-sample calculation finds", async () => {
  const { trial, model } = await gated(mixed, { codes: 4 });
  trial.train(150);
  const batch = mixed!.batch(8, { steps: 1, rng: new Rng(4) });
  const found = tf.tidy(() => model.swapEffects(batch));
  const action = actionOf(batch);
  const { stateVariables, actionVariables } = mixed!.context;
  const widths = [...stateVariables, ...actionVariables].map(widthOf);
  const rows = async (tensor: tf.Tensor2D) => await tensor.array();
  const [observations, actions] = [await rows(batch.observation), await rows(action)];
  const inputs = observations.map((row, b) => [...row, ...actions[b]!]);
  const stateWidth = observations[0]!.length;
  const graphs = await tf.tidy(() => model.codeGraphs()).array();
  let column = 0;
  let anyEffect = false;
  for (const [i, width] of widths.entries()) {
    const swapped = inputs.map((row, b) => {
      const next = inputs[(b + 1) % inputs.length]!;
      return row.map((value, k) => k >= column && k < column + width ? next[k]! : value);
    });
    const codesOf = (all: number[][]) => {
      const [state, act] = [
        tf.tensor2d(all.map((row) => row.slice(0, stateWidth))),
        tf.tensor2d(all.map((row) => row.slice(stateWidth))),
      ];
      const codes = take(model.codes({ observation: state, action: act }));
      tf.dispose([state, act]);
      return codes;
    };
    const [own, other] = [codesOf(inputs), codesOf(swapped)];
    // Samples whose graph stays the same cannot differ.
    const differs = own.some((code, b) =>
      graphs[code]!.flat().some((p, k) => (p > 0.5) !== (graphs[other[b]!]!.flat()[k]! > 0.5))
    );
    if (!differs) assert.ok(Math.abs(found[i]!) < 1e-6, `variable ${i} has no effect, got ${found[i]}`);
    else anyEffect ||= found[i] !== 0;
    column += width;
  }
  assert.ok(anyEffect, `some variable has an effect: ${found}`);
  disposeAll({ ...batch, action });
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
