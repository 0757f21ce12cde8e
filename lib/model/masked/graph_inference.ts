import type * as tf from "@tensorflow/tfjs";
import type { Penalty, StepInput } from "../step_network.ts";
import type { FeatureLinear, Features } from "./features.ts";

/** The masks of a batch. All tensors live in the caller's tidy scope. */
export interface Masks {
  /** What each target may see, float32 [B, N, N + M] of 0 and 1. */
  readonly mask: tf.Tensor3D;
  /** Edge probabilities, float32 [B, N, N + M]. */
  readonly probabilities: tf.Tensor3D;
  /** Appended to the predictor's input, float32 [N, B, X] or [1, B, X] of 0 and 1; null for none. */
  readonly label: tf.Tensor3D | null;
  readonly penalties: Readonly<Record<string, Penalty>>;
  readonly trace: Readonly<Record<string, tf.Tensor>>;
}

/** What graph inference may look at beside the features; `noise` has the draws of training, null in evaluation. */
export type InferenceInput = Pick<StepInput, "state" | "action" | "noise">;

/** Where a masked predictor's masks come from: what tells FCDL, NCD and fixed graphs apart. */
export interface GraphInference {
  /** X, columns that its labels append to the predictor's input; 0 for none. */
  readonly labelWidth: number;
  /** 1 where there can ever be an edge, row-major [N, N + M]; null where there can be all. */
  readonly possible: Uint8Array | null;
  /** Its own layers on features. */
  readonly featureLayers: readonly FeatureLinear[];
  /** Masks of a batch; in evaluation an edge is a probability above 0.5. */
  masks(features: Features, input: InferenceInput): Masks;
}
