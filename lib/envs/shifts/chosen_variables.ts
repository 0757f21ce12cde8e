import type { Variable } from "../../core/variable.ts";

/**
 * The variables at some indices.
 *
 * @throws {RangeError} If an index is not a variable's.
 */
export function chosenVariables(
  variables: readonly Variable[],
  chosen: readonly number[],
): readonly { readonly index: number; readonly variable: Variable }[] {
  return chosen.map((index) => {
    const variable = variables[index];
    if (variable !== undefined) return { index, variable };
    throw new RangeError(
      `Cannot shift a variable: no such index, expected 0 to ${variables.length - 1}, got ${index}`,
    );
  });
}
