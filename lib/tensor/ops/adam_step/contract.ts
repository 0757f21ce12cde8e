import type * as tf from "@tensorflow/tfjs";

/** β1 of Adam. */
export const BETA1 = 0.9;
/** β2 of Adam. */
export const BETA2 = 0.999;
/** ε of Adam. */
export const EPSILON = 1e-8;

/** What an Adam step changes; the caller owns all of it. */
export interface AdamState {
  /** float32 of any shapes, P numbers in all. */
  readonly parameters: readonly tf.Variable[];
  /** Moving averages of gradients and of their squares, float32 [P], parameters one after the other. */
  readonly mean: tf.Variable;
  readonly square: tf.Variable;
}

/** Settings of one Adam step. */
export interface AdamStepOptions {
  /** One a parameter, of its shape; null counts as zeros. Not disposed. */
  readonly gradients: readonly (tf.Tensor | null)[];
  readonly learningRate: number;
  /** Gradients are scaled down to this global norm. */
  readonly gradientClip: number;
  /** Number of this step, from 1. */
  readonly update: number;
}

/** A step, sizes being right. */
export type AdamStep = (state: AdamState, options: AdamStepOptions) => tf.Scalar;

/** Scalars that follow from the number of the step. */
export function factors({ learningRate, update }: AdamStepOptions): { rate: number; correction: number } {
  return { rate: learningRate / (1 - BETA1 ** update), correction: 1 / Math.sqrt(1 - BETA2 ** update) };
}
