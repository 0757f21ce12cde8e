import { metricText } from "../../lib/records/metric_id.ts";
import * as tf from "@tensorflow/tfjs";
import { Rng } from "../../lib/core/rng.ts";
import { encodeValues } from "../../lib/core/variable.ts";
import { bestAccuracy } from "../../lib/envs/chemical/best_prediction.ts";
import { dynamicsOf, parseOptions } from "../../lib/envs/chemical/chemical.ts";
import { chemicalEnvironment } from "../../lib/envs/chemical/chemical_environment.ts";
import { directEpisodes } from "../../lib/envs/chemical/episodes.ts";
import { contextUnions } from "../../lib/metrics/context_unions.ts";
import { scoreGraphs } from "../../lib/metrics/graph_scores.ts";
import { isGraphModel } from "../../lib/model/dynamics_model.ts";
import { methods } from "../../lib/model/registry.ts";
import { Collector } from "../../lib/training/collector.ts";
import { scorePrediction } from "../../lib/training/evaluation/prediction_evaluation.ts";
import { readTensor } from "../../lib/tensor/mod.ts";
import { inContext } from "../../lib/training/evaluation/score.ts";
import { ReplayBuffer } from "../../lib/training/replay_buffer.ts";
import { Trainer } from "../../lib/training/trainer.ts";

/** Index of the local context, which has its rule in force. */
const localContext = 1;

/** What a model has learned from random actions on the small fork problem of suite `quick`. */
export interface Learned {
  /** One-step accuracy on validation transitions, and the best that any model can expect on them. */
  readonly accuracy: number;
  readonly best: number;
  /**
   * F1 of the inferred graphs of transitions in the local context against that context's whole true graph; so a code
   * counts by its use. Null for a model without graphs.
   */
  readonly localF1: number | null;
  readonly updatesPerSecond: number;
}

/**
 * Trains a method on random actions in Chemical (fork, 5 nodes, 3 colours) with the settings of suite `quick`, without
 * planning, and scores what it learned.
 *
 * @param method Id and options.
 * @param options Number of `updates` and the seed.
 */
export async function learnFork(
  { id, ...given }: { readonly id: string } & Record<string, unknown>,
  { updates, seed }: { readonly updates: number; readonly seed: number },
): Promise<Learned> {
  const options = parseOptions({ rule: "fork", variables: 5, colors: 3, noisyNodes: [2] });
  const dynamics = dynamicsOf(options, seed);
  const environment = chemicalEnvironment(dynamics, {
    ...options,
    episodes: directEpisodes(dynamics, { interventions: options.targetInterventions }),
  });
  const { spec } = environment;
  const module = await methods.find((entry) => entry.id === id)!.load();
  const root = new Rng(seed);
  const model = module.create(
    { ...spec, globalGraph: () => environment.globalGraph() },
    {
      options: module.parseOptions(given),
      training: { learningRate: 1e-3, gradientClip: 20000, predictionSteps: 3 },
      rng: root.fork("model"),
    },
  );
  const buffer = new ReplayBuffer({
    stateCount: 5,
    actionCount: 1,
    capacity: 10 * (300 + updates),
    windowSteps: 3,
    validationShare: 0.1,
    maxWindowUses: 128,
  });
  const exploration = { environments: 10, explorationEpsilon: 0, explorationNoise: 0 };
  const collector = new Collector(environment, { ...exploration, buffer, rng: root.fork("collector") });
  const training = { batchSize: 256, predictionSteps: 3, rng: root.fork("trainer") };
  const trainer = new Trainer({ ...training, model, buffer, spec });
  for (let loop = 0; loop < 300; loop++) collector.actRandomly();
  const startMs = performance.now();
  for (let update = 0; update < updates; update++) {
    collector.actRandomly();
    trainer.update();
    if (update % 100 === 99) await trainer.readLosses();
  }
  await trainer.readLosses();
  const updatesPerSecond = 1000 * updates / (performance.now() - startMs);

  const windows = buffer.sampleForEvaluation(root.fork("score"), { count: 2048, steps: 1, pool: "validation" });
  const observations = encodeValues(spec.stateVariables, windows.values);
  const scores = await scorePrediction(model, {
    spec,
    split: spec.splits[0]!,
    windows,
    observations: { values: windows.values },
  });
  let localF1: number | null = null;
  if (isGraphModel(model)) {
    const rows = windows.actions.length;
    const actions = encodeValues(spec.actionVariables, windows.actions);
    const probabilities = await readTensor(() =>
      model.localGraph({
        observation: tf.tensor2d(observations, [rows, 15]),
        action: tf.tensor2d(actions, [rows, 15]),
      })
    );
    const contexts = environment.contexts(windows);
    const truth = contextUnions(environment.localGraphs(windows), { entries: 30, contexts });
    localF1 = scoreGraphs(probabilities, truth, { entries: 30, included: inContext(contexts, localContext) }).f1;
  }
  trainer.dispose();
  model.dispose();
  return {
    accuracy: scores.find((score) => metricText(score) === "accuracy")!.value!,
    best: bestAccuracy(dynamics, windows),
    localF1,
    updatesPerSecond,
  };
}
