import { z } from "zod";
import * as tf from "@tensorflow/tfjs";
import { encodeObservations, type Observations } from "../../lib/core/observations.ts";
import { decodeValues, encodeValues, totalWidth } from "../../lib/core/variable.ts";
import type { Rng } from "../../lib/core/rng.ts";
import type { Environment, EnvironmentEntry, EnvironmentModule, EnvironmentState } from "../../lib/envs/environment.ts";
import type {
  CodebookModel,
  Losses,
  MethodEntry,
  MethodModule,
  ModelContext,
  ModelInput,
  ModelState,
  WindowBatch,
} from "../../lib/model/dynamics_model.ts";
import { defineMethod } from "../../lib/model/define_method.ts";
import type { NoiseSource } from "../../lib/tensor/mod.ts";

/** Steps of the toy's episodes. */
export const toyEpisodeLength = 4;

/**
 * Two bits and one action of three: 0 keeps, 1 flips bit a, 2 flips bit b; bit b also copies bit a by chance. The goal
 * is a value for each bit; the reward is the share of bits that have it. Context `on` is bit a = 1.
 */
export function toyEnvironment(options: { readonly copyChance?: number } = {}): Environment {
  const copyChance = options.copyChance ?? 0.25;
  const bit = (name: string) => ({ kind: "categorical" as const, name, categories: 2 });
  const reward = (next: Float32Array, goal: Float32Array) =>
    Float32Array.from(
      { length: next.length / 2 },
      (_, row) => ((next[row * 2] === goal[row * 2] ? 1 : 0) + (next[row * 2 + 1] === goal[row * 2 + 1] ? 1 : 0)) / 2,
    );
  // Columns a, b, action; rows a, b. With a on, b depends on a too.
  const graphOff = [1, 0, 1, 0, 1, 1];
  const graphOn = [1, 0, 1, 1, 1, 1];
  return {
    spec: {
      id: "toy",
      stateVariables: [bit("a"), bit("b")],
      actionVariables: [{ kind: "categorical", name: "flip", categories: 3 }],
      episodeLength: toyEpisodeLength,
      goalWidth: 2,
      hiddenWidth: 1,
      splits: [
        { id: "train", label: "training", inDistribution: true, scoredVariables: [0, 1], shift: null },
        {
          id: "noisy",
          label: "bit b is scaled",
          inDistribution: false,
          scoredVariables: [0],
          shift: {
            description: "b times 10 N(0, 1)",
            variables: [1],
            apply(encoded, rng) {
              const shifted = encoded.slice();
              for (let k = 0; k < shifted.length; k++) if (k % 4 > 1) shifted[k]! *= 10 * rng.normal();
              return shifted;
            },
          },
        },
      ],
      contextNames: ["off", "on"],
    },
    reset(_, { count, rng }): EnvironmentState {
      const draw = () => Float32Array.from({ length: count * 2 }, () => rng.integer(2));
      return { values: draw(), goal: draw(), hidden: new Float32Array(count) };
    },
    step(state, { actions, rng }) {
      const values = state.values.slice();
      for (let e = 0; e < actions.length; e++) {
        if (actions[e]! > 0) values[e * 2 + actions[e]! - 1] = 1 - values[e * 2 + actions[e]! - 1]!;
        if (state.values[e * 2] === 1 && rng.uniform() < copyChance) values[e * 2 + 1] = 1;
      }
      const rewards = reward(values, state.goal);
      return {
        state: { values, goal: state.goal, hidden: state.hidden.map((steps) => steps + 1) },
        reward: rewards,
        success: Uint8Array.from(rewards, (each) => each === 1 ? 1 : 0),
      };
    },
    reward,
    localGraphs: ({ values }) =>
      Uint8Array.from(
        Array.from({ length: values.length / 2 }, (_, row) => values[row * 2] === 1 ? graphOn : graphOff)
          .flat(),
      ),
    globalGraph: () => Uint8Array.from(graphOn),
    contexts: ({ values }) => Uint8Array.from({ length: values.length / 2 }, (_, row) => values[row * 2]!),
    isEvaluated: (split, { values }) =>
      Uint8Array.from({ length: values.length / 2 }, (_, row) => split === "train" || values[row * 2] === 1 ? 1 : 0),
    dispose() {},
  };
}

/**
 * A linear model with noise in its training, momentum in its optimiser, and a codebook of two codes whose code is bit a.
 * Small, but all that a resumption must keep is there.
 */
class ToyModel implements CodebookModel {
  readonly codeCount = 2;
  readonly parameterCount: number;
  readonly #weights: tf.Variable<tf.Rank.R2>;
  readonly #velocity: tf.Variable<tf.Rank.R2>;
  readonly #nanAtUpdate: number | null;
  readonly #context: ModelContext;
  #updates = 0;

  constructor(context: ModelContext, options: { readonly rng: Rng; readonly nanAtUpdate: number | null }) {
    const outputs = totalWidth(context.stateVariables);
    const inputs = outputs + totalWidth(context.actionVariables);
    const start = options.rng.fillNormal(new Float32Array(inputs * outputs));
    this.#weights = tf.tidy(() => tf.variable(tf.tensor2d(start, [inputs, outputs])));
    this.#velocity = tf.tidy(() => tf.variable(tf.zeros<tf.Rank.R2>([inputs, outputs])));
    this.parameterCount = inputs * outputs;
    this.#nanAtUpdate = options.nanAtUpdate;
    this.#context = context;
  }

  update(batch: WindowBatch, { noise }: { readonly noise: NoiseSource }): Losses {
    this.#updates++;
    return tf.tidy(() => {
      const [rows, width] = batch.observation.shape;
      const action = batch.actions.slice([0, 0, 0], [-1, 1, -1]).reshape<tf.Tensor2D>([rows, -1]);
      const target = batch.nextObservations.slice([0, 0, 0], [-1, 1, -1]).reshape<tf.Tensor2D>([rows, width]);
      const input = tf.concat([batch.observation, action], 1).add(noise.normal([rows, 1]).mul(0.01)) as tf.Tensor2D;
      const error = tf.matMul(input, this.#weights as unknown as tf.Tensor2D).sub(target) as tf.Tensor2D;
      const gradient = tf.matMul(input, error, true).mul(2 / rows);
      this.#velocity.assign(this.#velocity.mul(0.5).add(gradient) as tf.Tensor2D);
      this.#weights.assign(this.#weights.sub(this.#velocity.mul(0.05)) as tf.Tensor2D);
      const prediction = error.square().mean().asScalar();
      const loss = this.#updates === this.#nanAtUpdate ? tf.scalar(NaN) : prediction.add(1).asScalar();
      return { loss, prediction };
    });
  }

  predict(observations: Observations, actions: Float32Array): Float32Array {
    const { stateVariables, actionVariables } = this.#context;
    const [observation, action] = [
      encodeObservations(stateVariables, observations),
      encodeValues(actionVariables, actions),
    ].map((encoded) => tf.tensor2d(encoded, [actions.length, encoded.length / actions.length])) as [
      tf.Tensor2D,
      tf.Tensor2D,
    ];
    const predicted = this.#next(observation, action);
    try {
      return decodeValues(stateVariables, Float32Array.from(predicted.dataSync()));
    } finally {
      tf.dispose([observation, action, predicted]);
    }
  }

  #next(observation: tf.Tensor2D, action: tf.Tensor2D): tf.Tensor2D {
    return tf.tidy(() => tf.matMul(tf.concat([observation, action], 1), this.#weights as unknown as tf.Tensor2D));
  }

  evaluate(batch: WindowBatch): { readonly logProb: tf.Tensor3D; readonly prediction: tf.Tensor3D } {
    return tf.tidy(() => {
      const predictions: tf.Tensor2D[] = [];
      let observation = batch.observation;
      for (let t = 0; t < batch.actions.shape[1]; t++) {
        const action = batch.actions.slice([0, t, 0], [-1, 1, -1]).reshape<tf.Tensor2D>([observation.shape[0], -1]);
        observation = this.#next(observation, action);
        predictions.push(observation);
      }
      const prediction = tf.stack(predictions, 1) as tf.Tensor3D;
      const [rows, steps] = prediction.shape;
      const logProb = prediction.sub(batch.nextObservations).square().neg().reshape([rows, steps, 2, 2]).sum(3);
      return { logProb: logProb as tf.Tensor3D, prediction };
    });
  }

  localGraph(input: ModelInput): tf.Tensor3D {
    return tf.tidy(() => tf.gather(this.codeGraphs(), this.codes(input)));
  }

  codes({ observation }: ModelInput): tf.Tensor1D {
    return tf.tidy(() => observation.slice([0, 0], [-1, 2]).argMax<tf.Tensor1D>(1));
  }

  codeGraphs(): tf.Tensor3D {
    return tf.tensor3d([0.9, 0.1, 0.8, 0.2, 0.7, 0.9, 0.9, 0.1, 0.8, 0.6, 0.7, 0.9], [2, 2, 3]);
  }

  async state(): Promise<ModelState> {
    const { shape } = this.#weights;
    return {
      weights: { shape, data: Float32Array.from(await this.#weights.data()) },
      velocity: { shape, data: Float32Array.from(await this.#velocity.data()) },
      updates: { shape: [1], data: Float32Array.of(this.#updates) },
    };
  }

  restore(state: ModelState): void {
    tf.tidy(() => {
      const [inputs, outputs] = this.#weights.shape;
      this.#weights.assign(tf.tensor2d(state["weights"]!.data, [inputs, outputs]));
      this.#velocity.assign(tf.tensor2d(state["velocity"]!.data, [inputs, outputs]));
    });
    this.#updates = state["updates"]!.data[0]!;
  }

  dispose(): void {
    this.#weights.dispose();
    this.#velocity.dispose();
  }
}

/** The toy model's method; options `nanAtUpdate` and `refuses` make it fail. */
export const toyMethod: MethodModule = {
  parseOptions: (options) => ({ nanAtUpdate: null, ...options as Record<string, unknown> }),
  create: (context, { options, rng }) =>
    new ToyModel(context, { rng, nanAtUpdate: options["nanAtUpdate"] as number | null }),
};

const toyEnvironmentModule: EnvironmentModule = {
  parseOptions: (options) => options as Record<string, unknown>,
  taskName: () => "toy",
  create: (options) => Promise.resolve(toyEnvironment(options)),
};

/** Registries that know the toy environment, the toy method, and one that cannot run on it. */
export const toyRegistries: {
  readonly environments: readonly EnvironmentEntry[];
  readonly methods: readonly MethodEntry[];
} = {
  environments: [{ id: "toy", label: "Toy", load: () => Promise.resolve(toyEnvironmentModule) }],
  methods: [
    { id: "linear", label: "Linear", load: () => Promise.resolve(toyMethod) },
    {
      id: "picky",
      label: "Picky",
      load: () =>
        Promise.resolve(defineMethod({
          options: z.strictObject({}),
          unsupported: () => "Cannot run picky: it needs continuous variables, expected some, got none",
          create: () => {
            throw new Error("never asked for");
          },
        })),
    },
  ],
};
