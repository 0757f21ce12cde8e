import type { Scalar, Tensor1D, Tensor2D, Tensor3D } from "@tensorflow/tfjs-core";
import type { Observations } from "../core/observations.ts";
import type { LocalGraphRule } from "../core/local_graph_rule.ts";
import type { Variable } from "../core/variable.ts";
import type { Rng } from "../core/rng.ts";
import type { NoiseSource } from "../tensor/mod.ts";
import type { ControlRole } from "../core/control_role.ts";

/**
 * What a model is told about the world before it sees data.
 * N/M state/action variables, D/A their encoded widths.
 */
export interface ModelContext {
  readonly stateVariables: readonly Variable[];
  readonly actionVariables: readonly Variable[];
  /** The true global graph [N, N + M]; only methods that say so in their documentation may call it. */
  globalGraph(): Uint8Array;
  /**
   * The true local graph of each step, as far as it follows from what every split shows as it is; null where it does
   * not follow from single variables. Only methods that say so in their documentation may call it.
   */
  localGraphRule?(): LocalGraphRule | null;
}

/** Settings that every method shares. */
export interface TrainingOptions {
  readonly learningRate: number;
  /** Gradients are scaled down to this global norm. */
  readonly gradientClip: number;
  /** T, steps a training rollout predicts. */
  readonly predictionSteps: number;
  /** Updates planned in all, for methods with a schedule; they state what they assume where it is not known. */
  readonly updates?: number;
  /** Whether a method's acceleration is used, if it has one; true unless false. Results agree within rounding. */
  readonly fast?: boolean;
}

/** B windows of T steps; the caller owns the tensors. */
export interface WindowBatch {
  /** Encoded first observation, float32 [B, D]. */
  readonly observation: Tensor2D;
  /** Encoded actions, float32 [B, T, A]. */
  readonly actions: Tensor3D;
  /** Encoded observations after each action, float32 [B, T, D]. */
  readonly nextObservations: Tensor3D;
  /** Whether a shift has made other numbers of the first observation's one-hots; false unless said. */
  readonly isShifted?: boolean;
}

/** Observations and actions of one step as a model is asked about them; the caller owns the tensors. */
export interface ModelInput {
  /** Encoded, float32 [B, D]. */
  readonly observation: Tensor2D;
  /** Encoded, float32 [B, A]. */
  readonly action: Tensor2D;
  /** Whether a shift has made other numbers of the observation's one-hots; false unless said. */
  readonly isShifted?: boolean;
}

/** More of the training data, for methods that test independence. */
export interface TrainingData {
  /** A batch of windows of validation episodes; the caller disposes its tensors. */
  validationBatch(): WindowBatch;
  /** Episodes completed so far. */
  readonly episodes: number;
  /** All stored training transitions: values [R, N], actions [R, M], nextValues [R, N] row-major. */
  transitions(): { readonly values: Float32Array; readonly actions: Float32Array; readonly nextValues: Float32Array };
}

/** Plain copy of all that a model's future depends on: weights, optimiser, batch-norm and codebook statistics. */
export type ModelState = Readonly<Record<string, { readonly shape: readonly number[]; readonly data: Float32Array }>>;

/** Scalars of one update, by name; `loss` is the sum that was minimised. The caller disposes them. */
export type Losses = Readonly<Record<string, Scalar>> & { readonly loss: Scalar };

/**
 * Predictions of single variables that a model keeps while its weights stay as they are, so that the same one is
 * computed once; results are the same without it.
 */
export interface PredictionCache {
  /** Variables' predictions asked for so far, and how many of them were computed. */
  readonly variables: number;
  readonly predictedVariables: number;
  /** Forgets the predictions. */
  clear(): void;
}

/** A model of the dynamics that can be trained and asked. Evaluation never changes it. */
export interface DynamicsModel {
  /** One gradient step. Tensors of the batch stay the caller's. */
  update(batch: WindowBatch, options: { readonly noise: NoiseSource; readonly data: TrainingData }): Losses;
  /**
   * The most likely values of the next state: the first most likely category of categorical variables, the mean of
   * continuous ones. Nothing stays on the device.
   *
   * @param actions Values, row-major [B, M].
   * @returns Row-major [B, N].
   */
  predict(observations: Observations, actions: Float32Array): Float32Array;
  /**
   * Scores a rollout that feeds its own predictions back, in evaluation mode.
   *
   * @returns `logProb` [B, T, N], the log-probability (density) of each observed next variable, and `prediction`
   * [B, T, D]; the caller disposes both.
   */
  evaluate(batch: WindowBatch): { readonly logProb: Tensor3D; readonly prediction: Tensor3D };
  /** Trainable numbers. */
  readonly parameterCount: number;
  /** The predictions that it keeps, if it does. */
  readonly predictionCache?: PredictionCache | null;
  /** Copies all state to the host. */
  state(): Promise<ModelState>;
  /** @throws {RangeError} If a name or shape does not fit. */
  restore(state: ModelState): void;
  dispose(): void;
}

/** A model that infers a causal graph for each sample, or one for all. */
export interface GraphModel extends DynamicsModel {
  /**
   * Edge probabilities in evaluation mode.
   *
   * @returns float32 [B, N, N + M] in [0, 1]; an edge is present above 0.5. The caller disposes it.
   */
  localGraph(input: ModelInput): Tensor3D;
}

/** A model that quantizes the state-action space into K codes. */
export interface CodebookModel extends GraphModel {
  readonly codeCount: number;
  /** Code of each sample, int32 [B]; the caller disposes it. */
  codes(input: ModelInput): Tensor1D;
  /** Edge probabilities of each code, float32 [K, N, N + M]; the caller disposes it. */
  codeGraphs(): Tensor3D;
}

/** A model whose contexts are read from few of the variables. */
export interface GatedModel extends CodebookModel {
  /**
   * What the encoder reads: `open` is 1 or 0 for each state and action variable, [N + M]; `effects` what a wrong value
   * of it costs, in nats a predicted variable.
   */
  contextGates(): { readonly open: Float32Array; readonly effects: Float32Array };
}

/** Whether a model reads its contexts from few of the variables. */
export function isGatedModel(model: DynamicsModel): model is GatedModel {
  return "contextGates" in model;
}

/** Whether a model has a causal graph. */
export function isGraphModel(model: DynamicsModel): model is GraphModel {
  return "localGraph" in model;
}

/** Whether a model has a codebook. */
export function isCodebookModel(model: DynamicsModel): model is CodebookModel {
  return "codeGraphs" in model;
}

/** What a model is made with. */
export interface CreateOptions<Options> {
  /** What `parseOptions` returned. */
  readonly options: Options;
  readonly training: TrainingOptions;
  readonly rng: Rng;
}

/** A method, see `defineMethod`. */
export interface MethodModule {
  /** Checks options (the `method` field of a run spec without `id` and `label`) and fills defaults. */
  parseOptions(options: unknown): Record<string, unknown>;
  /**
   * Why the method cannot run on such variables; null when it can.
   *
   * @param options What `parseOptions` returned.
   */
  unsupported?(context: ModelContext, options: Record<string, unknown>): string | null;
  /** @throws {RangeError} If it cannot run on such variables. */
  create(context: ModelContext, given: CreateOptions<Record<string, unknown>>): DynamicsModel;
}

/** How the registry offers a method without loading a tensor library. */
export interface MethodEntry {
  readonly id: string;
  /** What pages and charts call it. */
  readonly label: string;
  /** What it stands for with these options, if it is a control: a method that nothing of a graph is learned in. */
  readonly controlRole?: (options: Readonly<Record<string, unknown>>) => ControlRole;
  load(): Promise<MethodModule>;
}
