import * as tf from "@tensorflow/tfjs";
import type { ParameterSet } from "../parameters.ts";

/** Where one categorical variable's rows stand in a table. */
export interface TableBlock {
  /** The variable's column in masks, and its block of `featureWidth` rows in weights. */
  readonly column: number;
  /** c, its number of categories. */
  readonly categories: number;
  /** First of its c rows in a table. */
  readonly offset: number;
  /** First of its rows in a table of Jacobians, and their number: c², or 0 where no gradient reaches the variable. */
  readonly jacobianOffset: number;
  readonly jacobianRows: number;
}

/** The categorical variables whose first layers are tables; a table's rows are all their categories, in order. */
export interface TableLayout {
  readonly blocks: readonly TableBlock[];
  /** R. */
  readonly rowCount: number;
  /** W, columns of a mask: all state and action variables, categorical or not. */
  readonly maskWidth: number;
  /** int32 [I], column of each block. */
  readonly columns: tf.Tensor1D;
  /** 1 where a table's row belongs to a mask's column, float32 [W, R]. */
  readonly spread: tf.Tensor2D;
}

/** Which inputs a stack of J targets can ever take; null for all. */
export interface Needed {
  /** int32 [J, W]. */
  readonly tensor: tf.Tensor2D;
  /** The same numbers as factors, float32 [J, W]. */
  readonly weights: tf.Tensor2D;
  /** The same numbers on the host, row-major. */
  readonly values: Int32Array;
}

/**
 * Says which inputs targets can take.
 *
 * @param parameters Takes over the tensors.
 * @param values 0 and 1, row-major [J, W]; kept.
 */
export function neededInputs(
  parameters: ParameterSet,
  values: Int32Array,
  { maskWidth }: { maskWidth: number },
): Needed {
  const shape: [number, number] = [values.length / maskWidth, maskWidth];
  return {
    values,
    tensor: parameters.constant(tf.tensor2d(values, shape, "int32")),
    weights: parameters.constant(tf.tensor2d(Float32Array.from(values), shape)),
  };
}

/**
 * Lays out tables of categorical variables.
 *
 * @param variables Mask column and categories of each, in order, and whether gradients reach its one-hots.
 * @returns A layout whose tensors, `columns` and `spread`, the caller owns.
 */
export function tableLayout(
  variables: readonly { readonly column: number; readonly categories: number; readonly learnsInput: boolean }[],
  options: { maskWidth: number },
): TableLayout {
  let offset = 0;
  let jacobianOffset = 0;
  const blocks = variables.map(({ column, categories, learnsInput }) => {
    const jacobianRows = learnsInput ? categories * categories : 0;
    const block = { column, categories, offset, jacobianOffset, jacobianRows };
    offset += categories;
    jacobianOffset += jacobianRows;
    return block;
  });
  const spread = new Float32Array(options.maskWidth * offset);
  for (const { column, categories, offset: first } of blocks) {
    spread.fill(1, column * offset + first, column * offset + first + categories);
  }
  return {
    blocks,
    rowCount: offset,
    maskWidth: options.maskWidth,
    spread: tf.tensor2d(spread, [options.maskWidth, offset]),
    columns: tf.tensor1d(blocks.map((block) => block.column), "int32"),
  };
}

/** Whether target `row` can take the variable of `column`. */
export function isNeeded(needed: Needed | null, entry: { row: number; column: number; maskWidth: number }): boolean {
  return needed === null || needed.values[entry.row * entry.maskWidth + entry.column] !== 0;
}
