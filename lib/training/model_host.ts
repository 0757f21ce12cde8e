import { areValues, encodeObservations, type Observations } from "../core/observations.ts";
import { encodeValues, totalWidth } from "../core/variable.ts";
import type { EnvironmentSpec } from "../envs/environment.ts";
import type { WindowBatch } from "../model/dynamics_model.ts";
import { cube, matrix } from "../tensor/mod.ts";
import type { Windows } from "./replay_buffer.ts";

/** The variables of an environment: all that is needed to encode its values. */
export type VariableSpec = Pick<EnvironmentSpec, "stateVariables" | "actionVariables">;

/**
 * Encodes windows as tensors.
 *
 * @param windows values [B, N], actions [B, T, M], nextValues [B, T, N].
 * @param spec The variables, and what the model sees of the first states [B, N] and learns of the next ones [B * T, N];
 *   they themselves unless given.
 * @returns The batch; the caller disposes its tensors, see {@link disposeBatch}.
 */
export function windowBatch(
  windows: Windows,
  spec: VariableSpec & {
    readonly observe?: (values: Float32Array) => Observations;
    readonly observeNext?: (values: Float32Array) => Float32Array;
  },
): WindowBatch {
  const { stateVariables, actionVariables } = spec;
  const rows = windows.values.length / stateVariables.length;
  const steps = rows === 0 ? 0 : windows.actions.length / actionVariables.length / rows;
  const stateWidth = totalWidth(stateVariables);
  const seen = spec.observe?.(windows.values) ?? { values: windows.values };
  const observation = encodeObservations(stateVariables, seen);
  const nextObservations = encodeValues(stateVariables, spec.observeNext?.(windows.nextValues) ?? windows.nextValues);
  const actions = encodeValues(actionVariables, windows.actions);
  // Tensors last: none is left behind by what fails before.
  return {
    observation: matrix(observation, [rows, stateWidth]),
    actions: cube(actions, [rows, steps, totalWidth(actionVariables)]),
    nextObservations: cube(nextObservations, [rows, steps, stateWidth]),
    isShifted: !areValues(seen),
  };
}

/** Frees a batch's tensors. */
export function disposeBatch(batch: WindowBatch): void {
  batch.observation.dispose();
  batch.actions.dispose();
  batch.nextObservations.dispose();
}
