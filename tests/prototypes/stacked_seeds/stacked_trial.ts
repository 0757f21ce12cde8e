import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs";
import { Rng } from "../../../lib/core/rng.ts";
import type { ModelContext, ModelState, TrainingData, WindowBatch } from "../../../lib/model/dynamics_model.ts";
import { fcdl } from "../../../lib/model/methods/fcdl.ts";
import { RolloutModel } from "../../../lib/model/rollout_model.ts";
import { RngNoise } from "../../../lib/tensor/mod.ts";
import { StackedFcdl, type StackedOptions } from "./stacked_fcdl.ts";

/** Sizes of a trial: N variables of c categories, an action of A, B windows of T steps, layers of a width, K codes. */
export interface TrialSize {
  readonly variables: number;
  readonly categories: number;
  readonly actions: number;
  readonly batch: number;
  readonly steps: number;
  /** H and all other widths; null for the method's own. */
  readonly width: number | null;
  readonly codes: number;
  /** A second action variable of another width. */
  readonly secondAction?: boolean;
}

/** FCDL on random data, as single models of any seed and as stacks of them. */
export class StackedTrial {
  readonly learningRate = 1e-3;
  readonly #size: TrialSize;
  readonly #context: ModelContext;
  readonly #method: Record<string, unknown>;

  /** Call after the backend was chosen. */
  constructor(size: TrialSize) {
    const { variables, categories, actions, width, codes, secondAction = false } = size;
    this.#size = size;
    this.#context = {
      stateVariables: Array.from({ length: variables }, (_, i) => ({ kind: "categorical", name: `x${i}`, categories })),
      actionVariables: [
        { kind: "categorical", name: "action", categories: actions },
        ...(secondAction ? [{ kind: "categorical", name: "second", categories: actions + 1 } as const] : []),
      ],
      globalGraph: () => new Uint8Array(variables * (variables + 1)).fill(1),
    };
    this.#method = fcdl.parseOptions({
      codes,
      ...(width === null ? {} : {
        featureWidth: width,
        predictorWidths: [width, width],
        encoderWidths: [width, width],
        decoderWidths: [width],
        codeWidth: width,
      }),
    });
  }

  /** What FCDL never asks for. */
  get data(): TrainingData {
    return {
      episodes: 0,
      validationBatch: () => assert.fail("asked for a validation batch"),
      transitions: () => assert.fail("asked for transitions"),
    };
  }

  /** The product's model; the caller disposes it. */
  single(seed: number, options: { fast: boolean } = { fast: true }): RolloutModel {
    const training = { ...this.#training, ...options };
    const model = fcdl.create(this.#context, { options: this.#method, training, rng: new Rng(seed) });
    assert.ok(model instanceof RolloutModel);
    return model;
  }

  /** The same with latents far apart, and codes that have been in equal use. */
  async singleWithCodesInUse(seed: number): Promise<RolloutModel> {
    const model = this.single(seed);
    const state = await model.state();
    const use = this.#size.batch / this.#size.codes;
    const scaled = (name: string, factor: number) => {
      const { shape, data } = state[name]!;
      return { shape, data: data.map((value) => factor * value) };
    };
    const { shape, data } = state["codebook.size"]!;
    model.restore({
      ...state,
      "encoder.out.weight": scaled("encoder.out.weight", 4),
      "codebook.size": { shape, data: data.map(() => use) },
      "codebook.sum": scaled("codebook.codes", use),
    });
    return model;
  }

  /** A stack of freshly started single models; the caller disposes it. */
  async stack(seeds: readonly number[]): Promise<StackedFcdl> {
    const models = seeds.map((seed) => this.single(seed));
    const stack = await this.stackOf(models);
    for (const model of models) model.dispose();
    return stack;
  }

  /** A stack that goes on where single models are; the caller disposes it. */
  async stackOf(models: readonly RolloutModel[]): Promise<StackedFcdl> {
    const states: ModelState[] = [];
    for (const model of models) states.push(await model.state());
    return new StackedFcdl(states, {
      context: this.#context,
      training: this.#training,
      method: this.#method as unknown as StackedOptions,
      parameterNames: models[0]!.parameterNames,
    });
  }

  /** Random windows; the caller disposes their tensors. */
  batch(rng: Rng): WindowBatch {
    const { variables, categories, actions, batch, steps } = this.#size;
    return {
      observation: oneHots([batch], { count: variables, categories, rng }) as tf.Tensor2D,
      actions: oneHots([batch, steps], { count: 1, categories: actions, rng }) as tf.Tensor3D,
      nextObservations: oneHots([batch, steps], { count: variables, categories, rng }) as tf.Tensor3D,
    };
  }

  /** Operations of one stacked update that a GPU would run as kernels. */
  async launchesOfStack(seeds: readonly number[]): Promise<number> {
    const stack = await this.stack(seeds);
    const batches = seeds.map((seed) => this.batch(new Rng(seed)));
    const noises = seeds.map((seed) => new RngNoise(new Rng(seed)));
    const count = await launches(() => tf.dispose(stack.update(batches, noises)));
    tf.dispose(batches as unknown as tf.TensorContainer);
    stack.dispose();
    return count;
  }

  /** The same of a single model's update. */
  async launchesOfSingle(options: { fast: boolean }): Promise<number> {
    const model = this.single(1, options);
    const batch = this.batch(new Rng(1));
    const noise = new RngNoise(new Rng(2));
    const count = await launches(() => tf.dispose(model.update(batch, { noise, data: this.data })));
    tf.dispose(batch as unknown as tf.TensorContainer);
    model.dispose();
    return count;
  }

  get #training() {
    return { learningRate: this.learningRate, gradientClip: 0.05, predictionSteps: this.#size.steps };
  }
}

/** Views of a tensor, and the bracket that TensorFlow.js reports round a custom gradient. */
const free = ["Identity", "Reshape", "forward"];

async function launches(run: () => void): Promise<number> {
  // Else every output is read to look for NaN.
  tf.env().set("CHECK_COMPUTATION_FOR_ERRORS", false);
  const { kernels } = await tf.profile(run);
  return kernels.filter(({ name }) => !free.includes(name)).length;
}

function oneHots(shape: readonly number[], options: { count: number; categories: number; rng: Rng }): tf.Tensor {
  const { count, categories, rng } = options;
  const rows = shape.reduce((product, size) => product * size, 1);
  const data = new Float32Array(rows * count * categories);
  for (let i = 0; i < rows * count; i++) data[i * categories + rng.integer(categories)] = 1;
  return tf.tensor(data, [...shape, count * categories]);
}
