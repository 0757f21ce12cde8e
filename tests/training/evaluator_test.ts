import { metricText } from "../../lib/records/metric_id.ts";
import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs";
import { encodeObservations, type Observations } from "../../lib/core/observations.ts";
import { Rng } from "../../lib/core/rng.ts";
import { partiallyObserved } from "../../lib/envs/partial_observation.ts";
import type { CodebookModel, ModelInput } from "../../lib/model/dynamics_model.ts";
import { useBackend } from "../../lib/tensor/mod.ts";
import { Collector } from "../../lib/training/collector.ts";
import { evaluate, type EvaluationResult } from "../../lib/training/evaluation/evaluator.ts";
import { playTestEpisodes } from "../../lib/training/evaluation/test_episodes.ts";
import { ReplayBuffer } from "../../lib/training/replay_buffer.ts";
import { toyEnvironment, toyEpisodeLength, toyMethod } from "./toy_world.ts";

await useBackend("cpu");

function parts(options: { loops?: number; validationShare?: number } = {}) {
  const environment = toyEnvironment();
  const buffer = new ReplayBuffer({
    stateCount: 2,
    actionCount: 1,
    capacity: 10_000,
    windowSteps: 2,
    validationShare: options.validationShare ?? 0.5,
    maxWindowUses: 1,
  });
  const collector = new Collector(environment, {
    environments: 20,
    explorationEpsilon: 0,
    explorationNoise: 0,
    buffer,
    rng: new Rng(1),
  });
  for (let loop = 0; loop < (options.loops ?? 40); loop++) collector.actRandomly();
  const { stateVariables, actionVariables } = environment.spec;
  const model = toyMethod.create({ stateVariables, actionVariables, globalGraph: () => environment.globalGraph() }, {
    options: { nanAtUpdate: null },
    training: { learningRate: 1, gradientClip: 1, predictionSteps: 2 },
    rng: new Rng(2),
  });
  return { environment, buffer, model };
}

async function run(shared: ReturnType<typeof parts>, seed = 5): Promise<EvaluationResult> {
  const steps = evaluate({
    ...shared,
    choose: (_, goal) => ({ actions: new Float32Array(goal.length / 2).fill(1), pairs: 0, predictedPairs: 0 }),
    episodes: 3,
    batchSize: 64,
    predictionSteps: 2,
    rng: new Rng(seed),
  });
  let step = await steps.next();
  while (!step.done) step = await steps.next();
  return step.value;
}

Deno.test("evaluate scores episodes, prediction, graphs and codes of each split and frees all tensors", async () => {
  const shared = parts();
  const tensors = tf.memory().numTensors;
  const { scores } = await run(shared);
  assert.equal(tf.memory().numTensors, tensors);
  const names = (split: string) => scores.filter((score) => score.split === split).map(metricText);
  const graph = (qualifier: string) =>
    ["shd", "edge_precision", "edge_recall", "edge_f1", "edge_auc", "edge_density"].map((name) => name + qualifier);
  const learnable = (qualifier: string) =>
    [
      ...["learnable_shd", "learnable_f1", "learnable_auc", "learnable_true_density", "learnable_density"],
      ...["learnable_step_shd", "learnable_step_f1", "learnable_step_auc", "learnable_step_true_density"],
    ].map((name) => name + qualifier);
  const common = ["return", "success", "nll", "accuracy"];
  const later = ["nll_t2", "accuracy_t2"];
  assert.deepEqual(names("train"), [
    ...common,
    ...["accuracy/a", "nll/a", "accuracy/b", "nll/b"],
    ...later,
    ...graph(""),
    ...[...graph("/off"), "context_f1/off"],
    ...[...graph("/on"), "context_f1/on"],
    ...[...learnable(""), ...learnable("/off"), ...learnable("/on"), "learnable_entries", "given_shd"],
    ...["graph_perplexity", "graph_information"],
    ...["code_information", "perplexity", "dead_codes", "ami"],
  ]);
  assert.deepEqual(names("noisy"), [
    ...common,
    ...["accuracy/a", "nll/a"],
    ...later,
    ...graph(""),
    ...[...graph("/on"), "context_f1/on"],
    ...[...learnable(""), "learnable_entries", "given_shd", "graph_perplexity", "graph_agreement"],
    ...["code_agreement", "perplexity", "dead_codes", "code_consistency/on"],
  ]);
  const of = (split: string, metric: string) =>
    scores.find((score) => score.split === split && metricText(score) === metric)!.value;
  // Above 0.5, the toy model's graphs are the truth.
  assert.equal(of("train", "shd/off"), 0);
  assert.equal(of("train", "shd/on"), 0);
  assert.equal(of("train", "context_f1/on"), 1);
  assert.ok(Math.abs(of("train", "edge_density/on")! - 5 / 6) < 1e-12);
  assert.equal(of("train", "edge_auc"), 1);
  // Learnable are all entries but the self edges: three of four are edges with a on, two with a off.
  assert.equal(of("train", "learnable_entries"), 4);
  assert.equal(of("train", "learnable_true_density/on"), 3 / 4);
  assert.equal(of("train", "learnable_density/off"), 2 / 4);
  assert.equal(of("train", "learnable_shd"), 0);
  assert.equal(of("train", "learnable_f1"), 1);
  assert.equal(of("train", "given_shd"), 0);
  assert.ok(Math.abs(of("train", "code_information")! - 1) < 1e-9);
  assert.equal(of("noisy", "code_agreement"), 1);
  assert.equal(of("noisy", "graph_agreement"), 1);
  // Code = bit a = context, also under the shift, which leaves bit a alone.
  assert.ok(Math.abs(of("train", "ami")! - 1) < 1e-9);
  assert.equal(of("noisy", "code_consistency/on"), 1);
  assert.equal(of("noisy", "dead_codes"), 1);
  shared.model.dispose();
});

Deno.test("evaluate: codes that hang on a scaled variable change under the shift, and know nothing of contexts", async () => {
  const shared = parts();
  const { model } = shared;
  const codes = ({ observation }: ModelInput) =>
    tf.tidy(() => observation.slice([0, 2], [-1, 2]).argMax<tf.Tensor1D>(1));
  Object.assign(model, {
    codes,
    localGraph: (input: ModelInput) =>
      tf.tidy(() => tf.gather((model as unknown as CodebookModel).codeGraphs(), codes(input))),
  });
  const { scores } = await run(shared);
  const of = (split: string, metric: string) =>
    scores.find((score) => score.split === split && metricText(score) === metric)!.value!;
  // A negative factor turns the bit; half of the factors are.
  assert.ok(of("noisy", "code_agreement") > 0.3 && of("noisy", "code_agreement") < 0.7);
  assert.equal(of("noisy", "graph_agreement"), of("noisy", "code_agreement"));
  // Bit b copies bit a by chance, so it knows a little of it.
  assert.ok(of("train", "code_information") < 0.25);
  // The graphs of the wrong context: one entry of four differs.
  assert.ok(of("train", "learnable_shd") > 0.2);
  model.dispose();
});

Deno.test("evaluate: a sensor's noise is no shift of a split", async () => {
  const shared = parts();
  const environment = partiallyObserved(shared.environment, {
    observed: { hidden: [], noisy: [1] },
    noise: 0.5,
  });
  const unshiftedSplit = { ...environment.spec.splits[1]!, shift: environment.spec.sensor! };
  const spec = { ...environment.spec, splits: [environment.spec.splits[0]!, unshiftedSplit] };
  const { scores } = await run({ ...shared, environment: { ...environment, spec } });
  assert.ok(scores.some(({ split, name }) => split === "noisy" && name === "graph_perplexity"));
  assert.ok(!scores.some(({ name }) => name.endsWith("_agreement")));
  // With the split's own shift there is one, and the code hangs on bit a alone.
  const shifted = await run({ ...shared, environment });
  const agreement = shifted.scores.filter(({ name }) => name.endsWith("_agreement"));
  assert.deepEqual(agreement.map(({ split, value }) => `${split} ${value}`), ["noisy 1", "noisy 1"]);
  shared.model.dispose();
});

Deno.test("evaluate leaves the artifacts graphs and codebook in the shape that pages read", async () => {
  const shared = parts();
  const { artifacts } = await run(shared);
  const [graphs, codebook] = artifacts.map(({ content }) => JSON.parse(JSON.stringify(content)));
  assert.deepEqual(artifacts.map(({ name }) => name), ["graphs", "codebook"]);
  const variables = { state: ["a", "b"], action: ["flip"] };
  assert.deepEqual(graphs.variables, variables);
  assert.deepEqual(graphs.inferred.train.off, [[0.9, 0.1, 0.8], [0.2, 0.7, 0.9]]);
  assert.deepEqual(graphs.truth.train, { off: [[1, 0, 1], [0, 1, 1]], on: [[1, 0, 1], [1, 1, 1]] });
  assert.deepEqual(Object.keys(graphs.inferred.noisy), ["on"]);
  assert.deepEqual(codebook.variables, variables);
  assert.equal(codebook.codes, 2);
  assert.deepEqual(codebook.graphs[1], [[0.9, 0.1, 0.8], [0.6, 0.7, 0.9]]);
  assert.equal(codebook.usage.train.off[1], 0);
  assert.equal(codebook.usage.train.off[0] + codebook.usage.train.on[1], 64);
  assert.deepEqual(codebook.truth.on, [[1, 0, 1], [1, 1, 1]]);
  shared.model.dispose();
});

Deno.test("evaluate gives the same for the same rng and changes neither buffer nor model", async () => {
  const shared = parts();
  const before = { buffer: shared.buffer.save(), model: await shared.model.state() };
  const first = await run(shared);
  assert.deepEqual(await run(shared), first);
  assert.notDeepEqual(await run(shared, 6), first);
  assert.deepEqual({ buffer: shared.buffer.save(), model: await shared.model.state() }, before);
  shared.model.dispose();
});

Deno.test("evaluate scores prediction by the model's own answers", async () => {
  const shared = parts({ validationShare: 0 });
  const model = {
    ...shared.model,
    // Knows that nothing changes, with log-probability -2 of a and -4 of b; then that all is 1.
    evaluate: (batch: Parameters<typeof shared.model.evaluate>[0]) => {
      const [rows, steps] = batch.actions.shape;
      const logProb = tf.tile(tf.tensor3d([-2, -4], [1, 1, 2]), [rows, steps, 1]);
      const ones = tf.tile(tf.tensor3d([0, 1, 0, 1], [1, 1, 4]), [rows, 1, 1]);
      const same = batch.observation.reshape([rows, 1, 4]) as tf.Tensor3D;
      return { logProb, prediction: steps === 1 ? same.clone() : tf.concat([same, ones], 1) as tf.Tensor3D };
    },
  };
  const { scores } = await run({ ...shared, model, buffer: shared.buffer });
  const of = (metric: string) =>
    scores.find((score) => score.split === "train" && metricText(score) === metric)!.value!;
  assert.equal(of("nll"), 3);
  // Bit a changes with action 1 only, so it stays in two of three steps.
  const { values, actions, nextValues } = shared.buffer.transitions();
  const stays = (bit: number) => {
    let count = 0;
    for (let k = 0; k < actions.length; k++) count += values[2 * k + bit] === nextValues[2 * k + bit] ? 1 : 0;
    return count / actions.length;
  };
  assert.ok(Math.abs(of("accuracy/a") - stays(0)) < 0.2);
  assert.ok(Math.abs(of("accuracy") - (of("accuracy/a") + of("accuracy/b")) / 2) < 1e-12);
  assert.equal(scores.find((score) => score.split === "noisy" && metricText(score) === "nll")!.value, 2); // a only
  // After two steps it says that all bits are 1.
  assert.ok(of("accuracy_t2") > 0.3 && of("accuracy_t2") < 0.8);
  shared.model.dispose();
});

Deno.test("evaluate plays episodes alone while the buffer is empty", async () => {
  const shared = parts({ loops: 0 });
  const { scores, artifacts } = await run(shared);
  assert.deepEqual(scores.map((score) => `${score.split} ${metricText(score)}`), [
    "train return",
    "train success",
    "noisy return",
    "noisy success",
  ]);
  assert.deepEqual(artifacts, []);
  shared.model.dispose();
});

Deno.test("playTestEpisodes shifts each observation once, plays to the end and counts a goal met at any step", () => {
  const environment = toyEnvironment({ copyChance: 0 });
  const seen: Float32Array[] = [];
  const choose = (observations: Observations, goal: Float32Array) => {
    seen.push(encodeObservations(environment.spec.stateVariables, observations));
    return { actions: new Float32Array(goal.length / 2).fill(1), pairs: 0, predictedPairs: 0 };
  };
  const play = (split: string) => {
    const steps = playTestEpisodes(environment, { split, episodes: 200, choose, rng: new Rng(9) });
    let step = steps.next();
    while (!step.done) step = steps.next();
    return step.value.map(({ value }) => value!);
  };
  const [plainReturn, plainSuccess] = play("train");
  assert.equal(seen.length, toyEpisodeLength);
  assert.ok(seen.every((each) => each.every((x) => x === 0 || x === 1)));
  seen.length = 0;
  // The world is the same under the shift, and these actions do not depend on what is seen.
  assert.deepEqual(play("noisy"), [plainReturn, plainSuccess]);
  const scales = seen.map((each) => Math.max(Math.abs(each[2]!), Math.abs(each[3]!)));
  assert.equal(new Set(scales).size, toyEpisodeLength);
  assert.ok(seen.every((each) => each.subarray(0, 2).every((x) => x === 0 || x === 1)));
  // Flipping a four times: b is right in half of the episodes, and then both are right at two of four steps.
  assert.ok(Math.abs(plainReturn! - 2) < 0.3);
  assert.ok(Math.abs(plainSuccess! - 0.5) < 0.18);
});
