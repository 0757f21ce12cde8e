import * as tf from "@tensorflow/tfjs";
import { runsOwnKernels } from "./kernels/own_kernels.ts";
import { tableSumKernels } from "./kernels/table_sum.ts";
import type { Needed, TableLayout } from "./table_layout.ts";

/** What a masked sum of table rows is made of; J targets, I variables, R rows, W mask columns. */
export interface TableSumInput {
  readonly layout: TableLayout;
  readonly needed: Needed | null;
  /** float32 [J, R, H]. */
  readonly table: tf.Tensor3D;
  /** int32 [I, B]: the row that each variable takes in each sample. */
  readonly rows: tf.Tensor2D;
  /** float32 [B, J, W]; null for ones. */
  readonly mask: tf.Tensor3D | null;
  /** float32 [J, 1, H] or [H]; null for none. */
  readonly bias: tf.Tensor | null;
  /**
   * Where gradients must reach the variables themselves (straight through their one-hots): neighbouring variables of
   * one size, one-hots float32 [n, B, c] with the first one's place among the layout's blocks.
   */
  readonly inputs: readonly { readonly oneHot: tf.Tensor3D; readonly first: number }[];
  /** float32 [J, Σ c², H], a constant: row (k', k) of a variable is the slope along category k while it is k'. */
  readonly slopes: tf.Tensor3D | null;
}

/**
 * `out[j, b] = bias[j] + Σ_i mask[b, j, i] · table[j, rows[i, b]]`: the first layer of J networks on exact one-hots.
 * Differentiable in table, mask, bias and, through `slopes`, the one-hots.
 *
 * @returns float32 [J, B, H]; the caller disposes it.
 */
export function tableSum(input: TableSumInput): tf.Tensor3D {
  const { mask, bias, inputs } = input;
  const operands = [input.table, ...(mask ? [mask] : []), ...(bias ? [bias] : []), ...inputs.map((run) => run.oneHot)];
  return tf.customGrad((...args) => {
    const save = args.at(-1) as unknown as tf.GradSaveFunc;
    const { table, rows, slopes } = input;
    save([table, rows, ...(mask ? [mask] : []), ...(slopes ? [slopes] : [])]);
    const ops = runsOwnKernels() ? tableSumKernels : plain;
    return {
      value: ops.forward(input),
      gradFunc: (dy, saved) => {
        const delta = dy as tf.Tensor3D;
        // What was made in the forward pass is gone by now but for the saved tensors.
        const [table, rows, ...rest] = saved as [tf.Tensor3D, tf.Tensor2D, ...tf.Tensor3D[]];
        const kept = {
          ...input,
          table,
          rows,
          mask: mask ? rest.shift()! : null,
          slopes: slopes ? rest.shift()! : null,
        };
        const { table: dTable, mask: dMask } = ops.gradient(delta, kept);
        return [
          dTable,
          ...(mask ? [dMask!] : []),
          ...(bias ? [columnSums(delta).reshape(bias.shape)] : []),
          ...inputs.map((run) => ops.inputGradient(delta, kept, run)),
        ];
      },
    };
  })(...operands) as tf.Tensor3D;
}

/** The operations behind {@link tableSum}; a backend may bring its own. */
export interface TableSumOps {
  forward(input: TableSumInput): tf.Tensor3D;
  gradient(dy: tf.Tensor3D, input: TableSumInput): { table: tf.Tensor3D; mask: tf.Tensor3D | null };
  inputGradient(dy: tf.Tensor3D, input: TableSumInput, run: TableSumInput["inputs"][number]): tf.Tensor3D;
}

/** Sums over the batch, [J, B, H] to [J, 1, H], as a product: the stock sum over a middle axis transposes first. */
function columnSums(dy: tf.Tensor3D): tf.Tensor3D {
  const [targets, batch] = dy.shape;
  return tf.tidy(() => tf.matMul(tf.ones([targets, 1, batch]), dy) as tf.Tensor3D);
}

/** One-hot of block `b`'s category in each sample, [B, c]. */
function oneHotOf(input: TableSumInput, b: number): tf.Tensor2D {
  const { categories, offset } = input.layout.blocks[b]!;
  const rows = input.rows.slice([b, 0], [1, input.rows.shape[1]]).flatten().sub(tf.scalar(offset, "int32"));
  return tf.oneHot(rows as tf.Tensor1D, categories, 1, 0, "int32").cast("float32") as tf.Tensor2D;
}

/** Weight of block `b` in each target's sum, [J, B, 1]. */
function weightOf(input: TableSumInput, b: number): tf.Tensor3D {
  const { column } = input.layout.blocks[b]!;
  const targets = input.table.shape[0];
  const batch = input.rows.shape[1];
  const weight = input.mask
    ? input.mask.slice([0, 0, column], [batch, targets, 1]).transpose<tf.Tensor3D>([1, 0, 2])
    : tf.ones<tf.Rank.R3>([targets, batch, 1]);
  return input.needed ? weight.mul(neededOf(input, b)) : weight;
}

/** 0 and 1 for the targets that take block `b`, [J, 1, 1]. */
function neededOf(input: TableSumInput, b: number): tf.Tensor {
  const targets = input.table.shape[0];
  if (!input.needed) return tf.ones([targets, 1, 1]);
  return input.needed.tensor.slice([0, input.layout.blocks[b]!.column], [targets, 1]).reshape([targets, 1, 1])
    .cast("float32");
}

/** Rows of block `b` that the samples take, [J, B, H]. */
function rowsOf(input: TableSumInput, b: number): tf.Tensor3D {
  const { offset, categories } = input.layout.blocks[b]!;
  const [targets, , width] = input.table.shape;
  const table = input.table.slice([0, offset, 0], [targets, categories, width]);
  return tf.matMul(oneHotOf(input, b).expandDims<tf.Tensor3D>(0).tile([targets, 1, 1]), table);
}

/** Plain TensorFlow.js operations, for every backend. */
const plain: TableSumOps = {
  forward(input) {
    return tf.tidy(() => {
      const [targets, , width] = input.table.shape;
      const terms = input.layout.blocks.map((_, b) => rowsOf(input, b).mul(weightOf(input, b)));
      const sum = tf.addN(terms);
      return (input.bias ? sum.add(input.bias.reshape([-1, 1, width])) : sum)
        .reshape([targets, input.rows.shape[1], width]) as tf.Tensor3D;
    });
  },
  gradient(dy, input) {
    return tf.tidy(() => {
      const [targets, ,] = input.table.shape;
      const batch = input.rows.shape[1];
      const tables: tf.Tensor3D[] = [];
      const columns: tf.Tensor[] = Array.from(
        { length: input.layout.maskWidth },
        () => tf.zeros([batch, targets, 1]),
      );
      input.layout.blocks.forEach((block, b) => {
        const oneHot = oneHotOf(input, b).expandDims<tf.Tensor3D>(0).tile([targets, 1, 1]);
        tables.push(tf.matMul(oneHot, dy.mul(weightOf(input, b)) as tf.Tensor3D, true, false));
        columns[block.column] = rowsOf(input, b).mul(dy).sum(-1, true).mul(neededOf(input, b)).transpose([1, 0, 2]);
      });
      const mask = input.mask ? tf.concat(columns, 2) as tf.Tensor3D : null;
      return { table: tf.concat(tables, 1), mask } as { table: tf.Tensor3D; mask: tf.Tensor3D };
    });
  },
  inputGradient(dy, input, run) {
    return tf.tidy(() => {
      const [count, batch, categories] = run.oneHot.shape;
      const [targets, , width] = input.table.shape;
      const parts = Array.from({ length: count }, (_, v) => {
        const b = run.first + v;
        const { slopeOffset } = input.layout.blocks[b]!;
        const slopes = input.slopes!.slice([0, slopeOffset, 0], [targets, categories ** 2, width])
          .reshape([targets, categories, categories * width]) as tf.Tensor3D;
        const oneHot = oneHotOf(input, b).expandDims<tf.Tensor3D>(0).tile([targets, 1, 1]);
        const slope = tf.matMul(oneHot, slopes).reshape([targets, batch, categories, width]);
        const weighted = dy.mul(weightOf(input, b)).reshape([targets, batch, 1, width]);
        return slope.mul(weighted).sum(-1).sum(0) as tf.Tensor2D;
      });
      return tf.stack(parts) as tf.Tensor3D;
    });
  },
};
