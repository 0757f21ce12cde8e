import * as tf from "@tensorflow/tfjs";
import { columnOffsets, totalWidth, type Variable, widthOf } from "../core/variable.ts";

/**
 * Neighbouring variables of one kind and width, which share batched operations. Runs keep the variables' order, so
 * concatenating them gives the variables back.
 */
export interface VariableRun {
  readonly kind: Variable["kind"];
  /** Index of the first variable and number of variables (n). */
  readonly start: number;
  readonly count: number;
  /** w, columns a variable. */
  readonly width: number;
  /** First column in an encoded observation. */
  readonly column: number;
}

/** A factored state or action: a tensor a run, float32 [n, B, w]. */
export type Factored = readonly tf.Tensor3D[];

/** Splits variables into runs. */
export function variableRuns(variables: readonly Variable[]): readonly VariableRun[] {
  const offsets = columnOffsets(variables);
  const runs: { kind: Variable["kind"]; start: number; count: number; width: number; column: number }[] = [];
  variables.forEach((variable, i) => {
    const last = runs.at(-1);
    if (last && last.kind === variable.kind && last.width === widthOf(variable)) last.count++;
    else runs.push({ kind: variable.kind, start: i, count: 1, width: widthOf(variable), column: offsets[i]! });
  });
  return runs;
}

/** Numbers a predicted variable's distribution takes: c logits, or mean and log-std. */
export function headWidth(run: VariableRun): number {
  return run.kind === "categorical" ? run.width : 2;
}

/** The runs with their distribution parameters' widths and columns, for a flat output that {@link splitRuns} splits. */
export function headRuns(runs: readonly VariableRun[]): readonly VariableRun[] {
  let column = 0;
  return runs.map((run) => {
    const output = { ...run, width: headWidth(run), column };
    column += run.count * output.width;
    return output;
  });
}

/**
 * Splits encoded observations by run.
 *
 * @param encoded float32 [B, D].
 * @returns A tensor a run [n, B, w]; the caller disposes them.
 */
export function splitRuns(encoded: tf.Tensor2D, runs: readonly VariableRun[]): Factored {
  const batch = encoded.shape[0];
  return runs.map((run) =>
    tf.tidy((): tf.Tensor3D => {
      const { count, width, column } = run;
      const block = runs.length === 1 ? encoded : encoded.slice([0, column], [batch, count * width]);
      if (count === 1) return block.reshape([1, batch, width]);
      return block.reshape([batch, count, width]).transpose([1, 0, 2]);
    })
  );
}

/** Inverse of {@link splitRuns}: float32 [B, D]; the caller disposes it. */
export function joinRuns(parts: Factored): tf.Tensor2D {
  return tf.tidy((): tf.Tensor2D => {
    const columns = parts.map((part): tf.Tensor2D => {
      const [count, batch, width] = part.shape;
      return part.transpose([1, 0, 2]).reshape([batch, count * width]);
    });
    return columns.length === 1 ? columns[0]! : tf.concat(columns, 1);
  });
}

/** The runs of a model's state and action variables with their sizes. */
export interface ModelRuns {
  readonly state: readonly VariableRun[];
  readonly action: readonly VariableRun[];
  /** N and M. */
  readonly stateCount: number;
  readonly actionCount: number;
  /** D and A. */
  readonly stateWidth: number;
  readonly actionWidth: number;
}

/** Collects the runs of state and action variables. */
export function modelRuns(
  variables: { readonly stateVariables: readonly Variable[]; readonly actionVariables: readonly Variable[] },
): ModelRuns {
  return {
    state: variableRuns(variables.stateVariables),
    action: variableRuns(variables.actionVariables),
    stateCount: variables.stateVariables.length,
    actionCount: variables.actionVariables.length,
    stateWidth: totalWidth(variables.stateVariables),
    actionWidth: totalWidth(variables.actionVariables),
  };
}
