import * as tf from "@tensorflow/tfjs";
import { createStackedLinear, type Linear, stackedInit } from "../../tensor/layers.ts";
import { linear } from "../../tensor/ops/linear.ts";
import type { ParameterSet } from "../../tensor/parameters.ts";
import { applyGroupLinear, fromSlots, groupRows, toSlots } from "../../tensor/row_groups.ts";
import { type Factored, headRuns, headWidth, type ModelRuns, splitRuns, type VariableRun } from "../variable_runs.ts";

/** A stack of G layers as tensors: weights [G, in, out], biases [G, 1, out]. */
interface Stack {
  readonly weight: tf.Tensor;
  readonly bias: tf.Tensor;
}

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
    const groups = groupRows(choice.argMax(-1).dataSync(), { groupCount: this.#ruleCount });
    const { hidden, head } = this.#stacks();
    let slots = toSlots(rows, groups);
    for (const layer of hidden) slots = applyGroupLinear(slots, layer, { groups, activation: "relu" });
    const output = applyGroupLinear(slots, head, { groups, activation: "linear" });
    const chosen = this.#own(fromSlots(output, groups), batch);
    return splitRuns(options.training ? this.#withChoiceGradient(chosen, { rows, choice }) : chosen, this.#outputs);
  }

  #stacks(): { hidden: Stack[]; head: Stack } {
    const stack = ({ weight, bias }: Linear): Stack => ({ weight, bias: bias! });
    const heads = this.#heads.map(stack);
    const head = heads.length === 1 ? heads[0]! : {
      weight: tf.concat(heads.map(({ weight }) => weight), 2),
      bias: tf.concat(heads.map(({ bias }) => bias), 2),
    };
    return { hidden: this.#hidden.map(stack), head };
  }

  /** Each variable's own columns of its row, [B·N, O] to [B, O]. */
  #own(outputs: tf.Tensor2D, batch: number): tf.Tensor2D {
    return outputs.reshape([batch, -1, outputs.shape[1]]).mul(this.#isOwn).sum(1);
  }

  /**
   * The same value with a gradient to `choice`. That needs every rule's output, but no gradient through the rules
   * that were not chosen, as these are multiplied by 0.
   */
  #withChoiceGradient(chosen: tf.Tensor2D, input: { rows: tf.Tensor2D; choice: tf.Tensor3D }): tf.Tensor2D {
    const [batch, count, rules] = input.choice.shape;
    const width = chosen.shape[1];
    return tf.customGrad((...inputs) => {
      const [value, , save] = inputs as unknown as [tf.Tensor2D, tf.Tensor3D, tf.GradSaveFunc];
      save([this.#allOutputs(input.rows, batch)]);
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

  /** Outputs of all rules, float32 [G, B, O]; rule by rule, which stays in the cache. */
  #allOutputs(rows: tf.Tensor2D, batch: number): tf.Tensor3D {
    const { hidden, head } = this.#stacks();
    return tf.stack(
      Array.from({ length: this.#ruleCount }, (_, rule) =>
        tf.tidy(() => {
          const last = hidden.reduce<tf.Tensor>(
            (value, layer) => linear(value, layerOf(layer, rule), { activation: "relu" }),
            rows,
          );
          return this.#own(linear(last, layerOf(head, rule)) as tf.Tensor2D, batch);
        })),
    ) as tf.Tensor3D;
  }
}

/** One rule's layer of a stack: weight [in, out] and bias [out]. */
function layerOf({ weight, bias }: Stack, rule: number): { weight: tf.Tensor2D; bias: tf.Tensor1D } {
  const [, inputs, outputs] = weight.shape as [number, number, number];
  return {
    weight: weight.slice([rule, 0, 0], [1, inputs, outputs]).reshape([inputs, outputs]),
    bias: bias.slice([rule, 0, 0], [1, 1, outputs]).reshape([outputs]),
  };
}
