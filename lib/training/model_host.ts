import { decodeValues, encodeValues, totalWidth } from "../core/variable.ts";
import type { EnvironmentSpec } from "../envs/environment.ts";
import type { DynamicsModel, WindowBatch } from "../model/dynamics_model.ts";
import type { TransitionFunction } from "../planning/planner.ts";
import { cube, matrix, readTensorSync } from "../tensor/mod.ts";
import type { Windows } from "./replay_buffer.ts";

/** The variables of an environment: all that is needed to encode its values. */
export type VariableSpec = Pick<EnvironmentSpec, "stateVariables" | "actionVariables">;

/**
 * A model as a planner sees it: host arrays in and out, one device read a call. Tensors are freed before it returns.
 */
export function transitionFunction(model: DynamicsModel, spec: VariableSpec): TransitionFunction {
  const stateWidth = totalWidth(spec.stateVariables);
  const actionWidth = totalWidth(spec.actionVariables);
  return (observations, actions) => {
    const encodedActions = encodeValues(spec.actionVariables, actions);
    const encoded = readTensorSync(() =>
      model.predict(
        matrix(observations, [observations.length / stateWidth, stateWidth]),
        matrix(encodedActions, [encodedActions.length / actionWidth, actionWidth]),
      )
    );
    return decodeValues(spec.stateVariables, encoded);
  };
}

/**
 * Encodes windows as tensors.
 *
 * @param windows values [B, N], actions [B, T, M], nextValues [B, T, N].
 * @param spec The variables, and what changes the encoded first observation [B, D] that the model sees and the next ones
 *   [B * T, D] that it learns from, if anything.
 * @returns The batch; the caller disposes its tensors, see {@link disposeBatch}.
 */
export function windowBatch(
  windows: Windows,
  spec: VariableSpec & {
    readonly observe?: (encoded: Float32Array) => Float32Array;
    readonly observeNext?: (encoded: Float32Array) => Float32Array;
  },
): WindowBatch {
  const { stateVariables, actionVariables } = spec;
  const rows = windows.values.length / stateVariables.length;
  const steps = rows === 0 ? 0 : windows.actions.length / actionVariables.length / rows;
  const stateWidth = totalWidth(stateVariables);
  const encoded = encodeValues(stateVariables, windows.values);
  const encodedNext = encodeValues(stateVariables, windows.nextValues);
  const observation = spec.observe ? spec.observe(encoded) : encoded;
  const actions = encodeValues(actionVariables, windows.actions);
  const nextObservations = spec.observeNext ? spec.observeNext(encodedNext) : encodedNext;
  // Tensors last: none is left behind by what fails before.
  return {
    observation: matrix(observation, [rows, stateWidth]),
    actions: cube(actions, [rows, steps, totalWidth(actionVariables)]),
    nextObservations: cube(nextObservations, [rows, steps, stateWidth]),
  };
}

/** Frees a batch's tensors. */
export function disposeBatch(batch: WindowBatch): void {
  batch.observation.dispose();
  batch.actions.dispose();
  batch.nextObservations.dispose();
}
