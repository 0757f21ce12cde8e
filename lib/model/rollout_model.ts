import * as tf from "@tensorflow/tfjs";
import { areValues, countObservations, encodeObservations, type Observations } from "../core/observations.ts";
import { encodeValues } from "../core/variable.ts";
import { Adam, type NoiseSource, variableGradients } from "../tensor/mod.ts";
import { logProbability, modeState, modeValues, sampleState } from "./distribution.ts";
import type {
  DynamicsModel,
  Losses,
  ModelContext,
  ModelInput,
  ModelState,
  PredictionCache,
  TrainingData,
  TrainingOptions,
  WindowBatch,
} from "./dynamics_model.ts";
import type { Accelerate, Acceleration, InputFacts } from "./fast/acceleration.ts";
import type { StepInput, StepNetwork, StepOutput } from "./step_network.ts";
import { type Factored, joinGroups, type ModelGroups, modelGroups, splitGroups } from "./variable_groups.ts";

/** What a method does beside its gradient steps. */
export interface UpdateHooks {
  /** Called before a gradient step. */
  beforeUpdate?(data: TrainingData): void;
  /** Called after it, with the number of steps made so far, this one included; a restored model goes on counting. */
  afterUpdate?(update: { readonly batch: WindowBatch; readonly data: TrainingData; readonly updates: number }): void;
}

/** What a {@link RolloutModel} is made with. */
export interface RolloutOptions<Network extends StepNetwork, Fast extends Acceleration = Acceleration> {
  readonly context: ModelContext;
  readonly training: TrainingOptions;
  /** `mean` unless given. */
  readonly reduction?: Reduction;
  /** How the network's steps are computed faster; left out, or where `training.fast` is false, they are as they stand. */
  readonly accelerate?: Accelerate<Network, Fast>;
  readonly hooks?: UpdateHooks;
}

/**
 * How the negative log-likelihoods of an update become one loss: their mean over batch, variables and steps, or their
 * sum over variables and steps and mean over the batch.
 */
export type Reduction = "mean" | "sum";

/** What {@link RolloutModel.gradients} returns; the caller disposes all tensors. */
export interface GradientResult {
  readonly losses: Losses;
  /** In the order of the parameter set; null where no gradient arrives. */
  readonly gradients: readonly (tf.Tensor | null)[];
  readonly steps: readonly StepOutput[];
}

/**
 * A dynamics model trained on rollouts that feed sampled predictions back: mean negative log-likelihood over batch,
 * variables and steps (or their sum, see {@link Reduction}), plus the network's penalties; one Adam step an update.
 */
export class RolloutModel<Network extends StepNetwork = StepNetwork, Fast extends Acceleration = Acceleration>
  implements DynamicsModel {
  protected readonly network: Network;
  /** Null where steps are computed as the network says. */
  protected readonly fast: Fast | null;
  protected readonly groups: ModelGroups;
  /** T. */
  protected readonly steps: number;
  readonly #optimiser: Adam;
  readonly #hooks: UpdateHooks;
  readonly #context: ModelContext;
  /** Factor of the mean negative log-likelihood in the loss. */
  readonly #scale: number;

  /** @param network Owned and disposed by the model, as is its acceleration. */
  constructor(network: Network, options: RolloutOptions<Network, Fast>) {
    const { context, training, accelerate, hooks = {} } = options;
    this.network = network;
    this.fast = training.fast === false ? null : accelerate?.(network) ?? null;
    this.groups = modelGroups(context);
    this.steps = training.predictionSteps;
    this.#hooks = hooks;
    this.#context = context;
    this.#scale = options.reduction === "sum" ? this.groups.stateCount * this.steps : 1;
    this.#optimiser = new Adam(network.parameters, training);
  }

  get parameterCount(): number {
    return this.network.parameters.count;
  }

  get predictionCache(): PredictionCache | null {
    return this.fast?.predictionCache ?? null;
  }

  /** Names of the trainable tensors, in the order of {@link RolloutModel.gradients}. */
  get parameterNames(): readonly string[] {
    return this.network.parameters.names;
  }

  update(batch: WindowBatch, options: { readonly noise: NoiseSource; readonly data: TrainingData }): Losses {
    this.#hooks.beforeUpdate?.(options.data);
    const { losses, gradients } = this.gradients(batch, options.noise);
    const made = Object.values(losses);
    try {
      const gradientNorm = this.applyGradients(gradients);
      made.push(gradientNorm);
      for (const gradient of gradients) gradient?.dispose();
      this.#hooks.afterUpdate?.({ batch, data: options.data, updates: this.updates });
      return { ...losses, gradient_norm: gradientNorm };
    } catch (error) {
      for (const tensor of [...made, ...gradients]) tensor?.dispose();
      throw error;
    }
  }

  /** Forward and backward pass of one update without the optimiser's step. `trace` keeps the steps' outputs. */
  gradients(batch: WindowBatch, noise: NoiseSource, options = { trace: false }): GradientResult {
    const made: { losses?: Losses; steps: StepOutput[]; kept: tf.Tensor[] } = { steps: [], kept: [] };
    try {
      const gradients = variableGradients(() => {
        this.fast?.beginRollout?.();
        const { losses, steps } = this.trainingLoss(batch, noise);
        made.losses = losses;
        if (options.trace) made.steps = steps;
        for (const tensor of [...Object.values(losses), ...made.steps.flatMap(tensorsOf)]) {
          made.kept.push(tf.keep(tensor));
        }
        return losses.loss;
      }, this.network.parameters.variables);
      return { losses: made.losses!, gradients, steps: made.steps };
    } catch (error) {
      tf.dispose(made.kept);
      throw error;
    }
  }

  /** The optimiser's step; returns the gradients' global norm, which the caller disposes. */
  applyGradients(gradients: readonly (tf.Tensor | null)[]): tf.Scalar {
    return this.#optimiser.apply(gradients);
  }

  predict(observations: Observations, actions: Float32Array): Float32Array {
    const { stateVariables, actionVariables } = this.#context;
    const isOneHot = areValues(observations);
    const encoded = [encodeObservations(stateVariables, observations), encodeValues(actionVariables, actions)];
    const predicted: { values: Float32Array } = { values: new Float32Array() };
    // Not what the scope returns: it would look for tensors in each number.
    tf.tidy(() => {
      const rows = countObservations(stateVariables, observations);
      const [observation, action] = encoded.map((each) => tf.tensor2d(each, [rows, each.length / rows]));
      const input = this.evaluationInput({ observation: observation!, action: action! });
      const { heads } = this.step(input, () => ({
        isOneHot,
        categories: isOneHot ? this.#categories(observations.values, actions) : null,
        learnsInput: false,
      }));
      predicted.values = modeValues(this.groups.state, heads);
    });
    return predicted.values;
  }

  evaluate(batch: WindowBatch): { readonly logProb: tf.Tensor3D; readonly prediction: tf.Tensor3D } {
    return tf.tidy(() => {
      const logProbs: tf.Tensor2D[] = [];
      const predictions: tf.Tensor2D[] = [];
      let state = splitGroups(batch.observation, this.groups.state);
      for (let t = 0; t < batch.actions.shape[1]; t++) {
        const action = this.actionAt(batch, t);
        const { heads } = this.step({ state, action, noise: null }, () => this.factsAt(t, batch));
        logProbs.push(logProbability(this.groups.state, heads, this.targetAt(batch, t)).transpose());
        state = modeState(this.groups.state, heads);
        predictions.push(joinGroups(state));
      }
      return {
        logProb: tf.stack(logProbs, 1) as tf.Tensor3D,
        prediction: tf.stack(predictions, 1) as tf.Tensor3D,
      };
    });
  }

  async state(): Promise<ModelState> {
    return { ...await this.network.parameters.save(), ...await this.#optimiser.save() };
  }

  restore(state: ModelState): void {
    this.network.parameters.restore(state);
    this.#optimiser.restore(state);
  }

  dispose(): void {
    this.fast?.dispose();
    this.network.parameters.dispose();
    this.#optimiser.dispose();
  }

  /** Gradient steps made so far. */
  protected get updates(): number {
    return this.#optimiser.updates;
  }

  /** One step, by the acceleration where there is one; call inside `tf.tidy`. */
  protected step(input: StepInput, facts: () => InputFacts): StepOutput {
    return this.fast ? this.fast.step(input, facts()) : this.network.step(input);
  }

  /** What is known of step t of a rollout from a batch's first observation; in evaluation unless `training` is said. */
  protected factsAt(t: number, batch: Pick<WindowBatch, "isShifted">, options = { training: false }): InputFacts {
    // Training data may be a distorted view of the state, too.
    return { isOneHot: t > 0 || !batch.isShifted, learnsInput: options.training && t > 0 };
  }

  /** Encoded input as a step in evaluation mode takes it; call inside `tf.tidy`. */
  protected evaluationInput({ observation, action }: ModelInput): StepInput {
    return {
      state: splitGroups(observation, this.groups.state),
      action: splitGroups(action, this.groups.action),
      noise: null,
    };
  }

  /** Categories [N + M, B] of rows of values [B, N] and [B, M]; null where a variable is continuous. */
  #categories(values: Float32Array, actions: Float32Array): Int32Array | null {
    const { stateCount, actionCount, state, action } = this.groups;
    if ([...state, ...action].some(({ kind }) => kind === "continuous")) return null;
    const rows = values.length / stateCount;
    const categories = new Int32Array(values.length + actions.length);
    for (let row = 0; row < rows; row++) {
      for (let i = 0; i < stateCount; i++) categories[i * rows + row] = values[row * stateCount + i]!;
      for (let i = 0; i < actionCount; i++) {
        categories[(stateCount + i) * rows + row] = actions[row * actionCount + i]!;
      }
    }
    return categories;
  }

  /** Rolls out on sampled predictions, on the tape of an update; `loss` is what is minimised. */
  protected trainingLoss(batch: WindowBatch, noise: NoiseSource): { losses: Losses; steps: StepOutput[] } {
    const steps: StepOutput[] = [];
    const nll: tf.Scalar[] = [];
    let state = splitGroups(batch.observation, this.groups.state);
    for (let t = 0; t < this.steps; t++) {
      const input = { state, action: this.actionAt(batch, t), noise };
      const step = this.step(input, () => this.factsAt(t, batch, { training: true }));
      nll.push(logProbability(this.groups.state, step.heads, this.targetAt(batch, t)).mean().neg() as tf.Scalar);
      steps.push(step);
      // Drawn after the last step too, so that recorded noise is used up in order.
      state = sampleState(this.groups.state, step.heads, noise);
    }
    const prediction = this.#scale === 1 ? mean(nll) : mean(nll).mul<tf.Scalar>(this.#scale);
    const losses: Record<string, tf.Scalar> = { prediction };
    let loss = prediction;
    for (const [name, { weight }] of Object.entries(steps[0]!.penalties ?? {})) {
      const value = mean(steps.map((step) => step.penalties![name]!.value));
      losses[name] = value;
      loss = loss.add(value.mul(weight));
    }
    return { losses: { ...losses, loss: loss.clone() }, steps };
  }

  /** Action of step t by group. */
  protected actionAt(batch: WindowBatch, t: number): Factored {
    return splitGroups(at(batch.actions, t), this.groups.action);
  }

  /** Observation after step t by group. */
  protected targetAt(batch: WindowBatch, t: number): Factored {
    return splitGroups(at(batch.nextObservations, t), this.groups.state);
  }
}

/** Step t of [B, T, W] as [B, W]. */
function at(tensor: tf.Tensor3D, t: number): tf.Tensor2D {
  return tensor.slice([0, t, 0], [-1, 1, -1]).reshape([tensor.shape[0], tensor.shape[2]]);
}

function mean(values: readonly tf.Scalar[]): tf.Scalar {
  return tf.addN([...values]).div(values.length);
}

function tensorsOf({ heads, trace }: StepOutput): readonly tf.Tensor[] {
  return [...heads, ...Object.values(trace ?? {})];
}
