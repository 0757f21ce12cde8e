import * as tf from "@tensorflow/tfjs";
import type { Linear } from "../../tensor/layers.ts";
import { linear } from "../../tensor/ops/linear.ts";
import type { ParameterSet } from "../../tensor/parameters.ts";
import type { Factored, VariableRun } from "../variable_runs.ts";
import type { EdgeNetwork } from "./edge_network.ts";

/** Largest number of pairs of categories that a table is made for. */
const LARGEST_TABLE = 10_000;

/** Hidden values of pairs of categories and their slopes, valid while no weight changes. */
export interface EdgeTable {
  /** Hidden value of receiver category v and sender category u, float32 [R, R, H]. */
  readonly hidden: tf.Tensor3D;
  /**
   * Derivatives along category k of the receiver or of the sender, float32 [R, R, H] for each k; null where no gradient
   * reaches the state.
   */
  readonly slopes: { readonly receiver: readonly tf.Tensor3D[]; readonly sender: readonly tf.Tensor3D[] } | null;
}

/**
 * The edge network as a table. Its input is a pair of embedded variables, so on exact one-hots it takes R² values at
 * most, R being the number of categories of all variables; a batch of B samples has B·N·(N - 1) pairs. Gradients to
 * the weights go through the table. The gradient to the one-hots, which training's straight-through samples need, is
 * not the table's: it comes from slopes, the exact derivatives of the network at each pair.
 */
export class EdgeTables {
  readonly #runs: readonly VariableRun[];
  readonly #embedders: readonly Linear[];
  readonly #edge: EdgeNetwork;
  readonly #rowCount: number;
  /** First category of each run. */
  readonly #offsets: readonly number[];
  /** Most categories of a variable. */
  readonly #categories: number;
  /** Row of category k of each row's variable, int32 [R] for each k; a variable with fewer repeats its last. */
  readonly #alongRows: readonly tf.Tensor1D[];
  /** Whether a category is variable i's, float32 [R, N]. */
  readonly #isOf: tf.Tensor2D;
  /** Whether a category is another variable's, float32 [n, 1, 1, R] a run. */
  readonly #isOther: readonly tf.Tensor4D[];

  /** Whether these variables can have a table: all categorical, at least two, and not too many categories. */
  static fits(runs: readonly VariableRun[]): boolean {
    const rows = runs.reduce((sum, run) => sum + run.count * run.width, 0);
    const count = runs.reduce((sum, run) => sum + run.count, 0);
    return count > 1 && runs.every((run) => run.kind === "categorical") && rows ** 2 <= LARGEST_TABLE;
  }

  constructor(
    parameters: ParameterSet,
    options: { runs: readonly VariableRun[]; embedders: readonly Linear[]; edge: EdgeNetwork },
  ) {
    const { runs } = options;
    this.#runs = runs;
    this.#embedders = options.embedders;
    this.#edge = options.edge;
    this.#offsets = runs.map((run) => run.column);
    this.#categories = Math.max(...runs.map((run) => run.width));
    const rows = runs.flatMap((run) =>
      Array.from({ length: run.count * run.width }, (_, row) => {
        const place = Math.floor(row / run.width);
        return { variable: run.start + place, first: run.column + place * run.width, width: run.width };
      })
    );
    this.#rowCount = rows.length;
    this.#alongRows = Array.from(
      { length: this.#categories },
      (_, k) =>
        parameters.constant(tf.tensor1d(rows.map(({ first, width }) => first + Math.min(k, width - 1)), "int32")),
    );
    const count = runs.reduce((sum, run) => sum + run.count, 0);
    this.#isOf = parameters.constant(
      tf.tensor2d(rows.map(({ variable }) => Array.from({ length: count }, (_, i) => Number(i === variable)))),
    );
    this.#isOther = runs.map((run) =>
      parameters.constant(
        tf.tensor4d(
          Array.from({ length: run.count }, (_, i) => rows.map(({ variable }) => Number(variable !== run.start + i)))
            .flat(),
          [run.count, 1, 1, rows.length],
        ),
      )
    );
  }

  /** The table of the weights as they are, on the tape in an update; call inside `tf.tidy`. */
  build(options: { withSlopes: boolean }): EdgeTable {
    const rows = this.#rowCount;
    const weights = this.#embedders.map(({ weight }) => weight.reshape<tf.Tensor2D>([-1, weight.shape[2]!]));
    const embedded = joined(
      this.#embedders.map(({ weight, bias }) => weight.add(bias!).reshape<tf.Tensor2D>([-1, weight.shape[2]!])),
    );
    const receivers = this.#edge.receiving(embedded).add(this.#edge.firstBias).expandDims(1);
    const senders = this.#edge.sending(embedded).expandDims(0);
    const values: tf.Tensor[] = [receivers.add(senders).relu().reshape([rows * rows, -1])];
    for (const layer of this.#edge.middle) values.push(linear(values.at(-1)!, layer, { activation: "relu" }));
    const hidden = values.at(-1)!.reshape<tf.Tensor3D>([rows, rows, -1]);
    if (!options.withSlopes) return { hidden, slopes: null };
    const directions = joined(weights);
    const receiver = this.#slopes(values, { base: this.#edge.receiving(directions), axis: 1 });
    const sender = this.#slopes(values, { base: this.#edge.sending(directions), axis: 0 });
    return { hidden, slopes: { receiver, sender } };
  }

  /**
   * Hidden values summed over each receiver's senders, for exact one-hots.
   *
   * @param state A tensor a run [n, B, c].
   * @returns float32 [N, B, H]; differentiable in the table, and in the state if the table has slopes.
   */
  hiddenSums(table: EdgeTable, state: Factored): tf.Tensor3D {
    const { slopes } = table;
    const pairs = tf.tidy(() => this.#pairs(state));
    const rows = this.#rowCount;
    const width = table.hidden.shape[2];
    return tf.customGrad((...inputs) => {
      const save = inputs.at(-1) as unknown as tf.GradSaveFunc;
      const hidden = inputs[0] as tf.Tensor3D;
      save([...pairs, ...(slopes ? [...slopes.receiver, ...slopes.sender] : [])]);
      const value = joined(this.#runs.map((_, r) => tf.matMul(pairs[r]!, this.#receivers(hidden, r))));
      return {
        value,
        gradFunc: (dy, saved) => {
          const dys = this.#runs.map((run) => dy.slice([run.start, 0, 0], [run.count, dy.shape[1]!, width]));
          const pairs = saved.slice(0, this.#runs.length) as tf.Tensor3D[];
          const dTable = joined(pairs.map((pair, r) => {
            const { count, width: c } = this.#runs[r]!;
            return tf.matMul(pair, dys[r] as tf.Tensor3D, true).reshape<tf.Tensor3D>([count * c, rows, width]);
          }));
          if (!slopes) return [dTable, ...state.map((part) => tf.zerosLike(part))];
          const receiver = saved.slice(this.#runs.length, this.#runs.length + this.#categories) as tf.Tensor3D[];
          const sender = saved.slice(this.#runs.length + this.#categories) as tf.Tensor3D[];
          return [dTable, ...this.#stateGradients({ dys: dys as tf.Tensor3D[], pairs, receiver, sender })];
        },
      };
    })(table.hidden, ...state) as tf.Tensor3D;
  }

  /** Derivatives along each category k: `base` row of the variable's category k, pushed through the layers. */
  #slopes(values: readonly tf.Tensor[], options: { base: tf.Tensor2D; axis: 0 | 1 }): tf.Tensor3D[] {
    const rows = this.#rowCount;
    return this.#alongRows.map((along) =>
      // A custom gradient keeps the operations off the tape; no gradient is ever taken of a slope.
      tf.customGrad((...inputs) => {
        const direction = tf.gather(inputs[0] as tf.Tensor2D, along);
        const start = tf.stack(Array.from({ length: rows }, () => direction), options.axis);
        let slope = start.reshape<tf.Tensor2D>([rows * rows, -1]).mul<tf.Tensor2D>(values[0]!.step());
        this.#edge.middle.forEach((layer, l) => {
          slope = tf.matMul(slope, layer.weight as tf.Tensor as tf.Tensor2D).mul(values[l + 1]!.step());
        });
        return { value: slope.reshape([rows, rows, -1]), gradFunc: () => tf.zerosLike(options.base) };
      })(options.base) as tf.Tensor3D
    );
  }

  /** Which pair [receiver category, sender category] each receiver of a run has, float32 [n, B, c·R] a run. */
  #pairs(state: Factored): tf.Tensor3D[] {
    const batch = state[0]!.shape[1];
    const senders = joined(state.map((part) => part.transpose([1, 0, 2]).reshape<tf.Tensor2D>([batch, -1])), 1);
    return state.map((part, r) => {
      const [count, , categories] = part.shape;
      const others = senders.reshape([1, batch, 1, -1]).mul(this.#isOther[r]!);
      return part.expandDims(3).mul(others).reshape<tf.Tensor3D>([count, batch, categories * this.#rowCount]);
    });
  }

  /** A table's rows of a run's receivers, float32 [n, c·R, H]. */
  #receivers(table: tf.Tensor3D, r: number): tf.Tensor3D {
    const { count, width: categories } = this.#runs[r]!;
    const [, rows, width] = table.shape;
    return table.slice([this.#offsets[r]!, 0, 0], [count * categories, rows, width])
      .reshape([count, categories * rows, width]);
  }

  /** Gradients of the one-hots, a tensor a run [n, B, c]. */
  #stateGradients(
    { dys, pairs, receiver, sender }: Record<"dys" | "pairs" | "receiver" | "sender", readonly tf.Tensor3D[]>,
  ): tf.Tensor3D[] {
    const rows = this.#rowCount;
    const batch = dys[0]!.shape[1];
    const alongCategories = receiver.map((_, k) =>
      tf.tidy(() => {
        const chosen = (table: tf.Tensor3D, r: number) =>
          tf.matMul(dys[r]!, this.#receivers(table, r), false, true).mul<tf.Tensor3D>(pairs[r]!);
        const asReceiver = joined(this.#runs.map((_, r) => chosen(receiver[k]!, r).sum<tf.Tensor2D>(2)));
        const asSender = this.#runs.map((run, r) =>
          chosen(sender[k]!, r).sum(0).reshape([batch, run.width, rows]).sum<tf.Tensor2D>(1)
        );
        const bySender = tf.matMul(tf.addN(asSender), this.#isOf);
        return asReceiver.add<tf.Tensor2D>(bySender.transpose());
      })
    );
    const gradients = tf.stack(alongCategories, 2);
    return this.#runs.map(({ start, count, width }) =>
      gradients.slice([start, 0, 0], [count, batch, width]) as tf.Tensor3D
    );
  }
}

function joined<T extends tf.Tensor>(parts: readonly T[], axis = 0): T {
  return parts.length === 1 ? parts[0]! : tf.concat([...parts], axis) as T;
}
