import * as tf from "@tensorflow/tfjs";
import { categoryRows } from "../../tensor/ops/category_rows.ts";
import type { ParameterSet } from "../../tensor/parameters.ts";
import type { SlopeLayout } from "../../tensor/slopes.ts";
import type { Factored, VariableRun } from "../variable_runs.ts";

/** Most pairs, and most slopes, that are worth a table. */
const LARGEST = { pairs: 10_000, slopes: 50_000 } as const;

interface Category {
  readonly variable: number;
  /** First category of its variable, and how many that has. */
  readonly first: number;
  readonly count: number;
}

/**
 * All pairs [receiver category, sender category] of two different variables, numbered by receiver. Categories of all
 * variables are numbered from 0 to R - 1, as their columns in an encoded observation.
 */
export class CategoryPairs {
  /** P. */
  readonly count: number;
  /** R. */
  readonly categoryCount: number;
  /** Each pair's receiver category, and its sender category plus R; int32 [2, P]. */
  readonly ends: tf.Tensor2D;
  /**
   * Changes of one variable's category: where from and where to, int32 [C] each. Pairs are derived along each change
   * from the receiver's category, and, C rows on, along each from the sender's.
   */
  readonly changes: { readonly from: tf.Tensor1D; readonly to: tf.Tensor1D };
  readonly slopes: SlopeLayout;
  /** First category of each variable, int32 [n, 1] a run. */
  readonly #offsets: readonly tf.Tensor2D[];
  readonly #variables: number;
  /** Number of each pair by receiver category · R + sender category. */
  readonly #numbers: Int32Array;

  /** Whether tables of these variables are worth it: all categorical, at least two, and not too many categories. */
  static fits(runs: readonly VariableRun[]): boolean {
    const count = runs.reduce((sum, run) => sum + run.count, 0);
    const categories = categoriesOf(runs);
    if (!runs.every((run) => run.kind === "categorical") || count < 2) return false;
    return categories.length ** 2 <= LARGEST.pairs && slopeCount(categories) <= LARGEST.slopes;
  }

  /** @param parameters Owns the tensors. */
  constructor(parameters: ParameterSet, runs: readonly VariableRun[]) {
    const integers = (values: number[]) => parameters.constant(tf.tensor1d(values, "int32"));
    const categories = categoriesOf(runs);
    const pairs = pairsOf(categories);
    this.count = pairs.length;
    this.categoryCount = categories.length;
    this.#variables = runs.reduce((sum, run) => sum + run.count, 0);
    this.#numbers = new Int32Array(categories.length ** 2);
    pairs.forEach(({ receiver, sender }, p) => this.#numbers[receiver * categories.length + sender] = p);
    this.ends = parameters.constant(
      tf.tensor2d(
        [pairs.map((pair) => pair.receiver), pairs.map((pair) => pair.sender + categories.length)],
        [2, pairs.length],
        "int32",
      ),
    );
    this.#offsets = runs.map(({ column, count, width }) =>
      parameters.constant(
        tf.tensor2d(Array.from({ length: count }, (_, i) => column + i * width), [count, 1], "int32"),
      )
    );
    const changes = categories.map((_, category) => changesOf(categories, category));
    const from = changes.flatMap((ways, category) => ways.map(() => category));
    this.changes = { from: integers(from), to: integers(changes.flat()) };
    const firstChange = changes.map((_, category) => from.indexOf(category));
    const slopes = pairs.map(({ receiver, sender }) => [
      ...changes[receiver]!.map((column, k) => ({ column, direction: firstChange[receiver]! + k })),
      ...changes[sender]!.map((column, k) => ({ column, direction: from.length + firstChange[sender]! + k })),
    ]);
    let total = 0;
    this.slopes = {
      points: integers(slopes.flatMap((of, p) => of.map(() => p))),
      directions: integers(slopes.flat().map((slope) => slope.direction)),
      columns: integers(slopes.flat().map((slope) => slope.column)),
      first: integers([0, ...slopes.map((of) => total += of.length)]),
      columnCount: categories.length,
    };
  }

  /**
   * What each node of a batch of exact one-hots is told; reads the device.
   *
   * @param state A tensor a run [n, B, c].
   * @returns int32 [N + 1, N·B], a column a node and sample: its pairs with all others; P + its own category;
   *   P + R + its sample. The caller disposes it.
   */
  index(state: Factored): tf.Tensor2D {
    const batch = state[0]!.shape[1];
    const nodes = this.#variables;
    const own = new Int32Array(nodes * batch);
    let place = 0;
    state.forEach((part, r) => {
      const rows = tf.tidy(() => categoryRows(part, this.#offsets[r]!).dataSync<"int32">());
      own.set(rows, place);
      place += rows.length;
    });
    const index = new Int32Array((nodes + 1) * nodes * batch);
    own.forEach((category, row) => {
      const sample = row % batch;
      for (let term = 0; term < nodes - 1; term++) {
        const sender = (row + (term + 1) * batch) % own.length;
        index[term * own.length + row] = this.#numbers[category * this.categoryCount + own[sender]!]!;
      }
      index[(nodes - 1) * own.length + row] = this.count + category;
      index[nodes * own.length + row] = this.count + this.categoryCount + sample;
    });
    return tf.tensor2d(index, [nodes + 1, own.length], "int32");
  }
}

function categoriesOf(runs: readonly VariableRun[]): readonly Category[] {
  return runs.flatMap(({ start, count, width, column }) =>
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

function slopeCount(categories: readonly Category[]): number {
  const changes = (category: number) => categories[category]!.count - 1;
  return pairsOf(categories).reduce((sum, { receiver, sender }) => sum + changes(receiver) + changes(sender), 0);
}
