import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs";
import { Rng } from "../../lib/core/rng.ts";
import { decodeValues, encodeValues } from "../../lib/core/variable.ts";
import type {
  DynamicsModel,
  Losses,
  MethodModule,
  ModelContext,
  ModelInput,
  ModelState,
  TrainingData,
  WindowBatch,
} from "../../lib/model/dynamics_model.ts";
import { RngNoise } from "../../lib/tensor/mod.ts";
import type { ToyProblem } from "./toy_problems.ts";

/** What a contract test trains with. */
export interface TrialOptions {
  readonly method: MethodModule;
  readonly problem: ToyProblem;
  /** Seed of the model's start. */
  readonly seed?: number;
  /** T. */
  readonly steps?: number;
  readonly fast?: boolean;
  /** Method options; small sizes unless given. */
  readonly options?: Record<string, unknown>;
  readonly learningRate?: number;
}

/** A model on a toy problem with its sources of chance. */
export class Trial {
  readonly model: DynamicsModel;
  readonly #problem: ToyProblem;
  readonly #chance = { batches: new Rng(5), noise: new Rng(6), validation: new Rng(7) };
  #updates = 0;
  readonly #steps: number;

  constructor({ method, problem, seed = 1, steps = 2, fast, options, learningRate = 3e-3 }: TrialOptions) {
    this.#problem = problem;
    this.#steps = steps;
    this.model = method.create(problem.context, {
      options: method.parseOptions(options ?? smallOptions(method)),
      training: {
        learningRate,
        gradientClip: 1e9,
        predictionSteps: steps,
        ...(fast === undefined ? {} : { fast }),
      },
      rng: new Rng(seed),
    });
  }

  /** Makes updates; returns the loss of each. */
  train(updates: number): number[] {
    return Array.from({ length: updates }, () => {
      const batch = this.#problem.batch(32, { steps: this.#steps, rng: this.#chance.batches });
      const losses = this.model.update(batch, { noise: new RngNoise(this.#chance.noise), data: this.#data() });
      this.#updates++;
      disposeAll(batch);
      return lossOf(losses);
    });
  }

  /** Goes on with the data and chance of another trial, from where it is now. */
  follow(other: Trial): void {
    this.#updates = other.#updates;
    for (const name of chances) this.#chance[name].restore(other.#chance[name].state());
  }

  /** What a method may ask of the training data; an update is an episode. */
  #data(): TrainingData {
    return {
      episodes: this.#updates,
      validationBatch: () => this.#problem.batch(32, { steps: this.#steps, rng: this.#chance.validation }),
      transitions: () => this.#problem.transitions(new Rng(8)),
    };
  }
}

const chances = ["batches", "noise", "validation"] as const;

/** Reads and frees an update's losses; every one must be finite. */
export function lossOf(losses: Losses): number {
  for (const [name, value] of Object.entries(losses)) {
    assert.ok(Number.isFinite(value.dataSync()[0]), `loss ${name} is finite`);
  }
  const loss = losses.loss.dataSync()[0]!;
  tf.dispose(Object.values(losses));
  return loss;
}

/** A method's defaults with every whole number from 32 up, that is every layer's width, made 16. */
export function smallOptions(method: MethodModule): Record<string, unknown> {
  const shrink = (value: unknown): unknown => {
    if (typeof value === "number") return Number.isInteger(value) && value >= 32 ? 16 : value;
    if (Array.isArray(value)) return value.map(shrink);
    if (typeof value === "object" && value !== null) {
      return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, shrink(inner)]));
    }
    return value;
  };
  return shrink(method.parseOptions({})) as Record<string, unknown>;
}

/** What a model predicts of encoded input, encoded, [B · D]. */
export function predicted(
  model: DynamicsModel,
  { stateVariables, actionVariables }: Pick<ModelContext, "stateVariables" | "actionVariables">,
  { observation, action, isShifted }: ModelInput,
): number[] {
  const encoded = Float32Array.from(observation.dataSync());
  const observations = isShifted ? { encoded } : { values: decodeValues(stateVariables, encoded) };
  const actions = decodeValues(actionVariables, Float32Array.from(action.dataSync()));
  return [...encodeValues(stateVariables, model.predict(observations, actions))];
}

/** Step t's action of a batch, [B, A]. */
export function actionOf(batch: WindowBatch, t = 0): tf.Tensor2D {
  const [size, , width] = batch.actions.shape;
  return tf.tidy(() => batch.actions.slice([0, t, 0], [size, 1, width]).reshape<tf.Tensor2D>([size, width]));
}

/** Frees all tensors of a record. */
export function disposeAll(tensors: object): void {
  tf.dispose(Object.values(tensors) as tf.Tensor[]);
}

/** Numbers of a tensor, which is freed. */
export function take(tensor: tf.Tensor): number[] {
  const data = [...tensor.dataSync()];
  tensor.dispose();
  return data;
}

/** Names of trainable tensors: those whose sizes make up the parameter count, which come first in a state. */
export function trainable(state: ModelState, parameterCount: number): { name: string; offset: number }[] {
  const found: { name: string; offset: number }[] = [];
  let offset = 0;
  for (const [name, { data }] of Object.entries(state)) {
    if (offset >= parameterCount) break;
    found.push({ name, offset });
    offset += data.length;
  }
  assert.equal(offset, parameterCount, "the parameter count is the sum of the first tensors' sizes");
  return found;
}
