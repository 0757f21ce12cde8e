import * as tf from "@tensorflow/tfjs";
import { maxOf } from "../../core/extremes.ts";
import {
  applyLinear,
  applyToTable,
  type CategoryTable,
  joinOneHots,
  type Linear,
  type LinearWeights,
  lookUp,
  type ParameterSet,
} from "../../tensor/mod.ts";
import type { Factored, ModelGroups } from "../variable_groups.ts";
import { VariableEncoders } from "./encoders.ts";

/** Sizes of {@link VariableFeatures}. */
export interface FeatureOptions {
  readonly groups: ModelGroups;
  /** G. */
  readonly rules: number;
  readonly ruleWidth: number;
  readonly ruleSelectorWidth: number;
  readonly contextSelectorWidth: number;
  readonly encoderWidths: readonly number[];
}

/** What choices and rules read of the variables; contexts are the action variables, then the state variables. */
export interface Features {
  /** float32 [N, B, W]. */
  readonly own: tf.Tensor3D;
  /** float32 [M + N, B, W]. */
  readonly contexts: tf.Tensor3D;
  /** Scores of the rules before they are scaled, float32 [N, B, G]. */
  readonly ruleScores: tf.Tensor3D;
  /** float32 [N, B, S]. */
  readonly contextQuery: tf.Tensor3D;
  /** float32 [M + N, B, S]. */
  readonly contextKey: tf.Tensor3D;
}

/** The same by category; each is a function of one variable. */
export interface FeatureTables {
  readonly own: CategoryTable;
  readonly ruleScores: CategoryTable;
  readonly contextQuery: CategoryTable;
  readonly ownKey: CategoryTable;
  readonly action: CategoryTable;
  readonly actionKey: CategoryTable;
}

/** Most numbers that the slopes of a feature may take, over all variables. */
const LARGEST_SLOPES = 1 << 22;

/** Everything that is computed of single variables: encoders, the rules' scores, queries and keys of the contexts. */
export class VariableFeatures {
  /** Width of the rules' queries and keys. */
  readonly ruleSelectorWidth: number;
  readonly #actionCount: number;
  readonly #encodeState: VariableEncoders;
  readonly #encodeAction: VariableEncoders;
  /** float32 [G, 1, embedding width]. */
  readonly #embedding: tf.Variable;
  readonly #ruleKey: Linear;
  readonly #ruleQuery: Linear;
  readonly #contextKey: Linear;
  readonly #contextQuery: Linear;

  constructor(parameters: ParameterSet, options: FeatureOptions) {
    const { groups, rules, ruleWidth, encoderWidths: widths } = options;
    const inputs = widths.at(-1)!;
    const stack = groups.stateCount;
    const contexts = groups.actionCount + groups.stateCount;
    this.ruleSelectorWidth = options.ruleSelectorWidth;
    this.#actionCount = groups.actionCount;
    this.#encodeState = new VariableEncoders(parameters, {
      name: "encoder.state",
      groups: groups.state,
      widths,
      isSingle: false,
    });
    this.#encodeAction = new VariableEncoders(parameters, {
      name: "encoder.action",
      groups: groups.action,
      widths,
      isSingle: true,
    });
    this.#embedding = parameters.parameter("rule.embedding", {
      shape: [rules, 1, ruleWidth],
      init: { kind: "normal" },
    });
    const rule = { outputs: options.ruleSelectorWidth };
    this.#ruleKey = createSelector(parameters, { name: "rule.key", stack: rules, inputs: ruleWidth, ...rule });
    this.#ruleQuery = createSelector(parameters, { name: "rule.query", stack, inputs, ...rule });
    const context = { inputs, outputs: options.contextSelectorWidth };
    this.#contextKey = createSelector(parameters, { name: "context.key", stack: contexts, ...context });
    this.#contextQuery = createSelector(parameters, { name: "context.query", stack, ...context });
  }

  /** Whether these variables can have tables: all are categorical, and slopes are not too large. */
  static canBeTables({ groups, encoderWidths, ruleSelectorWidth, contextSelectorWidth }: FeatureOptions): boolean {
    const most = maxOf(groups.state.map((group) => group.width));
    const widest = Math.max(maxOf(encoderWidths), ruleSelectorWidth, contextSelectorWidth);
    return [...groups.state, ...groups.action].every((group) => group.kind === "categorical") &&
      groups.stateCount * most ** 2 * widest <= LARGEST_SLOPES;
  }

  /** Features of any state and action, sample by sample; call inside `tf.tidy`. */
  ofSamples(state: Factored, action: Factored): Features {
    const own = this.#encodeState.apply(state);
    const contexts = tf.concat([this.#encodeAction.apply(action), own], 0);
    const [count, batch] = own.shape;
    const queries = applyLinear(own, this.#ruleQuery);
    return {
      own,
      contexts,
      ruleScores: tf.matMul(queries.reshape<tf.Tensor2D>([count * batch, -1]), this.#ruleKeys())
        .reshape([count, batch, -1]),
      contextQuery: applyLinear(own, this.#contextQuery) as tf.Tensor3D,
      contextKey: applyLinear(contexts, this.#contextKey) as tf.Tensor3D,
    };
  }

  /** Features of the weights as they are by category, on the tape in an update; call inside `tf.tidy`. */
  tables(options: { withSlopes: boolean }): FeatureTables {
    const own = this.#encodeState.table(options);
    const action = this.#encodeAction.table({ withSlopes: false });
    const keyOf = layersOf(this.#contextKey, this.#actionCount);
    return {
      own,
      action,
      ruleScores: applyToTable(applyToTable(own, this.#ruleQuery), { weight: this.#ruleKeys(), bias: null }),
      contextQuery: applyToTable(own, this.#contextQuery),
      ownKey: applyToTable(own, keyOf.rest),
      actionKey: applyToTable(action, keyOf.first),
    };
  }

  /** Features of exact one-hots; call inside `tf.tidy`. */
  ofOneHots(state: Factored, action: Factored, tables: FeatureTables): Features {
    const states = joinOneHots(state);
    const actions = joinOneHots(action);
    const own = lookUp(states, tables.own);
    return {
      own,
      contexts: tf.concat([lookUp(actions, tables.action), own], 0),
      ruleScores: lookUp(states, tables.ruleScores),
      contextQuery: lookUp(states, tables.contextQuery),
      contextKey: tf.concat([lookUp(actions, tables.actionKey), lookUp(states, tables.ownKey)], 0),
    };
  }

  /** Keys of the rules, float32 [S, G]. */
  #ruleKeys(): tf.Tensor2D {
    return applyLinear(this.#embedding, this.#ruleKey).squeeze<tf.Tensor2D>([1]).transpose();
  }
}

/** The same tables without the slopes, where no gradient needs to reach the state. */
export function withoutSlopes(tables: FeatureTables): FeatureTables {
  const { own, ruleScores, contextQuery, ownKey } = tables;
  const plain = (table: CategoryTable) => ({ ...table, slopes: null });
  return {
    ...tables,
    own: plain(own),
    ruleScores: plain(ruleScores),
    contextQuery: plain(contextQuery),
    ownKey: plain(ownKey),
  };
}

/** A stack's first layers and the rest. */
function layersOf({ weight, bias }: Linear, count: number): { first: LinearWeights; rest: LinearWeights } {
  const stack = weight.shape[0]!;
  const cut = (tensor: tf.Tensor) => tf.split(tensor, [count, stack - count], 0) as [tf.Tensor, tf.Tensor];
  const [firstWeight, restWeight] = cut(weight);
  const [firstBias, restBias] = cut(bias!);
  return { first: { weight: firstWeight, bias: firstBias }, rest: { weight: restWeight, bias: restBias } };
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
