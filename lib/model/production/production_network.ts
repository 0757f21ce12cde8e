import * as tf from "@tensorflow/tfjs";
import { applyLinear, type Linear, type ParameterSet } from "../../tensor/mod.ts";
import type { StepInput, StepNetwork, StepOutput } from "../step_network.ts";
import type { Factored, ModelGroups } from "../variable_groups.ts";
import { type Choice, choose, createSelector } from "./choice.ts";
import { createEncoders, encode, type Encoders } from "./encoders.ts";
import { applyRules, createRules, type Rules } from "./rules.ts";

/** Sizes of a {@link ProductionNetwork}. */
export interface ProductionOptions {
  readonly groups: ModelGroups;
  /** G. */
  readonly rules: number;
  /** Width of `r_g`. */
  readonly ruleWidth: number;
  /** S, width of the queries and keys that pick a rule, and S', of those that pick a context. */
  readonly ruleSelectorWidth: number;
  readonly contextSelectorWidth: number;
  /** Widths of an encoder's layers; the last is W. */
  readonly encoderWidths: readonly number[];
  /** Widths of a rule's hidden layers. */
  readonly ruleHidden: readonly number[];
}

/** What choices and rules read; contexts are the action variables, then the state variables. */
export interface Features {
  /** `h_j`, float32 [N, B, W]. */
  readonly own: tf.Tensor3D;
  /** `h_m`, float32 [M + N, B, W]. */
  readonly contexts: tf.Tensor3D;
  /** `(Q_j h_j) · (K_g r_g)`, float32 [N, B, G]. */
  readonly ruleScores: tf.Tensor3D;
  /** `Q'_j h_j`, float32 [N, B, S'], and `K'_m h_m`, float32 [M + N, B, S']. */
  readonly contextQuery: tf.Tensor3D;
  readonly contextKey: tf.Tensor3D;
}

/** What each variable picks in each sample. */
export interface Choices {
  readonly rule: Choice;
  readonly context: Choice;
}

/**
 * A neural production system (Goyal et al. 2021), as the FCDL authors' program has it: each next variable is made by one
 * of G rules from the variable and one context. With `E` an encoder a variable and `r_g` what is learned of rule g,
 *
 *     h_i = E_i(x_i)
 *     g_j = choice among rules g by (Q_j h_j) · (K_g r_g) / √S
 *     m_j = choice among contexts m by (Q'_j h_j) · (K'_m h_m) / √S'
 *
 * and the parameters of the next variable's distribution are `f_gj([h_j, h_m])`, where g = g_j and m = m_j. In training
 * that is `Σ_g [g = g_j] f_gj([h_j, Σ_m [m = m_j] h_m])`, and gradients pass straight through the choices.
 */
export class ProductionNetwork implements StepNetwork {
  readonly parameters: ParameterSet;
  readonly groups: ModelGroups;
  readonly stateEncoders: Encoders;
  readonly actionEncoders: Encoders;
  /** `r_g`, float32 [G, 1, width]. */
  readonly embedding: tf.Variable<tf.Rank.R3>;
  /** `K_g`, `Q_j`, `K'_m` and `Q'_j`. */
  readonly ruleKey: Linear<tf.Rank.R3>;
  readonly ruleQuery: Linear<tf.Rank.R3>;
  readonly contextKey: Linear<tf.Rank.R3>;
  readonly contextQuery: Linear<tf.Rank.R3>;
  /** `f`. */
  readonly rules: Rules;

  /** @param parameters Takes over the layers. */
  constructor(parameters: ParameterSet, options: ProductionOptions) {
    const { groups, rules, ruleWidth, encoderWidths: widths, ruleHidden } = options;
    const { stateCount, actionCount } = groups;
    const inputs = widths.at(-1)!;
    this.parameters = parameters;
    this.groups = groups;
    const encoders = (kind: "state" | "action") =>
      createEncoders(parameters, {
        name: `encoder.${kind}`,
        groups: groups[kind],
        widths,
        isSingle: kind === "action",
      });
    this.stateEncoders = encoders("state");
    this.actionEncoders = encoders("action");
    this.embedding = parameters.parameter("rule.embedding", { shape: [rules, 1, ruleWidth], init: { kind: "normal" } });
    const rule = { outputs: options.ruleSelectorWidth };
    this.ruleKey = createSelector(parameters, { name: "rule.key", stack: rules, inputs: ruleWidth, ...rule });
    this.ruleQuery = createSelector(parameters, { name: "rule.query", stack: stateCount, inputs, ...rule });
    const context = { inputs, outputs: options.contextSelectorWidth };
    this.contextKey = createSelector(parameters, { name: "context.key", stack: actionCount + stateCount, ...context });
    this.contextQuery = createSelector(parameters, { name: "context.query", stack: stateCount, ...context });
    this.rules = createRules(parameters, { groups, rules, inputs: 2 * inputs, hidden: ruleHidden });
  }

  step({ state, action, noise }: StepInput): StepOutput {
    const features = this.features(state, action);
    const choices = this.choices(features, noise);
    const trace = { rule: choices.rule.oneHot, context: choices.context.oneHot };
    const h = tf.concat([features.own, bySample(tf.matMul(choices.context.oneHot, bySample(features.contexts)))], 2);
    return { heads: applyRules(h, { groups: this.groups, rules: this.rules, choice: choices.rule.oneHot }), trace };
  }

  /** What choices and rules read; call inside `tf.tidy`. */
  features(state: Factored, action: Factored): Features {
    const own = encode(state, this.stateEncoders);
    const contexts = tf.concat([encode(action, this.actionEncoders), own], 0);
    const [count, batch] = own.shape;
    const queries = applyLinear(own, this.ruleQuery).reshape<tf.Tensor2D>([count * batch, -1]);
    return {
      own,
      contexts,
      ruleScores: tf.matMul(queries, this.ruleKeys()).reshape([count, batch, -1]),
      contextQuery: applyLinear(own, this.contextQuery),
      contextKey: applyLinear(contexts, this.contextKey),
    };
  }

  /** `K_g r_g` of all rules, float32 [S, G]; call inside `tf.tidy`. */
  ruleKeys(): tf.Tensor2D {
    return applyLinear(this.embedding, this.ruleKey).squeeze<tf.Tensor2D>([1]).transpose();
  }

  /** `g_j` and `m_j`; call inside `tf.tidy`. */
  choices({ ruleScores, contextQuery, contextKey }: Features, noise: StepInput["noise"]): Choices {
    const rule = choose(bySample(ruleScores), { width: this.ruleQuery.weight.shape[2]!, noise });
    const products: tf.Tensor3D = tf.matMul(bySample(contextQuery), bySample(contextKey), false, true);
    return { rule, context: choose(products, { width: contextQuery.shape[2], noise }) };
  }
}

/** float32 [n, B, W] as [B, n, W], or back. */
export function bySample(stacked: tf.Tensor3D): tf.Tensor3D {
  return stacked.transpose([1, 0, 2]);
}
