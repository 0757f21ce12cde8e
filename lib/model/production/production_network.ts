import * as tf from "@tensorflow/tfjs";
import type { NoiseSource } from "../../tensor/noise.ts";
import { applyLinear, type Linear } from "../../tensor/layers.ts";
import type { ParameterSet } from "../../tensor/parameters.ts";
import { argmaxOneHot, hardGumbelSoftmax } from "../../tensor/ops/hard_samples.ts";
import type { StepInput, StepNetwork, StepOutput } from "../rollout_model.ts";
import type { ModelRuns } from "../variable_runs.ts";
import { VariableEncoders } from "./encoders.ts";
import { RuleNetworks } from "./rules.ts";

/** Sizes of a {@link ProductionNetwork}. */
export interface ProductionOptions {
  readonly runs: ModelRuns;
  /** G. */
  readonly rules: number;
  readonly ruleWidth: number;
  readonly ruleSelectorWidth: number;
  readonly contextSelectorWidth: number;
  readonly encoderWidths: readonly number[];
  readonly ruleHidden: readonly number[];
}

/**
 * A production system: each variable picks one of G rules and one context, an action or state variable, by hard
 * attention; the rule maps [variable, context] to the variable's next distribution.
 */
export class ProductionNetwork implements StepNetwork {
  readonly parameters: ParameterSet;
  readonly #encodeState: VariableEncoders;
  readonly #encodeAction: VariableEncoders;
  /** float32 [G, 1, embedding width]. */
  readonly #embedding: tf.Variable;
  readonly #ruleKey: Linear;
  readonly #ruleQuery: Linear;
  /** Keys of the contexts: action variables first, then state variables. */
  readonly #contextKey: Linear;
  readonly #contextQuery: Linear;
  readonly #rules: RuleNetworks;

  constructor(parameters: ParameterSet, options: ProductionOptions) {
    const { runs, rules, ruleWidth, ruleSelectorWidth, contextSelectorWidth, encoderWidths } = options;
    const width = encoderWidths.at(-1)!;
    const contexts = runs.actionCount + runs.stateCount;
    this.parameters = parameters;
    const encoders = { widths: encoderWidths };
    this.#encodeState = new VariableEncoders(parameters, {
      ...encoders,
      name: "encoder.state",
      runs: runs.state,
      isSingle: false,
    });
    this.#encodeAction = new VariableEncoders(parameters, {
      ...encoders,
      name: "encoder.action",
      runs: runs.action,
      isSingle: true,
    });
    this.#embedding = parameters.parameter("rule.embedding", {
      shape: [rules, 1, ruleWidth],
      init: { kind: "normal" },
    });
    const rule = { outputs: ruleSelectorWidth };
    this.#ruleKey = createSelector(parameters, { name: "rule.key", stack: rules, inputs: ruleWidth, ...rule });
    this.#ruleQuery = createSelector(parameters, {
      name: "rule.query",
      stack: runs.stateCount,
      inputs: width,
      ...rule,
    });
    const context = { inputs: width, outputs: contextSelectorWidth };
    this.#contextKey = createSelector(parameters, { name: "context.key", stack: contexts, ...context });
    this.#contextQuery = createSelector(parameters, { name: "context.query", stack: runs.stateCount, ...context });
    this.#rules = new RuleNetworks(parameters, { runs, rules, inputs: 2 * width, hidden: options.ruleHidden });
  }

  step({ state, action, noise }: StepInput): StepOutput {
    const own = this.#encodeState.apply(state);
    const contexts = tf.concat([this.#encodeAction.apply(action), own], 0);
    const ruleKeys = applyLinear(this.#embedding, this.#ruleKey).squeeze<tf.Tensor2D>([1]);
    const rule = select(byRow(applyLinear(own, this.#ruleQuery)), ruleKeys, noise);
    const contextKeys = byRow(applyLinear(contexts, this.#contextKey));
    const context = select(byRow(applyLinear(own, this.#contextQuery)), contextKeys, noise);
    const input = tf.concat([byRow(own), tf.matMul(context, byRow(contexts))], 2) as tf.Tensor3D;
    return { heads: this.#rules.apply(input, rule, { training: noise !== null }), trace: { rule, context } };
  }
}

/** float32 [n, B, W] as [B, n, W]. */
function byRow(stacked: tf.Tensor): tf.Tensor3D {
  return stacked.transpose([1, 0, 2]);
}

/**
 * Scaled dot-product attention that takes one key: a hard straight-through sample in training, the largest else.
 *
 * @param queries float32 [B, N, S].
 * @param keys float32 [B, K, S], or [K, S] for all rows.
 * @returns One-hots, float32 [B, N, K].
 */
function select(queries: tf.Tensor3D, keys: tf.Tensor3D | tf.Tensor2D, noise: NoiseSource | null): tf.Tensor3D {
  const [batch, count, width] = queries.shape;
  const scores = keys.rank === 2
    ? tf.matMul(queries.reshape([batch * count, width]), keys, false, true).reshape([batch, count, -1])
    : tf.matMul(queries, keys, false, true);
  const logits = scores.div(Math.sqrt(width));
  return (noise ? hardGumbelSoftmax(logits, noise.gumbel(logits.shape)) : argmaxOneHot(logits)) as tf.Tensor3D;
}

/** A stack of layers that make keys or queries; the published program starts them uniform in ±√width, biases 0. */
function createSelector(
  parameters: ParameterSet,
  options: { name: string; stack: number; inputs: number; outputs: number },
): Linear {
  const { name, stack, inputs, outputs } = options;
  return {
    weight: parameters.parameter(`${name}.weight`, {
      shape: [stack, inputs, outputs],
      init: { kind: "uniform", bound: Math.sqrt(outputs) },
    }),
    bias: parameters.parameter(`${name}.bias`, { shape: [stack, 1, outputs], init: { kind: "constant", value: 0 } }),
  };
}
