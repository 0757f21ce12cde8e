import * as tf from "@tensorflow/tfjs";
import { equalBlocks, pick } from "./equal_blocks.ts";
import type { ChosenRows } from "./ops/category_rows.ts";
import { runsOwnKernels } from "./kernels/own_kernels.ts";
import { tableSumKernels } from "./kernels/table_sum.ts";
import type { Needed, TableLayout } from "./table_layout.ts";

/** What a masked sum of table rows is made of; J targets, I variables, R rows, W mask columns. */
export interface TableSumInput {
  readonly layout: TableLayout;
  readonly needed: Needed | null;
  /** float32 [J, R, H]. */
  readonly table: tf.Tensor3D;
  /** The row that each variable takes in each sample. */
  readonly chosen: ChosenRows;
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
 * `out[j, b] = bias[j] + Σ_i mask[b, j, i] · table[j, row of i in b]`: the first layer of J networks on exact one-hots.
 * Differentiable in table, mask, bias and, through `slopes`, the one-hots.
 *
 * @returns float32 [J, B, H]; the caller disposes it.
 */
export function tableSum(input: TableSumInput): tf.Tensor3D {
  const { mask, bias, inputs } = input;
  const operands = [input.table, ...(mask ? [mask] : []), ...(bias ? [bias] : []), ...inputs.map((run) => run.oneHot)];
  return tf.customGrad((...args) => {
    const save = args.at(-1) as unknown as tf.GradSaveFunc;
    const { table, chosen, slopes } = input;
    const ops = runsOwnKernels() ? tableSumKernels : plain;
    const { sum, forGradient } = ops.forward(input);
    const places = chosen.rows ?? chosen.taken!;
    save([table, places, ...(mask ? [mask] : []), ...(slopes ? [slopes] : []), ...forGradient]);
    return {
      value: sum,
      gradFunc: (dy, saved) => {
        const delta = dy as tf.Tensor3D;
        // What was made in the forward pass is gone by now but for the saved tensors.
        const [table, places, ...rest] = saved as [tf.Tensor3D, tf.Tensor2D, ...tf.Tensor3D[]];
        const kept = {
          ...input,
          table,
          chosen: { ...chosen, [chosen.rows ? "rows" : "taken"]: places },
          mask: mask ? rest.shift()! : null,
          slopes: slopes ? rest.shift()! : null,
          forGradient: rest,
        };
        const { table: dTable, mask: dMask } = ops.gradient(delta, kept);
        return [
          dTable,
          ...(mask ? [dMask!] : []),
          ...(bias ? [columnSums(delta).reshape(bias.shape)] : []),
          ...(inputs.length > 0 ? ops.inputGradients(delta, kept) : []),
        ];
      },
    };
  })(...operands) as tf.Tensor3D;
}

/** What a backward pass starts from: the forward pass' input and what it left. */
export interface TableSumKept extends TableSumInput {
  readonly forGradient: readonly tf.Tensor[];
}

/** The operations behind {@link tableSum}; a backend may bring its own. */
export interface TableSumOps {
  /** The sum, and any tensors that the backward pass would otherwise compute again. */
  forward(input: TableSumInput): { sum: tf.Tensor3D; forGradient: tf.Tensor[] };
  gradient(dy: tf.Tensor3D, kept: TableSumKept): { table: tf.Tensor3D; mask: tf.Tensor3D | null };
  /** A gradient for each of `inputs`; not called where there is none. */
  inputGradients(dy: tf.Tensor3D, kept: TableSumKept): readonly tf.Tensor3D[];
}

/** Sums over the batch, [J, B, H] to [J, 1, H], as a product: the stock sum over a middle axis transposes first. */
function columnSums(dy: tf.Tensor3D): tf.Tensor3D {
  const [targets, batch] = dy.shape;
  return tf.tidy(() => tf.matMul(tf.ones([targets, 1, batch]), dy) as tf.Tensor3D);
}

/** Weight of each row in each target's sum, float32 [J, B, R]; zero where a sample does not take it. */
function weightedRows(input: TableSumInput): tf.Tensor3D {
  const { mask, needed, layout: { spread, maskWidth, rowCount } } = input;
  const targets = input.table.shape[0];
  const taken = input.chosen.taken!;
  const { batch } = input.chosen;
  if (!mask && !needed) {
    const once = taken.reshape<tf.Tensor3D>([1, batch, rowCount]);
    return targets === 1 ? once : tf.tile(once, [targets, 1, 1]);
  }
  const ofTargets = needed && needed.weights.reshape<tf.Tensor3D>([targets, 1, maskWidth]);
  const byTarget = mask && mask.transpose<tf.Tensor3D>([1, 0, 2]);
  const weights = byTarget && ofTargets ? byTarget.mul<tf.Tensor3D>(ofTargets) : (byTarget ?? ofTargets)!;
  return weights.reshape<tf.Tensor2D>([-1, maskWidth]).matMul(spread)
    .reshape<tf.Tensor3D>([targets, mask ? batch : 1, rowCount]).mul(taken);
}

/** Plain TensorFlow.js operations, for every backend: products with one-hots, all variables and targets at once. */
const plain: TableSumOps = {
  forward(input) {
    return tf.tidy(() => {
      const weighted = weightedRows(input);
      const sum: tf.Tensor = tf.matMul(weighted, input.table);
      const { bias } = input;
      return { sum: bias ? sum.add(bias.reshape([-1, 1, sum.shape[2]!])) : sum, forGradient: [weighted] };
    }) as { sum: tf.Tensor3D; forGradient: tf.Tensor[] };
  },
  gradient(dy, input) {
    const [weighted] = input.forGradient as [tf.Tensor3D];
    const table = tf.matMul(weighted, dy, true, false) as tf.Tensor3D;
    return { table, mask: input.mask && tf.tidy(() => maskGradient(dy, input)) };
  },
  inputGradients(dy, input) {
    return tf.tidy(() => {
      const { blocks } = input.layout;
      const weighted = input.forGradient[0] as tf.Tensor3D;
      const learning = input.inputs.flatMap(({ oneHot, first }, run) =>
        Array.from({ length: oneHot.shape[0] }, (_, v) => {
          const { offset, slopeOffset, categories } = blocks[first + v]!;
          return { run, offset, count: categories, slopeOffset };
        })
      );
      const gradients: tf.Tensor3D[] = [];
      for (const { members, rows, count } of equalBlocks(learning)) {
        const slopeRows = members.flatMap((m) =>
          Array.from({ length: count * count }, (_, row) => learning[m]!.slopeOffset + row)
        );
        const value = slopeGradient(dy, {
          slopes: pick(input.slopes!, slopeRows, 1),
          weighted: pick(weighted, rows, 2),
          categories: count,
        });
        // Members are in order, so those of a run are neighbours.
        const runs = [...Map.groupBy(members, (m) => learning[m]!.run)];
        const parts = runs.length === 1 ? [value] : tf.split(value, runs.map(([, { length }]) => length));
        runs.forEach(([run], k) => gradients[run] = parts[k] as tf.Tensor3D);
      }
      return gradients;
    });
  },
};

/** float32 [B, J, W]. */
function maskGradient(dy: tf.Tensor3D, { table, needed, layout, chosen: { taken } }: TableSumInput): tf.Tensor3D {
  const [targets, batch] = dy.shape;
  const { spread, maskWidth, rowCount } = layout;
  const byColumn = tf.matMul(dy, table, false, true).mul(taken!).reshape<tf.Tensor2D>([-1, rowCount])
    .matMul(spread, false, true).reshape<tf.Tensor3D>([targets, batch, maskWidth]);
  const passed = needed ? byColumn.mul<tf.Tensor3D>(needed.weights.reshape([targets, 1, maskWidth])) : byColumn;
  return passed.transpose([1, 0, 2]);
}

/**
 * Gradients of the one-hots of n variables of c categories: entry k of a one-hot is the sum over targets of the row's
 * weight times `⟨slope along k at the row's category, dy⟩`.
 *
 * @param options.slopes float32 [J, n·c², H].
 * @param options.weighted float32 [J, B, n·c].
 * @returns float32 [n, B, c].
 */
function slopeGradient(
  dy: tf.Tensor3D,
  { slopes, weighted, categories }: { slopes: tf.Tensor3D; weighted: tf.Tensor3D; categories: number },
): tf.Tensor3D {
  const [targets, batch, rows] = weighted.shape;
  const along = tf.matMul(dy, slopes, false, true).reshape([targets, batch * rows, categories])
    .mul(weighted.reshape([targets, batch * rows, 1]));
  return along.sum(0).reshape([batch, rows / categories, categories, categories]).sum(2).transpose([1, 0, 2]);
}
