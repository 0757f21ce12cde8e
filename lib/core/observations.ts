import { columnOffsets, decodeValues, encodeValues, totalWidth, type Variable } from "./variable.ts";

/**
 * What a model observes of B states: their variables' values, categories' indices and numbers, row-major [B, N]; or,
 * where a shift has made other numbers of a one-hot, the encoded numbers that it made, row-major [B, D].
 */
export type Observations = { readonly values: Float32Array } | { readonly encoded: Float32Array };

/** Whether categorical variables are categories, as nothing has touched their one-hots. */
export function areValues(observations: Observations): observations is { readonly values: Float32Array } {
  return "values" in observations;
}

/** Encoded observations [B, D]: values, if each one-hot of all of them is one. */
export function observationsOf(variables: readonly Variable[], encoded: Float32Array): Observations {
  return isEncoding(variables, encoded) ? { values: decodeValues(variables, encoded) } : { encoded };
}

function isEncoding(variables: readonly Variable[], encoded: Float32Array): boolean {
  const offsets = columnOffsets(variables);
  const width = totalWidth(variables);
  return variables.every((variable, i) => {
    if (variable.kind === "continuous") return true;
    for (let row = 0; row < encoded.length; row += width) {
      const first = row + offsets[i]!;
      let ones = 0;
      for (let k = first; k < first + variable.categories; k++) {
        if (encoded[k] === 1) ones++;
        else if (encoded[k] !== 0) return false;
      }
      if (ones !== 1) return false;
    }
    return true;
  });
}

/** The numbers of a model's input, row-major [B, D]; not a copy where they are already encoded. */
export function encodeObservations(variables: readonly Variable[], observations: Observations): Float32Array {
  return areValues(observations) ? encodeValues(variables, observations.values) : observations.encoded;
}

/** B. */
export function countObservations(variables: readonly Variable[], observations: Observations): number {
  return areValues(observations)
    ? observations.values.length / variables.length
    : observations.encoded.length / totalWidth(variables);
}

/**
 * Some rows of observations, in the order given; a row may come more than once.
 *
 * @returns A copy.
 */
export function observationRows(
  variables: readonly Variable[],
  observations: Observations,
  { rows }: { readonly rows: ArrayLike<number> },
): Observations {
  return areValues(observations)
    ? { values: pickRows(observations.values, { rows, width: variables.length }) }
    : { encoded: pickRows(observations.encoded, { rows, width: totalWidth(variables) }) };
}

function pickRows(
  numbers: Float32Array,
  { rows, width }: { readonly rows: ArrayLike<number>; readonly width: number },
): Float32Array {
  const picked = new Float32Array(rows.length * width);
  for (let k = 0; k < rows.length; k++) {
    const from = rows[k]! * width;
    for (let i = 0; i < width; i++) picked[k * width + i] = numbers[from + i]!;
  }
  return picked;
}
