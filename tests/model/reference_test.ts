import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs";
import { maxOf } from "../../lib/core/extremes.ts";
import { Rng } from "../../lib/core/rng.ts";
import type { GraphModel, Losses, WindowBatch } from "../../lib/model/dynamics_model.ts";
import { isCodebookModel } from "../../lib/model/dynamics_model.ts";
import { methods } from "../../lib/model/registry.ts";
import { RolloutModel } from "../../lib/model/rollout_model.ts";
import { type BackendName, clampedLogSoftmax, useBackend } from "../../lib/tensor/mod.ts";
import { chosenBackend } from "../chosen_backend.ts";
import { type Adapter, adapters } from "./reference/adapters.ts";
import {
  modelState,
  RecordedNoise,
  type ReferenceFile,
  type Stored,
  type StoredUpdate,
  variablesOf,
  windowBatch,
} from "./reference/vectors.ts";

// Numbers of the published programs, one test a file and backend. Tolerances are those that a float32 implementation
// can meet: Adam's first steps divide by the gradient's size, so entries near zero may differ.
const ABSOLUTE = 2e-5;
const GRADIENT_RELATIVE = 1e-4;
const STATE = 1e-5;
const GRADIENT_FLOOR = 1e-6;

const backends: readonly BackendName[] = chosenBackend ? [chosenBackend] : ["cpu", "wasm"];
const folder = Deno.env.get("REFERENCE_DIR") ?? new URL("../reference", import.meta.url).pathname;

for (const entry of [...Deno.readDirSync(folder)].sort((a, b) => a.name < b.name ? -1 : 1)) {
  if (!entry.name.endsWith(".json")) continue;
  const file: ReferenceFile = JSON.parse(Deno.readTextFileSync(`${folder}/${entry.name}`));
  // Files of other things than methods, such as environments, have no algorithm.
  if (!file.algorithm) continue;
  const adapter = adapters[file.algorithm];
  for (const backend of backends) {
    for (const fast of [true, false]) {
      Deno.test({
        name: `reference ${entry.name} on ${backend}, ${fast ? "fast" : "plain"}`,
        ignore: adapter === undefined,
        fn: async () => {
          await useBackend(backend);
          await checkFile(file, { adapter: adapter!, fast });
        },
      });
    }
  }
}

async function checkFile(
  file: ReferenceFile,
  { adapter, fast }: { adapter: Adapter; fast: boolean },
): Promise<void> {
  const { config } = file;
  const variables = variablesOf(config);
  const method = await methods.find((entry) => entry.id === adapter.method)!.load();
  const model = method.create({
    stateVariables: variables.state,
    actionVariables: variables.action,
    globalGraph: () => triangle(config.variables),
  }, {
    options: method.parseOptions(adapter.options(config)),
    training: {
      learningRate: config.learning_rate,
      gradientClip: 20000,
      predictionSteps: config.prediction_steps,
      fast,
    },
    rng: new Rng(0),
  });
  assert(model instanceof RolloutModel);
  const start = { ...adapter.tensors(file.initial_state), ...adapter.startStatistics?.(config) };
  model.restore(modelState(start, model.parameterCount));
  for (const [k, update] of file.updates.entries()) await checkUpdate({ model, adapter, config, update, k });
  for (const [k, update] of (file.graph_updates ?? []).entries()) await checkGraphUpdate({ model, config, update, k });
  await checkEvaluation(model, file);
  model.dispose();
}

async function checkUpdate(
  { model, adapter, config, update, k }: {
    model: RolloutModel;
    adapter: Adapter;
    config: ReferenceFile["config"];
    update: StoredUpdate;
    k: number;
  },
): Promise<void> {
  const batch = windowBatch(update, config);
  const noise = new RecordedNoise(
    Object.fromEntries(Object.entries(update.noise).map(([theirs, draws]) => [adapter.noise[theirs]!, draws])),
  );
  const result = model.gradients(batch, noise, { trace: true });
  assert.equal(noise.left, 0, `update ${k}: recorded draws left over`);
  checkSteps(result.steps, update, k);
  const names = model.parameterNames;
  const expected = adapter.tensors(update.gradients);
  assert.deepEqual([...names].sort(), Object.keys(expected).sort(), "names of gradients");
  names.forEach((name, i) => checkGradient(result.gradients[i]!, expected[name]!, `update ${k}: gradient of ${name}`));
  const gradientNorm = model.applyGradients(result.gradients);
  const losses: Losses = { ...result.losses, gradient_norm: gradientNorm };
  for (const [theirs, ours] of Object.entries(adapter.losses)) {
    // A loss that this variant does not have is recorded as zero.
    const value = losses[ours]?.dataSync()[0] ?? 0;
    const recorded = update.losses[theirs]!;
    assert(
      Math.abs(value - recorded) <= ABSOLUTE * Math.max(1, recorded),
      `update ${k}: ${ours} ${value}, ${recorded}`,
    );
  }
  const after = adapter.tensors(update.state_after);
  const state = await model.state();
  for (const [name, stored] of Object.entries(after)) {
    const ours = state[name];
    assert(ours, `state has no ${name}`);
    assert.deepEqual(ours.shape, stored.shape, name);
    const gradient = expected[name];
    // One update is exact to STATE; what small gradients do to Adam adds up after it.
    const tolerance = STATE * (k + 1);
    stored.data.forEach((value, i) => {
      if (gradient && Math.abs(gradient.data[i]!) <= GRADIENT_FLOOR) return;
      const bound = tolerance * Math.max(1, Math.abs(value));
      assert(Math.abs(ours.data[i]! - value) <= bound, `update ${k}: ${name}[${i}] ${ours.data[i]}, ${value}`);
    });
  }
  tf.dispose([batch, result.gradients, losses, result.steps] as unknown as tf.TensorContainer);
}

/** Every recorded quantity of each step of the rollout. */
function checkSteps(steps: ReturnType<RolloutModel["gradients"]>["steps"], update: StoredUpdate, k: number): void {
  steps.forEach((step, t) => {
    const logProbs = update.step_log_probs?.[t];
    if (logProbs) {
      const ours = tf.tidy(() => clampedLogSoftmax(step.heads[0]!).transpose([1, 0, 2]));
      close(ours, logProbs, `update ${k}, step ${t}: log-probabilities`);
    }
    const probabilities = update.mask_probabilities?.[t];
    if (probabilities) close(step.trace!.probabilities!, probabilities, `update ${k}, step ${t}: edge probabilities`);
    const codes = update.code_index?.[t];
    if (codes) {
      assert.deepEqual([...step.trace!.assignment!.argMax(-1).dataSync()], codes.data, `update ${k}, step ${t}: codes`);
    }
  });
}

/** A model whose global graph is estimated from validation batches. */
interface GraphLearner extends GraphModel {
  updateGraph(batch: WindowBatch): void;
}

async function checkGraphUpdate(
  { model, config, update, k }: {
    model: RolloutModel;
    config: ReferenceFile["config"];
    update: NonNullable<ReferenceFile["graph_updates"]>[number];
    k: number;
  },
): Promise<void> {
  assert("updateGraph" in model, "a file with graph updates needs a model that makes them");
  const learner = model as unknown as GraphLearner;
  const batch = windowBatch(update, config);
  learner.updateGraph(batch);
  const average = (await learner.state())["graph.cmi"]!;
  const ours = tf.tensor(average.data, [...average.shape]);
  close(ours, update.cmi_ema, `graph update ${k}: averages`);
  const action = batch.actions.slice([0, 0, 0], [1, 1, -1]).reshape<tf.Tensor2D>([1, -1]);
  const scores = learner.localGraph({ observation: batch.observation.slice([0, 0], [1, -1]), action });
  const edges = [...scores.dataSync()].map((score) => score > 0.5 ? 1 : 0);
  assert.deepEqual(edges, update.graph.data, `graph update ${k}: edges`);
  tf.dispose([batch, ours, action, scores] as unknown as tf.TensorContainer);
}

async function checkEvaluation(model: RolloutModel, file: ReferenceFile): Promise<void> {
  const { evaluation, config } = file;
  const batch = windowBatch(evaluation, config);
  const { logProb, prediction } = model.evaluate(batch);
  const [size, steps, count, categories] = evaluation.log_probs.shape as [number, number, number, number];
  const chosen: number[] = [];
  const best: number[] = [];
  for (let row = 0; row < size * steps * count; row++) {
    const row4 = evaluation.log_probs.data.slice(row * categories, (row + 1) * categories);
    chosen.push(row4[evaluation.next_obs.data[row]!]!);
    best.push(row4.indexOf(maxOf(row4)));
  }
  close(logProb, { shape: [size, steps, count], data: chosen }, "evaluation: log-probabilities");
  const ours = prediction.reshape([size, steps, count, categories]).argMax(-1);
  assert.deepEqual([...ours.dataSync()], best, "evaluation: most likely next state");
  if (evaluation.pred_loss !== undefined) {
    const loss = -logProb.mean().dataSync()[0]!;
    assert(Math.abs(loss - evaluation.pred_loss) <= ABSOLUTE, `evaluation: loss ${loss}, ${evaluation.pred_loss}`);
  }
  if (evaluation.accuracy !== undefined) {
    const right = best.filter((colour, row) => colour === evaluation.next_obs.data[row]).length;
    assert(Math.abs(right / best.length - evaluation.accuracy) < 1e-6, "evaluation: accuracy");
  }
  if (evaluation.codebook_masks) {
    assert(isCodebookModel(model), "a file with codebook masks needs a model with a codebook");
    const graphs = model.codeGraphs();
    close(graphs, evaluation.codebook_masks, "evaluation: graph of each code");
    graphs.dispose();
  }
  tf.dispose([batch, logProb, prediction, ours] as unknown as tf.TensorContainer);
  await Promise.resolve();
}

function close(actual: tf.Tensor, expected: Stored, what: string): void {
  assert.deepEqual(actual.shape, expected.shape, what);
  const data = actual.dataSync();
  expected.data.forEach((value, i) => {
    assert(Math.abs(data[i]! - value) <= ABSOLUTE, `${what}: [${i}] is ${data[i]}, expected ${value}`);
  });
}

function checkGradient(actual: tf.Tensor | null, expected: Stored, what: string): void {
  const largest = expected.data.reduce((max, value) => Math.max(max, Math.abs(value)), 0);
  const data = actual?.dataSync() ?? new Float32Array(expected.data.length);
  if (actual) assert.deepEqual(actual.shape, expected.shape, what);
  expected.data.forEach((value, i) => {
    const error = Math.abs(data[i]! - value);
    assert(error <= GRADIENT_RELATIVE * largest + 1e-9, `${what}: [${i}] is ${data[i]}, expected ${value}`);
  });
}

/** Every state variable's parents are itself, the earlier ones and the action, row-major [N, N + 1]. */
function triangle(count: number): Uint8Array {
  return Uint8Array.from({ length: count * (count + 1) }, (_, entry) => {
    const row = Math.floor(entry / (count + 1));
    const column = entry % (count + 1);
    return column <= row || column === count ? 1 : 0;
  });
}
