import * as tf from "@tensorflow/tfjs";
import { Rng } from "../../../lib/core/rng.ts";
import { logProbability, sampleState } from "../../../lib/model/distribution.ts";
import type { ModelContext, ModelState, TrainingOptions, WindowBatch } from "../../../lib/model/dynamics_model.ts";
import { drawMask } from "../../../lib/model/masked/draw_mask.ts";
import { GraphLogits } from "../../../lib/model/masked/graph_logits.ts";
import { type ModelGroups, modelGroups } from "../../../lib/model/variable_groups.ts";
import { linear, type NoiseSource, ParameterSet } from "../../../lib/tensor/mod.ts";
import { type BatchedTable, batchedTable, featureRows, maskedProduct, type StackSizes } from "./batched_tables.ts";
import { SeedNoise } from "./seed_noise.ts";
import { stackedAdamStep } from "./stacked_adam.ts";
import { quantizeAndMove } from "./stacked_codebook.ts";
import { afterFirst, layerOf, type Weights } from "./stacked_layers.ts";

/** The FCDL options that the prototype knows; the others must be the method's defaults. */
export interface StackedOptions {
  readonly featureWidth: number;
  readonly predictorWidths: readonly number[];
  readonly encoderWidths: readonly number[];
  readonly decoderWidths: readonly number[];
  readonly sparsity: number;
  readonly commitment: number;
  readonly emaDecay: number;
}

/** Losses of each seed, float32 [S]; the caller disposes them. */
export type SeedLosses = Readonly<
  Record<"prediction" | "sparsity" | "commitment" | "loss" | "gradient_norm", tf.Tensor1D>
>;

interface Tables {
  readonly encoder: BatchedTable;
  readonly predictor: BatchedTable;
}

/**
 * PROTOTYPE, see docs/design/stacked_seeds.md. Training updates of S FCDL models of one spec at once: every tensor has
 * the seeds on its first axis, so that the number of operations is that of one seed.
 *
 * It starts from the states of S single models and gives such states back, so planning, evaluation and checkpoints stay
 * with the single models. Only for one run of categorical state variables and one of categorical actions, the
 * moving-average codebook with its default start and no revival, no code labels, exact one-hots.
 */
export class StackedFcdl {
  readonly #tensors = new Map<string, tf.Variable>();
  readonly #names: readonly string[];
  readonly #singleShapes = new Map<string, readonly number[]>();
  readonly #options: StackedOptions;
  readonly #training: TrainingOptions;
  readonly #groups: ModelGroups;
  readonly #sizes: StackSizes;
  readonly #constants = new ParameterSet(new Rng(0));
  readonly #logits: GraphLogits;
  readonly #spread: tf.Tensor2D;
  #updates: number;

  /**
   * @param states S states of single models, of the same number of updates.
   * @param options.parameterNames Names of the trainable tensors, in the single model's order.
   * @throws {RangeError} If the variables are not of the kinds above, or encoder or decoder have no hidden layer.
   */
  constructor(
    states: readonly ModelState[],
    options: {
      readonly context: ModelContext;
      readonly training: TrainingOptions;
      readonly method: StackedOptions;
      readonly parameterNames: readonly string[];
    },
  ) {
    const { context, training, method, parameterNames } = options;
    if (method.encoderWidths.length === 0 || method.decoderWidths.length === 0) {
      throw new RangeError("Cannot stack seeds: expected encoder and decoder with a hidden layer, got one without");
    }
    this.#options = method;
    this.#training = training;
    this.#names = parameterNames;
    this.#groups = modelGroups(context);
    this.#sizes = sizesOf(this.#groups, { seeds: states.length, featureWidth: method.featureWidth });
    this.#logits = new GraphLogits(this.#constants, { form: "triangular", ...this.#groups });
    this.#spread = this.#constants.constant(spreadMatrix(this.#sizes));
    for (const [name, { shape }] of Object.entries(states[0]!)) {
      if (name === "adam.updates") continue;
      this.#singleShapes.set(name, shape);
      const stacked = tf.tensor(joined(states.map((state) => state[name]!.data)), stackedShape(name, shape, states));
      this.#tensors.set(name, tf.variable(stacked, parameterNames.includes(name)));
      stacked.dispose();
    }
    this.#updates = states[0]!["adam.updates"]!.data[0]!;
  }

  /**
   * One gradient step of every seed; seed s goes where its single model would with batch s and noise s, within float32
   * rounding.
   */
  update(batches: readonly WindowBatch[], noises: readonly NoiseSource[]): SeedLosses {
    return tf.tidy(() => {
      const noise = new SeedNoise(noises);
      let losses: Omit<SeedLosses, "gradient_norm">;
      const parameters = this.#names.map((name) => this.#weights(name));
      const { grads } = tf.variableGrads(() => {
        losses = this.#losses(batches, noise);
        Object.values(losses).forEach((loss) => tf.keep(loss));
        // Seeds share no weight: the gradient of the sum is each seed's own.
        return losses.loss.sum() as tf.Scalar;
      }, parameters);
      const norm = stackedAdamStep(
        { parameters, mean: this.#weights("adam.mean"), square: this.#weights("adam.square") },
        {
          ...this.#training,
          gradients: parameters.map((variable) => grads[variable.name]!),
          update: ++this.#updates,
        },
      );
      return { ...losses!, gradient_norm: norm };
    });
  }

  /** The state of each seed's single model. */
  async states(): Promise<readonly ModelState[]> {
    const { seeds } = this.#sizes;
    const states = Array.from({ length: seeds }, (): Record<string, ModelState[string]> => ({}));
    for (const [name, variable] of this.#tensors) {
      const data = await variable.data<"float32">();
      const size = data.length / seeds;
      states.forEach((state, s) => {
        state[name] = { shape: this.#singleShapes.get(name)!, data: data.slice(s * size, (s + 1) * size) };
      });
    }
    for (const state of states) state["adam.updates"] = { shape: [1], data: Float32Array.of(this.#updates) };
    return states;
  }

  dispose(): void {
    for (const variable of this.#tensors.values()) variable.dispose();
    this.#constants.dispose();
  }

  readonly #weights: Weights = (name) => {
    const variable = this.#tensors.get(name);
    if (!variable) throw new RangeError(`Cannot read ${name}: expected ${[...this.#tensors.keys()].join(", ")}`);
    return variable;
  };

  /** The rollout of lib/model/rollout_model.ts with a seed axis; losses by seed. */
  #losses(batches: readonly WindowBatch[], noise: NoiseSource): Omit<SeedLosses, "gradient_norm"> {
    const { seeds, stateCount, categories } = this.#sizes;
    const actions = tf.stack(batches.map((batch) => batch.actions)) as tf.Tensor4D;
    const targets = tf.stack(batches.map((batch) => batch.nextObservations)) as tf.Tensor4D;
    const tables = this.#tables();
    let state = tf.stack(batches.map((batch) => batch.observation)) as tf.Tensor3D;
    const batch = state.shape[1];
    const sums: Record<"prediction" | "sparsity" | "commitment", tf.Tensor[]> = {
      prediction: [],
      sparsity: [],
      commitment: [],
    };
    for (let t = 0; t < this.#training.predictionSteps; t++) {
      const { heads, probabilities, commitment } = this.#step(
        { state, action: stepOf(actions, t), learnsState: t > 0 },
        { tables, noise },
      );
      const target = variablesFirst(stepOf(targets, t), stateCount);
      const logProb = logProbability(this.#groups.state, [heads], [target]);
      sums.prediction.push(logProb.reshape([seeds, stateCount * batch]).mean(1).neg());
      sums.sparsity.push(probabilities.reshape([seeds, -1]).mean(1));
      sums.commitment.push(commitment);
      const [next] = sampleState(this.#groups.state, [heads], noise) as [tf.Tensor3D];
      state = next.reshape([seeds, stateCount, batch, categories]).transpose([0, 2, 1, 3])
        .reshape([seeds, batch, stateCount * categories]);
    }
    const mean = (parts: tf.Tensor[]) => tf.addN(parts).div<tf.Tensor1D>(parts.length);
    const prediction = mean(sums.prediction);
    const sparsity = mean(sums.sparsity);
    const commitment = mean(sums.commitment);
    const loss = prediction.add(sparsity.mul(this.#options.sparsity))
      .add(commitment.mul(this.#options.commitment)) as tf.Tensor1D;
    return { prediction, sparsity, commitment, loss };
  }

  #tables(): Tables {
    const weights = this.#weights;
    const rows = featureRows(layerOf(weights, "feature.state.0"), layerOf(weights, "feature.action.0"));
    const of = (name: string) => batchedTable(rows, weights(name) as tf.Tensor as tf.Tensor3D, this.#sizes);
    return { encoder: of("encoder.0.weight"), predictor: of("predictor.0.weight") };
  }

  #step(
    input: { readonly state: tf.Tensor3D; readonly action: tf.Tensor3D; readonly learnsState: boolean },
    { tables, noise }: { tables: Tables; noise: NoiseSource },
  ): { heads: tf.Tensor3D; probabilities: tf.Tensor3D; commitment: tf.Tensor1D } {
    const { seeds, stateCount, actionCount } = this.#sizes;
    const weights = this.#weights;
    const { encoderWidths, decoderWidths, emaDecay } = this.#options;
    const oneHots = { ...input, all: tf.concat([input.state, input.action], 2) as tf.Tensor3D };
    const common = { spread: this.#spread, sizes: this.#sizes };
    const first = maskedProduct(oneHots, { ...common, tables: tables.encoder, mask: null });
    const latent = afterFirst(first, { weights, name: "encoder", hidden: encoderWidths.length });
    const { value, commitment } = quantizeAndMove(latent, { weights, decay: emaDecay });
    const decoded = linear(value, { weight: weights("decoder.0.weight"), bias: null });
    const free = afterFirst(decoded, { weights, name: "decoder", hidden: decoderWidths.length });
    // Row by row from here: S·B rows are as good as B.
    const [, batch, freeCount] = free.shape;
    const { mask, probabilities } = drawMask(this.#logits.place(free.reshape([seeds * batch, freeCount])), noise);
    const byTarget = mask.reshape([seeds, batch, stateCount, stateCount + actionCount])
      .transpose<tf.Tensor4D>([0, 2, 1, 3]);
    let hidden: tf.Tensor = maskedProduct(oneHots, { ...common, tables: tables.predictor, mask: byTarget })
      .add(weights("predictor.0.bias")).relu();
    for (let k = 1; k < this.#options.predictorWidths.length; k++) {
      hidden = linear(hidden, layerOf(weights, `predictor.${k}`), { activation: "relu" });
    }
    return { heads: linear(hidden, layerOf(weights, "head.0")) as tf.Tensor3D, probabilities, commitment };
  }
}

function sizesOf(groups: ModelGroups, options: { seeds: number; featureWidth: number }): StackSizes {
  const [state, ...states] = groups.state;
  const [action, ...actions] = groups.action;
  const fits = state?.kind === "categorical" && action?.kind === "categorical" && states.length + actions.length === 0;
  if (!fits) {
    throw new RangeError(
      "Cannot stack seeds: variables do not fit, expected one run of categorical state variables and one of actions, " +
        `got ${groups.state.length} and ${groups.action.length}`,
    );
  }
  return {
    ...options,
    stateCount: state.count,
    categories: state.width,
    actionCount: action.count,
    actionCategories: action.width,
  };
}

/** One-hot of each table row's variable, [N + M, N·c + M·a]. */
function spreadMatrix({ stateCount, categories, actionCount, actionCategories }: StackSizes): tf.Tensor2D {
  const stateRows = stateCount * categories;
  const rows = stateRows + actionCount * actionCategories;
  const data = new Float32Array((stateCount + actionCount) * rows);
  for (let row = 0; row < rows; row++) {
    const variable = row < stateRows
      ? Math.floor(row / categories)
      : stateCount + Math.floor((row - stateRows) / actionCategories);
    data[variable * rows + row] = 1;
  }
  return tf.tensor2d(data, [stateCount + actionCount, rows]);
}

/** Seeds go before one network's tensors ([S, in, out], [S, 1, out]) and along the stack of per-variable ones. */
function stackedShape(name: string, shape: readonly number[], { length: seeds }: readonly unknown[]): number[] {
  if (shape.length === 3) return [seeds * shape[0]!, ...shape.slice(1)];
  if (shape.length === 2 || !/^(encoder|decoder)/.test(name)) return [seeds, ...shape];
  return [seeds, 1, ...shape];
}

function joined(parts: readonly Float32Array[]): Float32Array {
  const all = new Float32Array(parts.reduce((sum, part) => sum + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    all.set(part, offset);
    offset += part.length;
  }
  return all;
}

/** Step t of [S, B, T, W] as [S, B, W]. */
function stepOf(tensor: tf.Tensor4D, t: number): tf.Tensor3D {
  const [seeds, batch, , width] = tensor.shape;
  return tensor.slice([0, 0, t, 0], [-1, -1, 1, -1]).reshape([seeds, batch, width]);
}

/** [S, B, N·c] as [S·N, B, c]. */
function variablesFirst(value: tf.Tensor3D, count: number): tf.Tensor3D {
  const [seeds, batch, width] = value.shape;
  return value.reshape([seeds, batch, count, width / count]).transpose([0, 2, 1, 3])
    .reshape([seeds * count, batch, width / count]);
}
