/** A variable with finitely many values; its observation is a one-hot of width `categories`. */
export interface CategoricalVariable {
  readonly kind: "categorical";
  readonly name: string;
  /** Number of values, at least 2. */
  readonly categories: number;
}

/** A real-valued variable; its observation is the number itself (width 1). */
export interface ContinuousVariable {
  readonly kind: "continuous";
  readonly name: string;
  /** Smallest and largest value met in distribution, in the variable's own unit; an action is clipped to them. */
  readonly low: number;
  readonly high: number;
}

/** One named factor of a factored state or action. */
export type Variable = CategoricalVariable | ContinuousVariable;

/** Number of columns a variable takes in an encoded observation. */
export function widthOf(variable: Variable): number {
  return variable.kind === "categorical" ? variable.categories : 1;
}

/** Number of columns all `variables` take together (D for a state, A for an action). */
export function totalWidth(variables: readonly Variable[]): number {
  let width = 0;
  for (const variable of variables) width += widthOf(variable);
  return width;
}

/** First column of each variable in an encoded observation. */
export function columnOffsets(variables: readonly Variable[]): number[] {
  const offsets: number[] = [];
  let offset = 0;
  for (const variable of variables) {
    offsets.push(offset);
    offset += widthOf(variable);
  }
  return offsets;
}

/**
 * Encodes rows of values as one-hots and numbers.
 *
 * @param variables The N variables, in order.
 * @param values Row-major [B, N]: a category's index or a continuous value.
 * @param out Where to write, [B, D]; allocated when absent.
 * @returns `out`, row-major [B, D].
 * @throws {RangeError} If a category's index is not one of its variable's.
 */
export function encodeValues(
  variables: readonly Variable[],
  values: Float32Array,
  out?: Float32Array,
): Float32Array {
  const count = variables.length;
  const width = totalWidth(variables);
  const rows = values.length / count;
  const encoded = out ?? new Float32Array(rows * width);
  if (out) encoded.fill(0);
  for (let row = 0; row < rows; row++) {
    let column = row * width;
    for (let i = 0; i < count; i++) {
      const variable = variables[i]!;
      const value = values[row * count + i]!;
      if (variable.kind === "continuous") {
        encoded[column++] = value;
      } else {
        if (!Number.isInteger(value) || value < 0 || value >= variable.categories) {
          throw new RangeError(
            `Cannot encode ${variable.name}: not one of its categories, expected 0 to ${
              variable.categories - 1
            }, got ${value}`,
          );
        }
        encoded[column + value] = 1;
        column += variable.categories;
      }
    }
  }
  return encoded;
}

/**
 * Inverse of {@link encodeValues}: the largest entry of each one-hot block, the number of each continuous variable.
 *
 * @param variables The N variables, in order.
 * @param encoded Row-major [B, D].
 * @returns Row-major [B, N].
 */
export function decodeValues(variables: readonly Variable[], encoded: Float32Array): Float32Array {
  const count = variables.length;
  const width = totalWidth(variables);
  const rows = encoded.length / width;
  const values = new Float32Array(rows * count);
  for (let row = 0; row < rows; row++) {
    let column = row * width;
    for (let i = 0; i < count; i++) {
      const variable = variables[i]!;
      if (variable.kind === "continuous") {
        values[row * count + i] = encoded[column++]!;
        continue;
      }
      let best = 0;
      for (let k = 1; k < variable.categories; k++) {
        if (encoded[column + k]! > encoded[column + best]!) best = k;
      }
      values[row * count + i] = best;
      column += variable.categories;
    }
  }
  return values;
}
