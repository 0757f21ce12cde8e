import * as tf from "@tensorflow/tfjs";
import { runsOwnKernels } from "./kernels/own_kernels.ts";
import { tableMaxKernels } from "./kernels/table_max.ts";

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

/** Loops on the host, for backends whose tensors can be read at once. */
const plain: TableMaxOps = {
  forward(input) {
    const [targets, tableRows, width] = input.table.shape;
    const [inputs, batch] = input.rows.shape;
    const table = input.table.dataSync<"float32">();
    const mask = input.mask.dataSync<"float32">();
    const rowOf = rowLookup(input);
    const maximum = new Float32Array(targets * batch * width).fill(-Infinity);
    const winner = new Int32Array(maximum.length);
    for (let j = 0; j < targets; j++) {
      for (let b = 0; b < batch; b++) {
        const seen = ((input.mask.shape[0] === 1 ? 0 : b * targets) + j) * inputs;
        const out = (j * batch + b) * width;
        for (let i = 0; i < inputs; i++) {
          if (mask[seen + i] === 0) continue;
          const start = (j * tableRows + rowOf(j, { i, b })) * width;
          for (let h = 0; h < width; h++) {
            if (table[start + h]! <= maximum[out + h]!) continue;
            maximum[out + h] = table[start + h]!;
            winner[out + h] = i;
          }
        }
      }
    }
    const shape: [number, number, number] = [targets, batch, width];
    return { maximum: tf.tensor3d(maximum, shape), winner: tf.tensor3d(winner, shape, "int32") };
  },

  tableGradient(dy, result) {
    const [targets, , width] = dy.shape;
    const { tableRows } = result;
    const table = new Float32Array(targets * tableRows * width);
    forEachWinner(dy, result, ({ j, h, row, delta }) => {
      table[(j * tableRows + row) * width + h]! += delta;
    });
    return tf.tensor3d(table, [targets, tableRows, width]);
  },

  inputGradient(dy, result, { tensor, column, offset }) {
    const [, batch, width] = dy.shape;
    const [, count, categories] = tensor.shape as [number, number, number];
    const slopes = tensor.dataSync<"float32">();
    const own = new Float32Array(count * batch * categories);
    const others = new Float32Array(own.length);
    forEachWinner(dy, result, ({ j, b, h, i, row, delta }) => {
      const v = i - column;
      if (v < 0 || v >= count) return;
      const category = row - offset - v * categories;
      const from = ((j * count + v) * categories + category) * categories * width + h;
      const gradient = i === j ? own : others;
      const to = (v * batch + b) * categories;
      for (let k = 0; k < categories; k++) gradient[to + k]! += delta * slopes[from + k * width]!;
    });
    const shape: [number, number, number] = [count, batch, categories];
    return { own: tf.tensor3d(own, shape), others: tf.tensor3d(others, shape) };
  },
};

function rowLookup({ rows, ownRows }: TableMaxRows): (target: number, place: { i: number; b: number }) => number {
  const all = rows.dataSync<"int32">();
  const own = ownRows.dataSync<"int32">();
  const batch = rows.shape[1];
  return (j, { i, b }) => i === j ? own[j * batch + b]! : all[i * batch + b]!;
}

function forEachWinner(
  dy: tf.Tensor3D,
  result: TableMaxResult,
  visit: (entry: { j: number; b: number; h: number; i: number; row: number; delta: number }) => void,
): void {
  const [targets, batch, width] = dy.shape;
  const deltas = dy.dataSync<"float32">();
  const winner = result.winner.dataSync<"int32">();
  const rowOf = rowLookup(result);
  for (let j = 0; j < targets; j++) {
    for (let b = 0; b < batch; b++) {
      for (let h = 0; h < width; h++) {
        const entry = (j * batch + b) * width + h;
        const i = winner[entry]!;
        visit({ j, b, h, i, row: rowOf(j, { i, b }), delta: deltas[entry]! });
      }
    }
  }
}
