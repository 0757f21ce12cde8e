import * as tf from "@tensorflow/tfjs";
import { categoryRows, type JacobianLayout, type ParameterSet } from "../../../tensor/mod.ts";
import type { Factored, VariableGroup } from "../../variable_groups.ts";

/** Most pairs, and most rows of the Jacobian, that are worth a table. */
const LARGEST = { pairs: 10_000, jacobianRows: 50_000 } as const;

/** Stands for a row that a table does not have. */
export const NO_ROW = -1;

interface Category {
  readonly variable: number;
  /** First category of its variable, and how many that has. */
  readonly first: number;
  readonly count: number;
}

/**
 * The P pairs [receiver category, sender category] of two different variables, numbered by receiver. Categories of all
 * variables are numbered from 0 to R - 1, as their columns in an encoded observation.
 */
export class CategoryPairs {
  /** R. */
  readonly categoryCount: number;
  /** Each pair's receiver category, and its sender category plus R; int32 [2, P]. */
  readonly ends: tf.Tensor2D;
  /**
   * Changes of one variable's category: where from and where to, int32 [C] each. Pairs are derived along each change
   * from the receiver's category, and, C rows on, along each from the sender's.
   */
  readonly changes: { readonly from: tf.Tensor1D; readonly to: tf.Tensor1D };
  readonly jacobian: JacobianLayout;
  /** Number of each pair by its key, receiver category · R + sender category; {@link NO_ROW} for none. */
  readonly numbers: Int32Array;
  /** First category of each variable, int32 [n, 1] a group. */
  readonly #offsets: readonly tf.Tensor2D[];
  readonly #variables: number;

  /** Whether tables of these variables are worth it: all categorical, at least two, and not too many categories. */
  static fits(groups: readonly VariableGroup[]): boolean {
    const count = groups.reduce((sum, group) => sum + group.count, 0);
    const categories = categoriesOf(groups);
    if (!groups.every((group) => group.kind === "categorical") || count < 2) return false;
    return categories.length ** 2 <= LARGEST.pairs && jacobianRowCount(categories) <= LARGEST.jacobianRows;
  }

  /** @param parameters Owns the tensors. */
  constructor(parameters: ParameterSet, groups: readonly VariableGroup[]) {
    const integers = (values: number[]) => parameters.constant(tf.tensor1d(values, "int32"));
    const categories = categoriesOf(groups);
    const pairs = pairsOf(categories);
    this.categoryCount = categories.length;
    this.#variables = groups.reduce((sum, group) => sum + group.count, 0);
    const keys = pairs.map(({ receiver, sender }) => receiver * categories.length + sender);
    this.numbers = new Int32Array(categories.length ** 2).fill(NO_ROW);
    keys.forEach((key, p) => this.numbers[key] = p);
    this.ends = parameters.constant(this.endsOf(keys));
    this.#offsets = groups.map(({ column, count, width }) =>
      parameters.constant(
        tf.tensor2d(Array.from({ length: count }, (_, i) => column + i * width), [count, 1], "int32"),
      )
    );
    const changes = categories.map((_, category) => changesOf(categories, category));
    const from = changes.flatMap((ways, category) => ways.map(() => category));
    this.changes = { from: integers(from), to: integers(changes.flat()) };
    const firstChange = changes.map((_, category) => from.indexOf(category));
    const rows = pairs.map(({ receiver, sender }) => [
      ...changes[receiver]!.map((column, k) => ({ column, direction: firstChange[receiver]! + k })),
      ...changes[sender]!.map((column, k) => ({ column, direction: from.length + firstChange[sender]! + k })),
    ]);
    let total = 0;
    this.jacobian = {
      points: integers(rows.flatMap((of, p) => of.map(() => p))),
      directions: integers(rows.flat().map(({ direction }) => direction)),
      columns: integers(rows.flat().map(({ column }) => column)),
      first: integers([0, ...rows.map((of) => total += of.length)]),
      columnCount: categories.length,
    };
  }

  /** Ends of pairs given by key, as {@link CategoryPairs.ends}; the caller disposes them. */
  endsOf(keys: readonly number[]): tf.Tensor2D {
    const categories = this.categoryCount;
    const receivers = keys.map((key) => Math.floor(key / categories));
    const senders = keys.map((key) => categories + key % categories);
    return tf.tensor2d([...receivers, ...senders], [2, keys.length], "int32");
  }

  /**
   * Category of each node; reads the device.
   *
   * @param state Exact one-hots, a tensor a group [n, B, c].
   * @returns [N, B].
   */
  categories(state: Factored): Int32Array {
    const found = new Int32Array(this.#variables * state[0]!.shape[1]);
    let place = 0;
    state.forEach((part, r) => {
      const rows = tf.tidy(() => categoryRows(part, this.#offsets[r]!).dataSync<"int32">());
      found.set(rows, place);
      place += rows.length;
    });
    return found;
  }

  /** Calls `see` with the key of each pair: of a node and sample (row i · B + b), and the node `term + 1` further on. */
  visit(
    categories: Int32Array,
    { batch }: { readonly batch: number },
    see: (pair: { readonly key: number; readonly term: number; readonly row: number }) => void,
  ): void {
    for (let term = 0; term < this.#variables - 1; term++) {
      for (let row = 0; row < categories.length; row++) {
        const sender = categories[(row + (term + 1) * batch) % categories.length]!;
        see({ key: categories[row]! * this.categoryCount + sender, term, row });
      }
    }
  }

  /**
   * Where the terms of each node stand in a table of terms of X pairs, of all categories and of all samples.
   *
   * @param categories [N, B].
   * @param options.rowOf Row of each pair by its key.
   * @param options.pairRows X.
   * @returns int32 [N + 1, N·B], a column a node and sample: its pairs with all others, its own category, its sample.
   *   The caller disposes it.
   */
  index(
    categories: Int32Array,
    options: { readonly batch: number; readonly rowOf: Int32Array; readonly pairRows: number },
  ): tf.Tensor2D {
    const { batch, rowOf, pairRows } = options;
    const nodes = this.#variables;
    const rows = categories.length;
    const index = new Int32Array((nodes + 1) * rows);
    this.visit(categories, { batch }, ({ key, term, row }) => index[term * rows + row] = rowOf[key]!);
    for (let row = 0; row < rows; row++) {
      index[(nodes - 1) * rows + row] = pairRows + categories[row]!;
      index[nodes * rows + row] = pairRows + this.categoryCount + row % batch;
    }
    return tf.tensor2d(index, [nodes + 1, rows], "int32");
  }
}

function categoriesOf(groups: readonly VariableGroup[]): readonly Category[] {
  return groups.flatMap(({ start, count, width, column }) =>
    Array.from({ length: count * width }, (_, k) => {
      const place = Math.floor(k / width);
      return { variable: start + place, first: column + place * width, count: width };
    })
  );
}

function pairsOf(categories: readonly Category[]): readonly { readonly receiver: number; readonly sender: number }[] {
  return categories.flatMap(({ variable }, receiver) =>
    categories.flatMap((other, sender) => other.variable === variable ? [] : [{ receiver, sender }])
  );
}

/** The other categories of a category's variable. */
function changesOf(categories: readonly Category[], category: number): readonly number[] {
  const { first, count } = categories[category]!;
  return Array.from({ length: count }, (_, k) => first + k).filter((other) => other !== category);
}

function jacobianRowCount(categories: readonly Category[]): number {
  const changes = (category: number) => categories[category]!.count - 1;
  return pairsOf(categories).reduce((sum, { receiver, sender }) => sum + changes(receiver) + changes(sender), 0);
}
