import * as tf from "@tensorflow/tfjs";
import type { Factored } from "../variable_runs.ts";

/** Derivatives of the table rows of one run of state variables with respect to their one-hots. */
export interface InputSlopes {
  /** n and c. */
  readonly count: number;
  readonly categories: number;
  /** The run's first input and its first row in a table. */
  readonly column: number;
  readonly offset: number;
  /** [N, n, c, c, H]: entry k' and k is the derivative along category k while the variable is k'. */
  readonly data: Float32Array;
}

/** What a maximum over table rows is taken of. */
export interface TableMaxInput {
  /** float32 [N, R, H]. */
  readonly table: tf.Tensor3D;
  /** Row of each input in each sample, [N + M, B]. */
  readonly rows: Int32Array;
  /** The same where input and target are one variable, [N, B]. */
  readonly ownRows: Int32Array;
  /** 0 and 1, [B, N, N + M], or [N, N + M] if it is shared by all samples. */
  readonly mask: Float32Array;
  readonly isMaskShared: boolean;
  /** N, N + M, B, R and H. */
  readonly sizes: {
    readonly targets: number;
    readonly inputs: number;
    readonly batch: number;
    readonly rowCount: number;
    readonly width: number;
  };
  /** One-hots that gradients must reach straight through, a tensor a run [n, B, c]; null for none. */
  readonly state: {
    readonly own: Factored;
    readonly others: Factored;
    readonly slopes: readonly InputSlopes[];
  } | null;
}

/**
 * `out[j, b, h] = max over inputs i with mask[b, j, i] of table[j, rows[i, b], h]`. The gradient goes to the row that
 * wins, the first one on a tie, and by its slopes to the one-hot that chose it. Loops run on the host: one pass over
 * the batch costs less than the [N, N + M, B, H] tensors that plain operations would write.
 *
 * @returns float32 [N, B, H]; the caller disposes it.
 */
export function tableMax(input: TableMaxInput): tf.Tensor3D {
  const { table, sizes: { targets, batch, width, rowCount }, state } = input;
  const operands = [table, ...(state ? [...state.own, ...state.others] : [])];
  return tf.customGrad((...args) => {
    const values = (args[0] as tf.Tensor).dataSync<"float32">();
    const { maximum, winner } = forward(values, input);
    return {
      value: tf.tensor3d(maximum, [targets, batch, width]),
      gradFunc: (dy: tf.Tensor) => {
        const delta = dy.dataSync<"float32">();
        const dTable = tf.tensor3d(tableGradient(delta, { winner, input }), [targets, rowCount, width]);
        if (!state) return [dTable];
        const { own, others } = inputGradient(delta, { winner, input, state });
        const tensors = (parts: readonly Float32Array[], like: Factored) =>
          parts.map((part, r) => tf.tensor3d(part, like[r]!.shape));
        return [dTable, ...tensors(own, state.own), ...tensors(others, state.others)];
      },
    };
  })(...operands) as tf.Tensor3D;
}

function forward(table: Float32Array, input: TableMaxInput): { maximum: Float32Array; winner: Uint16Array } {
  const { rows, ownRows, mask, isMaskShared } = input;
  const { targets, inputs, batch, rowCount, width } = input.sizes;
  const maximum = new Float32Array(targets * batch * width).fill(-Infinity);
  const winner = new Uint16Array(maximum.length);
  for (let j = 0; j < targets; j++) {
    for (let b = 0; b < batch; b++) {
      const seen = ((isMaskShared ? 0 : b * targets) + j) * inputs;
      const out = (j * batch + b) * width;
      for (let i = 0; i < inputs; i++) {
        if (mask[seen + i] === 0) continue;
        const row = i === j ? ownRows[j * batch + b]! : rows[i * batch + b]!;
        const start = (j * rowCount + row) * width;
        for (let h = 0; h < width; h++) {
          const value = table[start + h]!;
          if (value > maximum[out + h]!) {
            maximum[out + h] = value;
            winner[out + h] = i;
          }
        }
      }
    }
  }
  return { maximum, winner };
}

interface Backward {
  readonly winner: Uint16Array;
  readonly input: TableMaxInput;
}

function tableGradient(dy: Float32Array, { winner, input }: Backward): Float32Array {
  const { rows, ownRows, sizes: { targets, batch, rowCount, width } } = input;
  const result = new Float32Array(targets * rowCount * width);
  for (let j = 0; j < targets; j++) {
    for (let b = 0; b < batch; b++) {
      const out = (j * batch + b) * width;
      for (let h = 0; h < width; h++) {
        const i = winner[out + h]!;
        const row = i === j ? ownRows[j * batch + b]! : rows[i * batch + b]!;
        result[(j * rowCount + row) * width + h]! += dy[out + h]!;
      }
    }
  }
  return result;
}

/** Gradients of the one-hots, an array a run [n, B, c]. */
function inputGradient(
  dy: Float32Array,
  { winner, input, state }: Backward & { state: NonNullable<TableMaxInput["state"]> },
): { own: Float32Array[]; others: Float32Array[] } {
  const { rows, ownRows, sizes: { targets, batch, width } } = input;
  const empty = () => state.slopes.map(({ count, categories }) => new Float32Array(count * batch * categories));
  const own = empty();
  const others = empty();
  const runOf = state.slopes.flatMap(({ count }, r) => Array<number>(count).fill(r));
  for (let j = 0; j < targets; j++) {
    for (let b = 0; b < batch; b++) {
      const out = (j * batch + b) * width;
      for (let h = 0; h < width; h++) {
        const i = winner[out + h]!;
        const delta = dy[out + h]!;
        // Nothing flows to actions, which come after the state.
        if (i >= targets || delta === 0) continue;
        const r = runOf[i]!;
        const { count, categories, column, offset, data } = state.slopes[r]!;
        const v = i - column;
        const row = i === j ? ownRows[j * batch + b]! : rows[i * batch + b]!;
        const category = row - offset - v * categories;
        const gradient = (i === j ? own : others)[r]!;
        const to = (v * batch + b) * categories;
        const from = (((j * count + v) * categories + category) * categories) * width + h;
        for (let k = 0; k < categories; k++) gradient[to + k]! += delta * data[from + k * width]!;
      }
    }
  }
  return { own, others };
}
