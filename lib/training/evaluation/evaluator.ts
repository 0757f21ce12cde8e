import { append } from "../../core/append.ts";
import { encodeObservations, type Observations } from "../../core/observations.ts";
import type { Rng } from "../../core/rng.ts";
import type { Environment, Split } from "../../envs/environment.ts";
import { type DynamicsModel, isCodebookModel, isGraphModel } from "../../model/dynamics_model.ts";
import type { ChooseActions } from "../collector.ts";
import { observe, senseValues } from "../observe.ts";
import type { ReplayBuffer, Windows } from "../replay_buffer.ts";
import { assignCodes, codebookArtifact, codebookMetrics, type SampleCodes } from "./codebook_evaluation.ts";
import { graphMetrics, graphsArtifact, inferGraphs, type SampleGraphs } from "./graph_evaluation.ts";
import { graphLabelMetrics } from "./label_evaluation.ts";
import { learnableMetrics } from "./learnable_evaluation.ts";
import { scorePrediction } from "./prediction_evaluation.ts";
import { replayArtifact, type ReplayEpisode, replayEpisodes } from "./replay.ts";
import type { JsonArtifact } from "../../records/artifacts.ts";
import type { Score, SplitSample } from "./score.ts";
import { type PlayedStep, playTestEpisodes } from "./test_episodes.ts";

/** What an evaluation looks at; nothing of it is changed. */
export interface EvaluationOptions {
  readonly environment: Environment;
  readonly model: DynamicsModel;
  readonly buffer: ReplayBuffer;
  readonly choose: ChooseActions;
  /** Test episodes of each split. */
  readonly episodes: number;
  /** Transitions on which prediction, graphs and codes are scored. */
  readonly batchSize: number;
  /** T, for T-step prediction. */
  readonly predictionSteps: number;
  /** A fork of its own, so that evaluation takes no draws from training. */
  readonly rng: Rng;
}

/** What an evaluation finds. */
export interface EvaluationResult {
  readonly scores: readonly Score[];
  readonly artifacts: readonly JsonArtifact[];
}

/**
 * Evaluates a model on every split of its environment: test episodes, prediction in and out of distribution, local
 * graphs and the codebook, as far as the model has them and the buffer has data; and a replay of some of the episodes
 * where the environment can be seen. Yields where a driver may look up.
 *
 * In distribution, prediction is scored on validation episodes (all, while there is none); out of distribution on all
 * stored transitions that the split evaluates, with its shift on the first observation.
 */
export async function* evaluate(options: EvaluationOptions): AsyncGenerator<void, EvaluationResult> {
  const { environment, model, episodes, choose } = options;
  const { spec } = environment;
  const scores: Score[] = [];
  const graphs: SampleGraphs[] = [];
  const codes: SampleCodes[] = [];
  const replays: ReplayEpisode[] = [];
  for (const split of spec.splits) {
    const rng = options.rng.fork(split.id);
    const steps: PlayedStep[] = [];
    append(
      scores,
      yield* playTestEpisodes(environment, {
        split: split.id,
        episodes,
        choose,
        rng: rng.fork("play"),
        ...(environment.scene ? { onStep: (step) => steps.push(step) } : {}),
      }),
    );
    append(replays, replayEpisodes(environment, { split, steps, predict: (...given) => model.predict(...given) }));
    const sample = sampleOf(split, { ...options, rng: rng.fork("one step") });
    if (sample.contexts.length === 0) continue;
    append(
      scores,
      await scorePrediction(model, {
        spec,
        split,
        windows: sample.transitions,
        observations: sample.observations,
      }),
    );
    if (options.predictionSteps > 1) {
      const windows = windowsOf(split, { ...options, steps: options.predictionSteps, rng: rng.fork("windows") });
      const observations = observed(split, { ...options, windows, rng: rng.fork("windows shift") });
      append(scores, await scorePrediction(model, { spec, split, windows, observations }));
    }
    yield;
    if (!isGraphModel(model)) continue;
    const inferred = await inferGraphs(model, { environment, sample });
    graphs.push(inferred);
    append(scores, graphMetrics(inferred, spec));
    if (isCodebookModel(model)) codes.push(await assignCodes(model, { spec, graphs: inferred }));
    yield;
  }
  const artifacts: JsonArtifact[] = [];
  if (graphs.length > 0) {
    append(scores, learnableMetrics(graphs, spec));
    append(scores, graphLabelMetrics(graphs, spec));
    artifacts.push(graphsArtifact(graphs, spec));
  }
  if (isCodebookModel(model) && codes.length > 0) {
    append(scores, codebookMetrics(codes, { spec, codeCount: model.codeCount }));
    artifacts.push(await codebookArtifact(model, { spec, all: codes }));
  }
  if (replays.length > 0) artifacts.push(replayArtifact(environment, replays));
  return { scores, artifacts };
}

function sampleOf(split: Split, options: EvaluationOptions): SplitSample {
  const { environment, rng } = options;
  const { spec } = environment;
  const transitions = windowsOf(split, { ...options, steps: 1 });
  const { values } = transitions;
  const observations = observe(spec, { values, split: split.id, rng: rng.fork("shift") });
  // A sensor comes first in every split's shift, so with the same source of draws it shows the same.
  const sensed = { values: senseValues(spec, { values, rng: rng.fork("shift") }) };
  const [seen, unshifted] = [observations, sensed].map((each) => encodeObservations(spec.stateVariables, each));
  const contexts = environment.contexts(transitions);
  const width = seen!.length / contexts.length;
  const isChanged = (row: number) =>
    seen!.subarray(row * width, (row + 1) * width)
      .some((value, k) => value !== unshifted![row * width + k]);
  const changed = contexts.map((_, row) => !split.inDistribution && isChanged(row) ? 1 : 0);
  return {
    split,
    transitions,
    observations,
    unshifted: changed.includes(1) ? sensed : null,
    changed,
    contexts,
  };
}

function windowsOf(split: Split, options: EvaluationOptions & { readonly steps: number }): Windows {
  const { buffer, environment, batchSize, steps, rng } = options;
  return buffer.sampleForEvaluation(rng, {
    count: batchSize,
    steps,
    pool: split.inDistribution && buffer.hasValidation ? "validation" : "all",
    isWanted: environment.isEvaluated(split.id, buffer.transitions()),
  });
}

function observed(
  split: Split,
  { environment, windows, rng }: EvaluationOptions & { readonly windows: Windows },
): Observations {
  return observe(environment.spec, { values: windows.values, split: split.id, rng });
}
