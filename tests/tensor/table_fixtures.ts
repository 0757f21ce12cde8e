import * as tf from "@tensorflow/tfjs";
import { Rng } from "../../lib/core/rng.ts";
import { neededInputs, type TableLayout, tableLayout } from "../../lib/tensor/ops/table_layout.ts";
import { ParameterSet } from "../../lib/tensor/parameters.ts";

// Variables of several sizes, equal ones apart, a continuous one among them (column 1), and two actions.
const WIDTH = 7;
const variables = [
  { column: 0, categories: 3, learnsInput: true },
  { column: 2, categories: 5, learnsInput: true },
  { column: 3, categories: 3, learnsInput: true },
  { column: 4, categories: 3, learnsInput: true },
  { column: 5, categories: 4, learnsInput: false },
  { column: 6, categories: 3, learnsInput: false },
];

/** Mask columns, table rows and Jacobian rows of {@link mixedLayout}. */
export const mixedSizes = { maskWidth: WIDTH, rowCount: 21, jacobianRows: 3 * 9 + 25 };

/** Neighbouring variables of one size among {@link mixedLayout}'s; those that learn come first. */
export const mixedRuns = [
  { first: 0, count: 1, categories: 3 },
  { first: 1, count: 1, categories: 5 },
  { first: 2, count: 2, categories: 3 },
  { first: 4, count: 1, categories: 4 },
  { first: 5, count: 1, categories: 3 },
];

/** 0 and 1 for each of `targets` and each column; not all are the same for any target or column. */
export function mixedNeeds(targets: number): Int32Array {
  return Int32Array.from({ length: targets * WIDTH }, (_, at) => (at + Math.floor(at / WIDTH)) % 3 === 0 ? 0 : 1);
}

/** What tables of the variables above need; to be disposed. */
export function mixedTables(targets: number, { isSparse }: { isSparse: boolean }) {
  const parameters = new ParameterSet(new Rng(0));
  const layout = keptLayout(parameters, variables, WIDTH);
  const needed = isSparse ? neededInputs(parameters, mixedNeeds(targets), { maskWidth: WIDTH }) : null;
  return { layout, needed, dispose: () => parameters.dispose() };
}

/** The same for variables of 3 and 2 categories in turn, without gaps. */
export function alternatingTables(count: number) {
  const parameters = new ParameterSet(new Rng(0));
  const sizes = Array.from({ length: count }, (_, i) => i % 2 === 0 ? 3 : 2);
  const all = sizes.map((categories, column) => ({ column, categories, learnsInput: true }));
  return { sizes, layout: keptLayout(parameters, all, count), dispose: () => parameters.dispose() };
}

function keptLayout(parameters: ParameterSet, variables: Parameters<typeof tableLayout>[0], maskWidth: number) {
  const layout: TableLayout = tableLayout(variables, { maskWidth });
  parameters.constant(layout.columns);
  parameters.constant(layout.spread);
  return layout;
}

/** Categories of each variable in each sample. */
export function mixedChoices(batch: number): number[][] {
  const rng = new Rng(5);
  return variables.map(({ categories }) => Array.from({ length: batch }, () => rng.integer(categories)));
}

/** One-hots of each of {@link mixedRuns}, float32 [n, B, c]. */
export function mixedOneHots(choices: readonly number[][]): tf.Tensor3D[] {
  return mixedRuns.map(({ first, count, categories }) =>
    tf.oneHot(tf.tensor2d(choices.slice(first, first + count), undefined, "int32"), categories, 1, 0, "int32")
      .cast("float32")
  );
}

/** Kernels that a computation launches. */
export async function kernelsOf(run: () => void): Promise<number> {
  const { kernels } = await tf.profile(run);
  return kernels.filter(({ name }) => !["Identity", "Reshape"].includes(name)).length;
}
