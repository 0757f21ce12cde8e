import type { PredictionCache } from "../dynamics_model.ts";
import type { StepInput, StepNetwork, StepOutput } from "../step_network.ts";

/** What an acceleration may rely on in one step. */
export interface InputFacts {
  /** Whether categorical variables are exact one-hots; a shifted observation is not. */
  readonly isOneHot: boolean;
  /** Categories of exact one-hots as far as the host knows them, [N + M, B]; else they are read where needed. */
  readonly categories?: Int32Array | null;
  /** Whether gradients must reach the state: it is a sample of the step before, on the tape of an update. */
  readonly learnsInput: boolean;
}

/**
 * A faster way to a network's steps. It is made from the plain network, whose layers it reads, and gives the same numbers:
 * to the bit in evaluation where rows do not depend on the rows beside them, else within float32 rounding.
 *
 * What it keeps from one step to the next must follow from the weights as they are: see {@link Derived} for evaluation,
 * and `beginRollout` for the tape of an update.
 */
export interface Acceleration {
  /** Called on the tape of an update before its first step. */
  beginRollout?(): void;
  /** The network's step; tensors live in the caller's tidy scope. */
  step(input: StepInput, facts: InputFacts): StepOutput;
  /** Predictions of evaluation that it keeps, if it does. */
  readonly predictionCache?: PredictionCache | null;
  /** Frees what it keeps; the network stays its owner's. */
  dispose(): void;
}

/** Makes an acceleration of a network; null where it would not help. */
export type Accelerate<Network extends StepNetwork, Fast extends Acceleration = Acceleration> = (
  network: Network,
) => Fast | null;
