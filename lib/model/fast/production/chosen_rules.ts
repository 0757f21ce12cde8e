import * as tf from "@tensorflow/tfjs";
import { customGradient, groupedLinear, groupRows, sortRows, unsortRows } from "../../../tensor/mod.ts";
import { keysOf, type RowCache } from "./row_cache.ts";
import type { RowRules, RuleRows } from "./row_rules.ts";

/** What an update knows of rules on distinct rows. */
export interface RuleCaches {
  /** Outputs of the chosen rule and their derivatives along the input. */
  readonly chosen: RowCache;
  /** Outputs of every rule. */
  readonly every: RowCache;
}

/** How rows of a training step meet their rules. */
export interface ChosenRulesOptions {
  /** One-hot of each row's rule, float32 [R, G]; read on the host. */
  readonly choice: tf.Tensor2D;
  /** Rows whose choice needs a gradient, ascending; that of the others is left 0. */
  readonly open: Int32Array;
  /** The rows' keys and what is known of them; null where all rows may differ. */
  readonly known: { readonly keys: Int32Array; readonly rules: RuleCaches } | null;
}

/**
 * What each row's chosen rule makes of it in training, with the gradients of `Σ_g choice_g · rule_g(row)`. That to the
 * choice needs every rule's output, but no gradient through the rules that were not chosen, as these are multiplied
 * by 0.
 *
 * @returns float32 [R, c], see {@link RowRules.chosen}; call inside `tf.tidy`.
 */
export function chosenRules(networks: RowRules, rows: RuleRows, options: ChosenRulesOptions): tf.Tensor2D {
  const { choice, known } = options;
  const rules = choice.shape[1];
  const rule = choice.argMax(-1).dataSync<"int32">();
  const chosen = (known && chosenOnce(networks, rows, { rule, ...known })) ?? networks.chosen(rows, rule);
  const { outputs, place } = everyOutput(networks, rows, options);
  return customGradient([chosen, choice], {
    forward: (value) => ({ value: value.clone(), saved: [outputs, place] }),
    gradient: (dy, [outputs, place]) => {
      const [count, width] = dy.shape;
      const ofRows = tf.gather(outputs, place).reshape([count, rules, width]);
      return [dy.clone(), ofRows.mul(dy.expandDims(1)).sum(2)];
    },
  });
}

/** What every rule makes of open rows [X, G · c], zeros after them, and where in it each row's stands [R]. */
function everyOutput(
  networks: RowRules,
  rows: RuleRows,
  { choice, open, known }: ChosenRulesOptions,
): { outputs: tf.Tensor2D; place: tf.Tensor1D } {
  const found = known?.rules.every.lookUp(
    keysOf(known.keys, open),
    (some) => [networks.every(rows, some.map((k) => open[k]!))],
  ) ?? { results: open.length > 0 ? [[networks.every(rows, open)]] : [], place: open.map((_, k) => k) };
  const [outputs = []] = found.results;
  const count = outputs.reduce((sum, part) => sum + part.shape[0], 0);
  const place = new Int32Array(rows.input.shape[0]).fill(count);
  open.forEach((row, k) => place[row] = found.place[k]!);
  const zeros = tf.zeros<tf.Rank.R2>([1, choice.shape[1] * networks.width]);
  return { outputs: tf.concat([...outputs, zeros], 0), place: tf.tensor1d(place, "int32") };
}

/**
 * The chosen rules' outputs, computed once for each distinct row: equal rows have the same derivatives, too, so the
 * gradients to a rule's weights are those of its distinct rows, with the outputs' gradients summed, and the gradient to
 * each input is a product with its derivatives.
 *
 * @returns Null where rows differ so much that it would take longer.
 */
function chosenOnce(
  networks: RowRules,
  rows: RuleRows,
  { rule, keys, rules }: { rule: Int32Array; keys: Int32Array; rules: RuleCaches },
): tf.Tensor2D | null {
  // Outputs and weights' gradients, and each way once for each derivative.
  const passes = 2 + 2 * networks.width;
  const found = rules.chosen.lookUp(keys, (some) => {
    if (some.length * passes > rule.length * 3) return null;
    const at = tf.tensor1d([...some], "int32");
    const distinct = { input: detached(tf.gather(rows.input, at)), variable: tf.gather(rows.variable, at) };
    const own = some.map((row) => rule[row]!);
    return [networks.chosen(distinct, own), inputJacobian(networks, distinct, own)];
  });
  if (!found) return null;
  const [outputs, jacobian] = found.results.map((pieces) => tf.concat([...pieces], 0)) as [tf.Tensor2D, tf.Tensor2D];
  return ofDistinct(outputs, rows.input, { jacobian, place: found.place });
}

/** Derivatives of each row's outputs along its input, [X, c · 2W]. */
function inputJacobian(networks: RowRules, { input, variable }: RuleRows, rule: readonly number[]): tf.Tensor2D {
  const [count, inputs] = input.shape;
  const { width } = networks;
  // A copy of all rows for each output.
  const copies = (index: (row: number, output: number) => number) =>
    Array.from({ length: width * count }, (_, k) => index(k % count, Math.floor(k / count)));
  const row = tf.tensor1d(copies((row) => row), "int32");
  const output = tf.tensor1d(copies((_, output) => output), "int32");
  const variables = tf.gather(variable, row);
  const rules = copies((row) => rule[row]!);
  const jacobian = tf.grad((input) => networks.chosen({ input: input as tf.Tensor2D, variable: variables }, rules))(
    tf.gather(input, row),
    tf.gather(tf.eye(width), output),
  );
  return jacobian.reshape([width, count, inputs]).transpose([1, 0, 2]).reshape([count, width * inputs]);
}

/**
 * The output of the distinct row that each row is equal to.
 *
 * @param outputs float32 [X, c], differentiable.
 * @param input float32 [R, 2W], differentiable through `jacobian`, [X, c · 2W].
 * @param options.place Each row's distinct row, [R].
 * @returns float32 [R, c].
 */
function ofDistinct(
  outputs: tf.Tensor2D,
  input: tf.Tensor2D,
  options: { readonly jacobian: tf.Tensor2D; readonly place: Int32Array },
): tf.Tensor2D {
  const count = outputs.shape[0];
  const placeOfRow = tf.tensor1d(options.place, "int32");
  const { counts, ...groups } = groupRows(options.place, { groupCount: count });
  return customGradient([outputs, input], {
    forward: (outputs) => ({
      value: tf.gather(outputs, placeOfRow),
      saved: [options.jacobian, placeOfRow, groups.order, groups.place],
    }),
    gradient: (dy, [jacobian, placeOfRow, order, place]) => {
      const groups = { counts, order, place };
      const weight = jacobian.reshape<tf.Tensor3D>([count, dy.shape[1], -1]);
      const products = groupedLinear(sortRows(dy, groups), { weight, bias: null }, { counts });
      return [tf.unsortedSegmentSum(dy, placeOfRow, count), unsortRows(products, groups)];
    },
  });
}

/** The same numbers anew: nothing on the tape leads to them, so no gradient is computed for them at all. */
function detached(rows: tf.Tensor2D): tf.Tensor2D {
  return tf.tensor2d(rows.dataSync(), rows.shape);
}
