import * as tf from "@tensorflow/tfjs";
import { maxOf } from "../../../core/extremes.ts";
import { groupedLinear, groupRows, linear, type LinearWeights, sortRows, unsortRows } from "../../../tensor/mod.ts";
import type { ProductionNetwork } from "../../production/production_network.ts";
import type { Rules } from "../../production/rules.ts";
import { headWidth } from "../../variable_groups.ts";

/** Rows that all rules are applied to at once: their values stay in the cache. */
const ROWS_AT_ONCE = 256;

/** Rows of variables that rules are applied to. */
export interface RuleRows {
  /** The variable and its context, float32 [R, 2W]. */
  readonly input: tf.Tensor2D;
  /** Index of each row's variable, int32 [R]. */
  readonly variable: tf.Tensor1D;
}

/** The rules of a production network on rows, each of its own variable. */
export class RowRules {
  readonly #rules: Rules;
  /** 1 where one of the O columns of all heads is the variable's own, float32 [N, O]. */
  readonly #isOwn: tf.Tensor2D;
  /** 1 where a column is its variable's k-th, float32 [O, c]. */
  readonly #isAt: tf.Tensor2D;

  constructor({ parameters, groups, rules }: ProductionNetwork) {
    this.#rules = rules;
    const columns = groups.state.flatMap((group) =>
      Array.from({ length: group.count * headWidth(group) }, (_, k) => ({
        owner: group.start + Math.floor(k / headWidth(group)),
        place: k % headWidth(group),
      }))
    );
    const widest = maxOf(groups.state.map(headWidth));
    this.#isOwn = parameters.constant(
      tf.tensor2d(Array.from({ length: groups.stateCount }, (_, i) => columns.map(({ owner }) => Number(owner === i)))),
    );
    this.#isAt = parameters.constant(
      tf.tensor2d(columns.map(({ place }) => Array.from({ length: widest }, (_, k) => Number(place === k)))),
    );
  }

  /** c, numbers of the widest head. */
  get width(): number {
    return this.#isAt.shape[1];
  }

  /**
   * What each row's chosen rule makes of it, for rows that meet their own rule's network only. Call inside `tf.tidy`.
   *
   * @param rule Index of each row's rule, [R].
   * @returns float32 [R, c]; a row of a narrower head than the widest has zeros after it. No gradient reaches
   *   the choice.
   */
  chosen(rows: RuleRows, rule: ArrayLike<number>): tf.Tensor2D {
    const groups = groupRows(rule, { groupCount: this.#rules.heads[0]!.weight.shape[0]! });
    const { counts } = groups;
    const hidden = this.#rules.hidden.reduce(
      (value, layer) => groupedLinear(value, layer, { counts, activation: "relu" }),
      sortRows(rows.input, groups),
    );
    return this.#own(unsortRows(groupedLinear(hidden, this.#allHeads(), { counts }), groups), rows);
  }

  /** What every rule makes of some rows, row by row and off the tape, [X, G · c]. */
  every({ input, variable }: RuleRows, some: ArrayLike<number>): tf.Tensor2D {
    const parts = Array.from({ length: Math.ceil(some.length / ROWS_AT_ONCE) }, (_, k) =>
      offTape(input, () => {
        const at = tf.tensor1d(Array.from(some).slice(k * ROWS_AT_ONCE, (k + 1) * ROWS_AT_ONCE), "int32");
        const outputs = this.#outputs({ input: tf.gather(input, at), variable: tf.gather(variable, at) });
        return outputs.transpose([1, 0, 2]).reshape([at.size, -1]);
      }));
    return parts.length === 1 ? parts[0]! : tf.concat(parts, 0);
  }

  /** What every rule makes of every row, float32 [G, R, c]. */
  #outputs(rows: RuleRows): tf.Tensor3D {
    const hidden = this.#rules.hidden.reduce<tf.Tensor>(
      (value, layer) => linear(value, layer, { activation: "relu" }),
      rows.input,
    );
    const outputs = linear(hidden, this.#allHeads());
    return this.#own(outputs as tf.Tensor3D, rows);
  }

  /** The columns of all variables' heads, one layer a rule. */
  #allHeads(): LinearWeights {
    if (this.#rules.heads.length === 1) return this.#rules.heads[0]!;
    return {
      weight: tf.concat(this.#rules.heads.map(({ weight }) => weight), 2),
      bias: tf.concat(this.#rules.heads.map(({ bias }) => bias!), 2),
    };
  }

  /** Each row's own variable's columns, [..., R, O] to [..., R, c]. */
  #own<T extends tf.Tensor>(outputs: T, { variable }: RuleRows): T {
    const masked = outputs.mul(tf.gather(this.#isOwn, variable));
    return tf.matMul(masked.reshape<tf.Tensor2D>([-1, this.#isAt.shape[0]]), this.#isAt)
      .reshape([...outputs.shape.slice(0, -1), this.#isAt.shape[1]]) as T;
  }
}

/** What `compute` gives of an input, off the tape. */
function offTape(input: tf.Tensor2D, compute: () => tf.Tensor2D): tf.Tensor2D {
  return tf.customGrad(() => ({ value: compute(), gradFunc: () => tf.zeros(input.shape) }))(input) as tf.Tensor2D;
}
