import * as tf from "@tensorflow/tfjs";
import { runsOwnKernels } from "./kernels/own_kernels.ts";
import { tableMaxKernels } from "./kernels/table_max.ts";
import { oneHots } from "./one_hots.ts";

/** Which row of a table each input takes in each sample. */
export interface TableMaxRows {
  /** int32 [I, B]. */
  readonly rows: tf.Tensor2D;
  /** The same where input and target are one variable, i = j; int32 [J, B]. */
  readonly ownRows: tf.Tensor2D;
}

/** Derivatives of the table rows of neighbouring inputs of one size with respect to their one-hots. */
export interface TableMaxSlopes {
  /** float32 [J, n, c, c, H]: entry k' and k is the derivative along category k while the input is k'. */
  readonly tensor: tf.Tensor;
  /** The first of the n inputs, and its first row in the table. */
  readonly column: number;
  readonly offset: number;
}

/** What a maximum over table rows is taken of; J targets, I inputs, R rows. */
export interface TableMaxInput extends TableMaxRows {
  /** float32 [J, R, H]. */
  readonly table: tf.Tensor3D;
  /** 0 and 1, float32 [B or 1, J, I]; at least one 1 for each target. */
  readonly mask: tf.Tensor3D;
  /** One-hots that gradients must reach straight through, float32 [n, B, c]. */
  readonly learning: readonly {
    /** The one-hots that target j reads where it is the input itself, and that all others read. */
    readonly own: tf.Tensor3D;
    readonly others: tf.Tensor3D;
    readonly slopes: TableMaxSlopes;
  }[];
}

/**
 * `out[j, b, h] = max over inputs i with mask[b, j, i] of table[j, row of i, h]`. The gradient goes to the entry that
 * wins, the first on a tie, and by its slopes to the one-hot that chose its row.
 *
 * @returns float32 [J, B, H]; the caller disposes it.
 */
export function tableMax(input: TableMaxInput): tf.Tensor3D {
  const { learning } = input;
  const operands = [input.table, ...learning.map((run) => run.own), ...learning.map((run) => run.others)];
  return tf.customGrad((...args) => {
    const save = args.at(-1) as unknown as tf.GradSaveFunc;
    const ops = runsOwnKernels() ? tableMaxKernels : plain;
    const { maximum, winner } = ops.forward(input);
    save([winner, input.rows, input.ownRows, ...learning.map((run) => run.slopes.tensor)]);
    const tableRows = input.table.shape[1];
    return {
      value: maximum,
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => {
        // What was made in the forward pass is gone by now but for the saved tensors.
        const [winner, rows, ownRows, ...slopes] = saved as [tf.Tensor3D, tf.Tensor2D, tf.Tensor2D, ...tf.Tensor[]];
        const kept = { winner, rows, ownRows, tableRows };
        const delta = dy as tf.Tensor3D;
        const parts = learning.map((run, r) => ops.inputGradient(delta, kept, { ...run.slopes, tensor: slopes[r]! }));
        const dTable = ops.tableGradient(delta, kept);
        return [dTable, ...parts.map((part) => part.own), ...parts.map((part) => part.others)];
      },
    };
  })(...operands) as tf.Tensor3D;
}

/** What the backward pass knows of the forward one. */
export interface TableMaxResult extends TableMaxRows {
  /** The input that won, int32 [J, B, H]. */
  readonly winner: tf.Tensor3D;
  /** R. */
  readonly tableRows: number;
}

/** The operations behind {@link tableMax}; a backend may bring its own. */
export interface TableMaxOps {
  forward(input: TableMaxInput): { readonly maximum: tf.Tensor3D; readonly winner: tf.Tensor3D };
  tableGradient(dy: tf.Tensor3D, result: TableMaxResult): tf.Tensor3D;
  inputGradient(
    dy: tf.Tensor3D,
    result: TableMaxResult,
    slopes: TableMaxSlopes,
  ): { readonly own: tf.Tensor3D; readonly others: tf.Tensor3D };
}

/** Plain TensorFlow.js operations, for every backend: all targets and inputs at once. */
const plain: TableMaxOps = {
  forward({ table, mask, ...places }) {
    const [targets, tableRows, width] = table.shape;
    const [inputs, batch] = places.rows.shape;
    return tf.tidy(() => {
      const firstRow = tf.range(0, targets).mul(tableRows).reshape([targets, 1, 1]);
      const rows = rowsOfPairs(places).add(firstRow).flatten().cast("int32") as tf.Tensor1D;
      const values = tf.gather(table.reshape([targets * tableRows, width]), rows)
        .reshape([targets, inputs, batch, width]);
      const isSeen = mask.transpose([1, 2, 0]).expandDims(3).greater(0.5);
      const seen = tf.where(isSeen, values, tf.scalar(-Infinity));
      return { maximum: seen.max(1) as tf.Tensor3D, winner: seen.argMax<tf.Tensor3D>(1) };
    });
  },

  tableGradient(dy, { winner, tableRows, ...places }) {
    const [targets, batch, width] = dy.shape;
    const inputs = places.rows.shape[0];
    // A product with one-hots, since sums of scattered rows run in any order on a GPU.
    return tf.tidy(() =>
      tf.matMul(
        oneHots(rowsOfPairs(places), tableRows).reshape([targets, inputs * batch, tableRows]),
        wonBy(dy, winner, { first: 0, count: inputs }).reshape([targets, inputs * batch, width]),
        true,
      ) as tf.Tensor3D
    );
  },

  inputGradient(dy, { winner, ...places }, { tensor, column, offset }) {
    const [targets, batch, width] = dy.shape;
    const [, count, categories] = tensor.shape as [number, number, number];
    const inputs = places.rows.shape[0];
    return tf.tidy(() => {
      const won = wonBy(dy, winner, { first: column, count }).reshape([targets * count, batch, width]);
      const slopes = tensor.reshape([targets * count, categories * categories, width]);
      const firstRow = tf.range(0, count).mul(categories).add(offset).reshape([count, 1]);
      const category = rowsOfPairs(places).slice([0, column, 0], [targets, count, batch]).sub(firstRow);
      const gradient = tf.matMul(won, slopes, false, true).reshape([-1, categories, categories])
        .mul(oneHots(category, categories).reshape([-1, categories, 1])).sum(1)
        .reshape([targets, count, batch, categories]);
      const isOwn = tf.eye(targets, inputs).slice([0, column], [targets, count]).reshape([targets, count, 1, 1]);
      return {
        own: gradient.mul(isOwn).sum(0) as tf.Tensor3D,
        others: gradient.mul(tf.sub(1, isOwn)).sum(0) as tf.Tensor3D,
      };
    });
  },
};

/** Row that each target's inputs take, [J, I, B]. As float32: backends reckon with int32 on the host. */
function rowsOfPairs({ rows, ownRows }: TableMaxRows): tf.Tensor {
  const isOwn = tf.eye(ownRows.shape[0], rows.shape[0]).expandDims(2);
  const all = rows.cast("float32").expandDims(0);
  return all.add(isOwn.mul(ownRows.cast("float32").expandDims(1).sub(all)));
}

/** `dy` where each of some inputs won and zero elsewhere, [J, count, B, H]. */
function wonBy(
  dy: tf.Tensor3D,
  winner: tf.Tensor3D,
  { first, count }: { first: number; count: number },
): tf.Tensor {
  const inputs = tf.range(first, first + count).reshape([1, count, 1, 1]);
  return winner.cast("float32").expandDims(1).equal(inputs).cast("float32").mul(dy.expandDims(1));
}
