import * as tf from "@tensorflow/tfjs";
import { maxOf } from "../../../core/extremes.ts";
import {
  applyToTable,
  type CategoryTable,
  identityTable,
  joinOneHots,
  joinTables,
  type Linear,
  type LinearWeights,
  lookUp,
} from "../../../tensor/mod.ts";
import { activationOf, type Encoders } from "../../production/encoders.ts";
import type { Features, ProductionNetwork } from "../../production/production_network.ts";
import type { Factored, VariableGroup } from "../../variable_groups.ts";

/** What choices and rules read of single variables, by category. */
export interface FeatureTables {
  readonly own: CategoryTable;
  readonly ruleScores: CategoryTable;
  readonly contextQuery: CategoryTable;
  readonly ownKey: CategoryTable;
  readonly action: CategoryTable;
  readonly actionKey: CategoryTable;
}

/** Most numbers that the Jacobian of a feature may take, over all variables. */
const LARGEST_JACOBIAN = 1 << 22;

/** Whether a network's variables can have tables: all are categorical, and Jacobians are not too large. */
export function canBeTables({ groups, stateEncoders, ruleQuery, contextQuery }: ProductionNetwork): boolean {
  const most = maxOf(groups.state.map((group) => group.width));
  const layers = [...stateEncoders.first, ...stateEncoders.further, ruleQuery, contextQuery];
  const widest = maxOf(layers.map(({ weight }) => weight.shape[2]!));
  return [...groups.state, ...groups.action].every((group) => group.kind === "categorical") &&
    groups.stateCount * most ** 2 * widest <= LARGEST_JACOBIAN;
}

/** Tables of the weights as they are, on the tape in an update; call inside `tf.tidy`. */
export function featureTables(network: ProductionNetwork, options: { readonly withJacobian: boolean }): FeatureTables {
  const { groups, ruleQuery, contextQuery, contextKey } = network;
  const own = encoderTable(network.stateEncoders, { groups: groups.state, ...options });
  const action = encoderTable(network.actionEncoders, { groups: groups.action, withJacobian: false });
  const keyOf = layersOf(contextKey, groups.actionCount);
  return {
    own,
    action,
    ruleScores: applyToTable(applyToTable(own, ruleQuery), { weight: network.ruleKeys(), bias: null }),
    contextQuery: applyToTable(own, contextQuery),
    ownKey: applyToTable(own, keyOf.rest),
    actionKey: applyToTable(action, keyOf.first),
  };
}

/** Features of exact one-hots; call inside `tf.tidy`. */
export function featuresOfOneHots(state: Factored, action: Factored, tables: FeatureTables): Features {
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

/** The same tables without Jacobians, where no gradient needs to reach the state. */
export function withoutJacobian(tables: FeatureTables): FeatureTables {
  const { own, ruleScores, contextQuery, ownKey } = tables;
  const plain = (table: CategoryTable) => ({ ...table, jacobian: null });
  return {
    ...tables,
    own: plain(own),
    ruleScores: plain(ruleScores),
    contextQuery: plain(contextQuery),
    ownKey: plain(ownKey),
  };
}

function encoderTable(
  encoders: Encoders,
  { groups, withJacobian }: { readonly groups: readonly VariableGroup[]; readonly withJacobian: boolean },
): CategoryTable {
  const first = groups.map(({ count, width }, r) =>
    applyToTable(identityTable({ count, categories: width, withJacobian }), encoders.first[r]!, {
      activation: activationOf(encoders, 0),
    })
  );
  return encoders.further.reduce(
    (hidden, layer, k) => applyToTable(hidden, layer, { activation: activationOf(encoders, k + 1) }),
    joinTables(first),
  );
}

/** A stack's first layers and the rest. */
function layersOf({ weight, bias }: Linear, count: number): { first: LinearWeights; rest: LinearWeights } {
  const stack = weight.shape[0]!;
  const cut = (tensor: tf.Tensor) => tf.split(tensor, [count, stack - count], 0) as [tf.Tensor, tf.Tensor];
  const [firstWeight, restWeight] = cut(weight);
  const [firstBias, restBias] = cut(bias!);
  return { first: { weight: firstWeight, bias: firstBias }, rest: { weight: restWeight, bias: restBias } };
}
