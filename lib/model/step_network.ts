import type * as tf from "@tensorflow/tfjs";
import type { NoiseSource, ParameterSet } from "../tensor/mod.ts";
import type { Factored } from "./variable_groups.ts";

/** One step's input: state and action by group, and the noise of training or null in evaluation. */
export interface StepInput {
  readonly state: Factored;
  readonly action: Factored;
  readonly noise: NoiseSource | null;
}

/** A term that is added to the prediction loss, averaged over a rollout's steps. */
export interface Penalty {
  readonly value: tf.Scalar;
  /** Its factor in the minimised sum. */
  readonly weight: number;
}

/** One step's output. All tensors live in the caller's tidy scope. */
export interface StepOutput {
  /** Parameters of each next variable's distribution, a tensor a group: [n, B, c] logits or [n, B, 2]. */
  readonly heads: Factored;
  readonly penalties?: Readonly<Record<string, Penalty>>;
  /** Further tensors worth a look, for tests and metrics. */
  readonly trace?: Readonly<Record<string, tf.Tensor>>;
}

/** A network that predicts one step. All that is special about most methods. */
export interface StepNetwork {
  readonly parameters: ParameterSet;
  step(input: StepInput): StepOutput;
}
