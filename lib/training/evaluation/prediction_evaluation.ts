import type { Observations } from "../../core/observations.ts";
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
 * @param options `windows` of T steps; `observations` is what the model sees of their first states.
 * @returns One step: `accuracy`, `mse`, `nll` over the split's scored variables and by variable; more steps: the same
 * three over all of them, by steps. A kind of variable that is not there gives none.
 */
export async function scorePrediction(
  model: DynamicsModel,
  options: {
    readonly spec: EnvironmentSpec;
    readonly split: Split;
    readonly windows: Windows;
    readonly observations: Observations;
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
  const after = (name: "nll" | "accuracy" | "mse", value: number | null) =>
    steps === 1 ? scoreOf(split.id, name, { value }) : scoreOf(split.id, `${name}_t`, { qualifier: `${steps}`, value });
  const scores = [after("nll", likelihood.nll)];
  if (accuracy !== null) scores.push(after("accuracy", accuracy));
  if (mse !== null) scores.push(after("mse", mse));
  if (steps > 1) return scores;
  for (const i of split.scoredVariables) {
    const { kind, name: qualifier } = variables[i]!;
    scores.push(scoreOf(split.id, kind === "categorical" ? "accuracy" : "mse", { qualifier, value: byVariable[i]! }));
    scores.push(scoreOf(split.id, "nll", { qualifier, value: likelihood.byVariable[i]! }));
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
