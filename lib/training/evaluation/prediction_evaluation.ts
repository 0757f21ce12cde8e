import { decodeValues } from "../../core/variable.ts";
import type { EnvironmentSpec, Split } from "../../envs/environment.ts";
import { negativeLogLikelihood, scorePredictions } from "../../metrics/prediction_scores.ts";
import type { DynamicsModel } from "../../model/dynamics_model.ts";
import { readTensors } from "../../tensor/mod.ts";
import { windowBatch } from "../model_host.ts";
import type { Windows } from "../replay_buffer.ts";
import { type Score, scoreOf } from "./score.ts";

/**
 * Scores the prediction of a window's last step, after the model has fed back its own predictions until there.
 *
 * @param options `windows` of T steps; `observations` is what the model sees of their first states, encoded [B, D].
 * @returns One step: `accuracy`, `mse`, `nll` over the split's scored variables and `accuracy/<name>` or `mse/<name>`,
 * and `nll/<name>`, of each of them; more steps: the first three as `accuracy_t<T>` and so on. A kind of variable that is not there gives none.
 */
export async function scorePrediction(
  model: DynamicsModel,
  options: {
    readonly spec: EnvironmentSpec;
    readonly split: Split;
    readonly windows: Windows;
    readonly observations: Float32Array;
  },
): Promise<Score[]> {
  const { spec, split, windows, observations } = options;
  const variables = spec.stateVariables;
  const rows = windows.values.length / variables.length;
  if (rows === 0) return [];
  const steps = windows.nextValues.length / windows.values.length;
  const { logProb, prediction } = await readTensors(() =>
    model.evaluate(windowBatch(windows, { ...spec, observe: () => observations }))
  );
  const width = prediction.length / rows / steps;
  const predicted = decodeValues(variables, lastStep(prediction, { rows, steps, width }));
  const scored = { scoredVariables: split.scoredVariables };
  const { accuracy, mse, byVariable } = scorePredictions(
    predicted,
    lastStep(windows.nextValues, { rows, steps, width: variables.length }),
    { variables, ...scored },
  );
  const likelihood = negativeLogLikelihood(lastStep(logProb, { rows, steps, width: variables.length }), {
    variableCount: variables.length,
    ...scored,
  });
  const suffix = steps === 1 ? "" : `_t${steps}`;
  const scores = [scoreOf(split.id, `nll${suffix}`, likelihood.nll)];
  if (accuracy !== null) scores.push(scoreOf(split.id, `accuracy${suffix}`, accuracy));
  if (mse !== null) scores.push(scoreOf(split.id, `mse${suffix}`, mse));
  if (steps > 1) return scores;
  for (const i of split.scoredVariables) {
    const { kind, name } = variables[i]!;
    scores.push(scoreOf(split.id, `${kind === "categorical" ? "accuracy" : "mse"}/${name}`, byVariable[i]!));
    scores.push(scoreOf(split.id, `nll/${name}`, likelihood.byVariable[i]!));
  }
  return scores;
}

/** [rows, steps, width] at the last step, [rows, width]. */
function lastStep(
  values: Float32Array,
  { rows, steps, width }: { readonly rows: number; readonly steps: number; readonly width: number },
): Float32Array {
  if (steps === 1) return values;
  const last = new Float32Array(rows * width);
  for (let row = 0; row < rows; row++) {
    const start = (row * steps + steps - 1) * width;
    last.set(values.subarray(start, start + width), row * width);
  }
  return last;
}
