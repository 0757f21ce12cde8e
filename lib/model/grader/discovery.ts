import type { CategoricalVariable } from "../../core/variable.ts";
import type { TrainingData } from "../dynamics_model.ts";
import { chiSquaredTest } from "./chi_squared.ts";

/** Whether the causal order lets an input be a parent: an earlier state variable or an action variable. */
export function isTested(target: number, input: number, options: { stateCount: number }): boolean {
  return input < target || input >= options.stateCount;
}

/**
 * Tests each input that the causal order allows against each variable's change, next value less value.
 *
 * @param data All transitions; those in which nothing changed are left out.
 * @returns p-values row-major [N, N + M]: 0 for own variables, 1 for inputs that are not tested and where nothing can
 * be told.
 * @see Ding et al. 2022, section 4.2 (deviation: tests are pairwise, not conditional).
 */
export function testParents(
  data: ReturnType<TrainingData["transitions"]>,
  variables: { readonly state: readonly CategoricalVariable[]; readonly action: readonly CategoricalVariable[] },
): Float64Array {
  const stateCount = variables.state.length;
  const width = stateCount + variables.action.length;
  const columns = [
    ...variables.state.map(({ categories }, i) => ({ categories, values: data.values, stride: stateCount, i })),
    ...variables.action.map(({ categories }, i) => ({
      categories,
      values: data.actions,
      stride: variables.action.length,
      i,
    })),
  ];
  const rows = changedRows(data, stateCount);
  const pValues = new Float64Array(stateCount * width).fill(1);
  variables.state.forEach(({ categories }, target) => {
    pValues[target * width + target] = 0;
    const changes = 2 * categories - 1;
    columns.forEach((input, column) => {
      if (!isTested(target, column, { stateCount })) return;
      const counts = new Float64Array(input.categories * changes);
      for (const row of rows) {
        const place = row * stateCount + target;
        const change = data.nextValues[place]! - data.values[place]! + categories - 1;
        counts[input.values[row * input.stride + input.i]! * changes + change]! += 1;
      }
      if (rows.length > 0) pValues[target * width + column] = chiSquaredTest(counts, changes).pValue;
    });
  });
  return pValues;
}

/** Transitions in which at least one variable changed. */
function changedRows(
  { values, nextValues }: { readonly values: Float32Array; readonly nextValues: Float32Array },
  stateCount: number,
): Int32Array {
  const rows: number[] = [];
  for (let place = 0; place < values.length; place++) {
    if (values[place] === nextValues[place]) continue;
    const row = Math.floor(place / stateCount);
    rows.push(row);
    place = (row + 1) * stateCount - 1;
  }
  return Int32Array.from(rows);
}
