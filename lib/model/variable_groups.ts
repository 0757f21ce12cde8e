import * as tf from "@tensorflow/tfjs";
import { columnOffsets, totalWidth, type Variable, widthOf } from "../core/variable.ts";

/**
 * Neighbouring variables of one kind and width, which share batched operations. Runs keep the variables' order, so
 * concatenating them gives the variables back.
 */
export interface VariableGroup {
  readonly kind: Variable["kind"];
  /** Index of the first variable and number of variables (n). */
  readonly start: number;
  readonly count: number;
  /** w, columns a variable. */
  readonly width: number;
  /** First column in an encoded observation. */
  readonly column: number;
}

/** A factored state or action: a tensor a group, float32 [n, B, w]. */
export type Factored = readonly tf.Tensor3D[];

/** Splits variables into groups. */
export function variableGroups(variables: readonly Variable[]): readonly VariableGroup[] {
  const offsets = columnOffsets(variables);
  const groups: { kind: Variable["kind"]; start: number; count: number; width: number; column: number }[] = [];
  variables.forEach((variable, i) => {
    const last = groups.at(-1);
    if (last && last.kind === variable.kind && last.width === widthOf(variable)) last.count++;
    else groups.push({ kind: variable.kind, start: i, count: 1, width: widthOf(variable), column: offsets[i]! });
  });
  return groups;
}

/** Numbers a predicted variable's distribution takes: c logits, or mean and log-std. */
export function headWidth(group: VariableGroup): number {
  return group.kind === "categorical" ? group.width : 2;
}

/** The groups with their distribution parameters' widths and columns, for a flat output that {@link splitGroups} splits. */
export function headGroups(groups: readonly VariableGroup[]): readonly VariableGroup[] {
  let column = 0;
  return groups.map((group) => {
    const output = { ...group, width: headWidth(group), column };
    column += group.count * output.width;
    return output;
  });
}

/**
 * Splits encoded observations by group.
 *
 * @param encoded float32 [B, D].
 * @returns A tensor a group [n, B, w]; the caller disposes them.
 */
export function splitGroups(encoded: tf.Tensor2D, groups: readonly VariableGroup[]): Factored {
  const batch = encoded.shape[0];
  return groups.map((group) =>
    tf.tidy((): tf.Tensor3D => {
      const { count, width, column } = group;
      const block = groups.length === 1 ? encoded : encoded.slice([0, column], [batch, count * width]);
      if (count === 1) return block.reshape([1, batch, width]);
      return block.reshape([batch, count, width]).transpose([1, 0, 2]);
    })
  );
}

/** Inverse of {@link splitGroups}: float32 [B, D]; the caller disposes it. */
export function joinGroups(parts: Factored): tf.Tensor2D {
  return tf.tidy((): tf.Tensor2D => {
    const columns = parts.map((part): tf.Tensor2D => {
      const [count, batch, width] = part.shape;
      return part.transpose([1, 0, 2]).reshape([batch, count * width]);
    });
    return columns.length === 1 ? columns[0]! : tf.concat(columns, 1);
  });
}

/** The groups of a model's state and action variables with their sizes. */
export interface ModelGroups {
  readonly state: readonly VariableGroup[];
  readonly action: readonly VariableGroup[];
  /** N and M. */
  readonly stateCount: number;
  readonly actionCount: number;
  /** D and A. */
  readonly stateWidth: number;
  readonly actionWidth: number;
}

/** Collects the groups of state and action variables. */
export function modelGroups(
  variables: { readonly stateVariables: readonly Variable[]; readonly actionVariables: readonly Variable[] },
): ModelGroups {
  return {
    state: variableGroups(variables.stateVariables),
    action: variableGroups(variables.actionVariables),
    stateCount: variables.stateVariables.length,
    actionCount: variables.actionVariables.length,
    stateWidth: totalWidth(variables.stateVariables),
    actionWidth: totalWidth(variables.actionVariables),
  };
}
