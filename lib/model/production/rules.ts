import * as tf from "@tensorflow/tfjs";
import { createStackedLinear, type Linear, stackedInit } from "../../tensor/layers.ts";
import { linear, type LinearWeights } from "../../tensor/ops/linear.ts";
import type { ParameterSet } from "../../tensor/parameters.ts";
import { groupRows, joinGroups, splitGroups } from "../../tensor/row_groups.ts";
import { type Factored, headRuns, headWidth, type ModelRuns, splitRuns, type VariableRun } from "../variable_runs.ts";

/** The rules' networks, G of them: from [variable, context] to the parameters of the variable's distribution. */
export class RuleNetworks {
  readonly #ruleCount: number;
  readonly #outputs: readonly VariableRun[];
  readonly #hidden: readonly Linear[];
  /** Columns for every variable of a run; a row uses those of its own variable. */
  readonly #heads: readonly Linear[];
  /** 1 where a column of the heads is the variable's own, float32 [N, O]. */
  readonly #isOwn: tf.Tensor2D;

  /** @param options.hidden Widths of the hidden layers, each followed by ReLU. */
  constructor(
    parameters: ParameterSet,
    options: { runs: ModelRuns; rules: number; inputs: number; hidden: readonly number[] },
  ) {
    const { runs, rules, hidden } = options;
    const inputs = [options.inputs, ...hidden];
    this.#ruleCount = rules;
    this.#outputs = headRuns(runs.state);
    this.#hidden = hidden.map((outputs, k) =>
      createStackedLinear(parameters, {
        name: `rule.${k}`,
        stack: rules,
        inputs: inputs[k]!,
        outputs,
        init: stackedInit({ outputs }),
      })
    );
    this.#heads = runs.state.map((run, r) =>
      createStackedLinear(parameters, {
        name: `head.${r}`,
        stack: rules,
        inputs: inputs.at(-1)!,
        outputs: run.count * headWidth(run),
        init: stackedInit({ outputs: headWidth(run) }),
      })
    );
    const owners = runs.state.flatMap((run) =>
      Array.from({ length: run.count * headWidth(run) }, (_, k) => run.start + Math.floor(k / headWidth(run)))
    );
    this.#isOwn = parameters.constant(
      tf.tensor2d(
        Array.from({ length: runs.stateCount }, (_, i) => owners.map((owner) => Number(owner === i))),
        [runs.stateCount, owners.length],
      ),
    );
  }

  /**
   * What each variable's chosen rule makes of its input.
   *
   * @param input float32 [B, N, 2W].
   * @param choice One-hot of each variable's rule, float32 [B, N, G]; read on the host. In training its gradient is
   *   that of `Σ_g choice_g · rule_g(input)`.
   * @returns A tensor a run [n, B, c]; call inside `tf.tidy`.
   */
  apply(input: tf.Tensor3D, choice: tf.Tensor3D, options: { training: boolean }): Factored {
    const [batch, count, width] = input.shape;
    const rows = input.reshape<tf.Tensor2D>([batch * count, width]);
    const rules = this.#rules();
    const groups = groupRows(choice.argMax(-1).dataSync(), { groupCount: this.#ruleCount });
    const outputs = splitGroups(rows, groups).map((part, g) => applyRule(part, rules[groups.groups[g]!.index]!));
    const chosen = this.#own(joinGroups(outputs, groups), batch);
    return splitRuns(
      options.training ? this.#withChoiceGradient(chosen, { rows, rules, choice }) : chosen,
      this.#outputs,
    );
  }

  /** The layers of each rule. */
  #rules(): LinearWeights[][] {
    const heads = this.#heads.length === 1 ? this.#heads[0]! : {
      weight: tf.concat(this.#heads.map(({ weight }) => weight), 2),
      bias: tf.concat(this.#heads.map(({ bias }) => bias!), 2),
    };
    const layers = [...this.#hidden, heads].map(({ weight, bias }) => ({
      weights: tf.unstack(weight),
      biases: tf.unstack(bias!.squeeze([1])),
    }));
    return Array.from(
      { length: this.#ruleCount },
      (_, rule) => layers.map(({ weights, biases }) => ({ weight: weights[rule]!, bias: biases[rule]! })),
    );
  }

  /** Each variable's own columns of its row, [B·N, O] to [B, O]. */
  #own(outputs: tf.Tensor2D, batch: number): tf.Tensor2D {
    return outputs.reshape([batch, -1, outputs.shape[1]]).mul(this.#isOwn).sum(1);
  }

  /**
   * The same value with a gradient to `choice`. That needs every rule's output, but no gradient through the rules
   * that were not chosen, as these are multiplied by 0.
   */
  #withChoiceGradient(
    chosen: tf.Tensor2D,
    input: { rows: tf.Tensor2D; rules: readonly (readonly LinearWeights[])[]; choice: tf.Tensor3D },
  ): tf.Tensor2D {
    const [batch, count, rules] = input.choice.shape;
    const width = chosen.shape[1];
    return tf.customGrad((...inputs) => {
      const [value, , save] = inputs as unknown as [tf.Tensor2D, tf.Tensor3D, tf.GradSaveFunc];
      // Rule by rule, which stays in the cache.
      const outputs = input.rules.map((rule) => tf.tidy(() => this.#own(applyRule(input.rows, rule), batch)));
      save([tf.stack(outputs)]);
      return {
        value: value.clone(),
        gradFunc: (dy, [all]) => {
          const products = all!.mul(dy).reshape<tf.Tensor2D>([rules * batch, width]);
          const byVariable = tf.matMul(products, this.#isOwn, false, true).reshape([rules, batch, count]);
          return [dy.clone(), byVariable.transpose([1, 2, 0])];
        },
      };
    })(chosen, input.choice) as tf.Tensor2D;
  }
}

/** Applies one rule's layers with ReLU between them, [R, in] to [R, out]. */
function applyRule(rows: tf.Tensor2D, layers: readonly LinearWeights[]): tf.Tensor2D {
  const last = layers.length - 1;
  return layers.reduce<tf.Tensor>(
    (value, layer, k) => linear(value, layer, { activation: k < last ? "relu" : "linear" }),
    rows,
  ) as tf.Tensor2D;
}
