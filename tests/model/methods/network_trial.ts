import * as tf from "@tensorflow/tfjs";
import { Rng } from "../../../lib/core/rng.ts";
import { encodeValues, totalWidth, type Variable } from "../../../lib/core/variable.ts";
import type { MethodModule, TrainingData, WindowBatch } from "../../../lib/model/dynamics_model.ts";
import { RolloutModel } from "../../../lib/model/rollout_model.ts";

/** Variables of all kinds: categorical ones of two sizes, continuous ones, and two actions. */
export const mixed = {
  stateVariables: [
    { kind: "categorical", name: "a", categories: 3 },
    { kind: "categorical", name: "b", categories: 3 },
    { kind: "continuous", name: "x", low: -1, high: 1 },
    { kind: "categorical", name: "c", categories: 2 },
  ],
  actionVariables: [
    { kind: "categorical", name: "push", categories: 4 },
    { kind: "continuous", name: "force", low: -1, high: 1 },
  ],
} satisfies Variables;

/** Categorical variables of different sizes, in three runs. */
export const uneven = {
  stateVariables: [3, 2, 2, 4].map((categories, i): Variable => ({ kind: "categorical", name: `x${i}`, categories })),
  actionVariables: [{ kind: "categorical", name: "a", categories: 3 }],
} satisfies Variables;

/** State and action variables. */
export interface Variables {
  readonly stateVariables: readonly Variable[];
  readonly actionVariables: readonly Variable[];
}

/** No update of these methods reads it. */
export const noData: TrainingData = {
  episodes: 0,
  validationBatch: () => {
    throw new Error("not there");
  },
  transitions: () => ({ values: new Float32Array(), actions: new Float32Array(), nextValues: new Float32Array() }),
};

/** Makes a model. */
export function createModel(
  method: MethodModule,
  { variables, options, steps = 2, fast = true }: {
    variables: Variables;
    options: Record<string, unknown>;
    steps?: number;
    fast?: boolean;
  },
): RolloutModel {
  return method.create({ ...variables, globalGraph: () => new Uint8Array() }, {
    options: method.parseOptions(options),
    training: { learningRate: 1e-3, gradientClip: 1e9, predictionSteps: steps, fast },
    rng: new Rng(1),
  }) as RolloutModel;
}

/** A batch of random windows; the caller disposes it. */
export function randomBatch(variables: Variables, options: { size?: number; steps?: number; seed?: number } = {}) {
  const { size = 6, steps = 2, seed = 2 } = options;
  const rng = new Rng(seed);
  const value = (v: Variable) => v.kind === "categorical" ? rng.integer(v.categories) : rng.integer(1000) / 1000;
  const draw = (of: readonly Variable[], rows: number) =>
    encodeValues(of, Float32Array.from({ length: rows * of.length }, (_, i) => value(of[i % of.length]!)));
  const { stateVariables, actionVariables } = variables;
  const [d, a] = [totalWidth(stateVariables), totalWidth(actionVariables)];
  return {
    observation: tf.tensor2d(draw(stateVariables, size), [size, d]),
    actions: tf.tensor3d(draw(actionVariables, size * steps), [size, steps, a]),
    nextObservations: tf.tensor3d(draw(stateVariables, size * steps), [size, steps, d]),
  } satisfies WindowBatch;
}
