import type { Variable } from "../core/variable.ts";
import { meanOf } from "./mean.ts";

/** How well next values are predicted. */
export interface PredictionScores {
  /** Share of right categories over all samples and scored categorical variables; null when there is none. */
  readonly accuracy: number | null;
  /** Mean squared error over all samples and scored continuous variables; null when there is none. */
  readonly mse: number | null;
  /** Each variable's own, scored or not, by index: accuracy if categorical, else mse. */
  readonly byVariable: readonly (number | null)[];
}

/** Which numbers count. */
export interface Scored {
  /** Variables that count in the overall number, by index; all when absent. */
  readonly scoredVariables?: readonly number[];
  /** 1 for the samples that count, [R]; all when absent. */
  readonly included?: ArrayLike<number>;
}

/**
 * Compares predicted with observed values.
 *
 * @param predicted Category indices and numbers, row-major [R, N], see `decodeValues`; R is samples, or samples by steps.
 * @param observed The same shape.
 * @param options.variables The N variables.
 * @throws {TypeError} If the lengths do not fit.
 */
export function scorePredictions(
  predicted: ArrayLike<number>,
  observed: ArrayLike<number>,
  options: Scored & { readonly variables: readonly Variable[] },
): PredictionScores {
  const { variables } = options;
  if (predicted.length !== observed.length) {
    throw new TypeError(
      `Cannot score predictions: lengths differ, expected ${observed.length} numbers, got ${predicted.length}`,
    );
  }
  const errors = Float64Array.from(observed, (value, at) => {
    const difference = predicted[at]! - value;
    if (variables[at % variables.length]!.kind === "categorical") return difference === 0 ? 1 : 0;
    return difference * difference;
  });
  const byVariable = columnMeans(errors, { ...options, columns: variables.length });
  const ofKind = (kind: Variable["kind"]) =>
    meanOf(
      scoredColumns(options, variables.length).filter((i) => variables[i]!.kind === kind)
        .map((i) => byVariable[i]!),
    );
  return { accuracy: ofKind("categorical"), mse: ofKind("continuous"), byVariable };
}

/**
 * Negative log-likelihood, nats a variable.
 *
 * @param logProbabilities Log-probability (density) of each observed value, row-major [R, N].
 * @param options.variableCount N.
 * @returns `nll`, the mean over samples and scored variables, null when there is none; `byVariable`, each one's own.
 *   Not finite if an entry is not.
 * @throws {TypeError} If the lengths do not fit.
 */
export function negativeLogLikelihood(
  logProbabilities: ArrayLike<number>,
  options: Scored & { readonly variableCount: number },
): { readonly nll: number | null; readonly byVariable: readonly (number | null)[] } {
  const losses = Float64Array.from(logProbabilities, (value) => -value);
  const byVariable = columnMeans(losses, { ...options, columns: options.variableCount });
  return { nll: meanOf(scoredColumns(options, options.variableCount).map((i) => byVariable[i]!)), byVariable };
}

function scoredColumns(scored: Scored, columns: number): readonly number[] {
  return scored.scoredVariables ?? Array.from({ length: columns }, (_, i) => i);
}

/** Mean of each column over the included rows. All columns have the same rows, so the mean of means is the mean. */
function columnMeans(
  values: Float64Array,
  options: { readonly columns: number; readonly included?: ArrayLike<number> },
): (number | null)[] {
  const { columns, included } = options;
  const rows = values.length / columns;
  if (!Number.isInteger(rows) || (included && included.length !== rows)) {
    throw new TypeError(
      `Cannot score predictions: shape does not fit, expected ${included?.length ?? "whole"} rows of ${columns}, ` +
        `got ${values.length} numbers`,
    );
  }
  const sums = new Float64Array(columns);
  let count = 0;
  for (let row = 0; row < rows; row++) {
    if (included && !included[row]) continue;
    count++;
    for (let i = 0; i < columns; i++) sums[i]! += values[row * columns + i]!;
  }
  return Array.from(sums, (sum) => count === 0 ? null : sum / count);
}
