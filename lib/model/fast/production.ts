import * as tf from "@tensorflow/tfjs";
import { HeadCache, readsAtOnce, type TargetRows } from "./head_cache.ts";
import { bySample, type Choices, type Features, type ProductionNetwork } from "../production/production_network.ts";
import type { StepInput, StepOutput } from "../step_network.ts";
import { type Factored, headWidth } from "../variable_groups.ts";
import type { Accelerate, Acceleration, InputFacts } from "./acceleration.ts";
import { Derived } from "./derived.ts";
import { chosenRules, type RuleCaches } from "./production/chosen_rules.ts";
import {
  canBeTables,
  featuresOfOneHots,
  type FeatureTables,
  featureTables,
  withoutJacobian,
} from "./production/feature_tables.ts";
import { RowCache, rowKeys } from "./production/row_cache.ts";
import { openChoices } from "./production/open_choices.ts";
import { RowRules, type RuleRows } from "./production/row_rules.ts";

/**
 * A production system whose rules are computed only where they are chosen, on exact one-hots once for each distinct row,
 * and what depends on single variables once a category.
 */
export const fastProduction: Accelerate<ProductionNetwork> = (network) => new FastProduction(network);

class FastProduction implements Acceleration {
  readonly #network: ProductionNetwork;
  readonly #rules: RowRules;
  readonly #hasTables: boolean;
  /** A variable's prediction depends on itself and its context alone. */
  readonly predictionCache: HeadCache | null;
  /** What the rollout under way knows, on its tape. */
  #inTraining: { readonly tables: FeatureTables; readonly known: RuleCaches } | null = null;
  readonly #inEvaluation: Derived<FeatureTables>;
  /** float32 [N, N]: each variable itself. */
  readonly #isSelf: tf.Tensor2D;

  constructor(network: ProductionNetwork) {
    const { groups, parameters } = network;
    this.#network = network;
    this.#rules = new RowRules(network);
    this.#hasTables = canBeTables(network);
    this.predictionCache = this.#hasTables && HeadCache.serves(groups)
      ? new HeadCache(groups, { labelWidth: 0, weights: parameters })
      : null;
    this.#inEvaluation = new Derived(parameters, {
      make: () => featureTables(network, { withJacobian: false }),
      tensorsOf: (tables) => Object.values(tables).map(({ values }) => values),
    });
    this.#isSelf = parameters.constant(tf.eye(groups.stateCount));
  }

  beginRollout(): void {
    this.#inTraining = this.#hasTables
      ? {
        tables: featureTables(this.#network, { withJacobian: true }),
        known: { chosen: new RowCache(), every: new RowCache() },
      }
      : null;
  }

  dispose(): void {
    this.#inEvaluation.dispose();
  }

  step(input: StepInput, facts: InputFacts): StepOutput {
    const features = this.#features(input, facts);
    const choices = this.#network.choices(features, input.noise);
    const trace = { rule: choices.rule.oneHot, context: choices.context.oneHot };
    if (input.noise === null && facts.isOneHot && this.predictionCache && readsAtOnce()) {
      const mask = this.#parents(choices.context.oneHot);
      const heads = this.predictionCache.heads(
        { ...input, mask, label: null, categories: facts.categories ?? null },
        (wanted) => this.#headsOfTargets(features, choices, wanted),
      );
      return { heads, trace };
    }
    return { heads: this.#heads(features, choices, { input, facts }), trace };
  }

  #features({ state, action, noise }: StepInput, { isOneHot, learnsInput }: InputFacts): Features {
    if (!this.#hasTables || !isOneHot) return this.#network.features(state, action);
    if (noise === null) return featuresOfOneHots(state, action, this.#inEvaluation.value);
    const { tables } = this.#inTraining!;
    return featuresOfOneHots(state, action, learnsInput ? tables : withoutJacobian(tables));
  }

  /** Heads of all variables, a tensor a group. */
  #heads(
    { own, contexts }: Features,
    { rule, context }: Choices,
    step: { readonly input: StepInput; readonly facts: InputFacts },
  ): Factored {
    const [batch, count] = rule.oneHot.shape;
    const pairs = tf.concat([bySample(own), tf.matMul(context.oneHot, bySample(contexts))], 2);
    const input = pairs.reshape<tf.Tensor2D>([batch * count, -1]);
    const variable = tf.tensor1d(Array.from({ length: batch * count }, (_, row) => row % count), "int32");
    const parameters = this.#chosenRules({ input, variable }, { rule, context }, step);
    const byVariable = bySample(parameters.reshape([batch, count, -1]));
    return this.#network.groups.state.map((group) =>
      byVariable.slice([group.start, 0, 0], [group.count, batch, headWidth(group)])
    );
  }

  #chosenRules(
    rows: RuleRows,
    { rule, context }: Choices,
    { input, facts }: { readonly input: StepInput; readonly facts: InputFacts },
  ): tf.Tensor2D {
    const choice = rule.oneHot.reshape<tf.Tensor2D>([rows.input.shape[0], -1]);
    if (input.noise === null) return this.#rules.chosen(rows, choice.argMax(-1).dataSync());
    const known = this.#inTraining && facts.isOneHot
      ? { keys: rowKeys(input, { rule: rule.oneHot, context: context.oneHot }), rules: this.#inTraining.known }
      : null;
    return chosenRules(this.#rules, rows, { choice, open: openChoices(rule), known });
  }

  /** Heads of some targets' samples in evaluation, a tensor a group. */
  #headsOfTargets(
    { own, contexts }: Features,
    { rule, context }: Choices,
    { rows, counts }: TargetRows,
  ): tf.Tensor2D[] {
    const [count, batch, width] = own.shape;
    const rules = rule.oneHot.argMax(-1).dataSync();
    const chosen = context.oneHot.argMax(-1).dataSync();
    const places = [...rows.dataSync()].map((row) => ({ sample: row % batch, target: Math.floor(row / batch) }));
    const at = (index: (place: { sample: number; target: number }) => number) =>
      tf.tensor1d(places.map(index), "int32");
    const flat = (features: tf.Tensor3D) => features.reshape<tf.Tensor2D>([-1, width]);
    const ofContext = at(({ sample, target }) => chosen[sample * count + target]! * batch + sample);
    const outputs = this.#rules.chosen(
      {
        input: tf.concat([tf.gather(flat(own), rows), tf.gather(flat(contexts), ofContext)], 1),
        variable: at(({ target }) => target),
      },
      places.map(({ sample, target }) => rules[sample * count + target]!),
    );
    let row = 0;
    return this.#network.groups.state.map((group) => {
      const size = counts.slice(group.start, group.start + group.count).reduce((sum, count) => sum + count, 0);
      row += size;
      return outputs.slice([row - size, 0], [size, headWidth(group)]);
    });
  }

  /** What each prediction depends on: the variable itself and its context; float32 [B, N, N + M]. */
  #parents(context: tf.Tensor3D): tf.Tensor3D {
    const { actionCount, stateCount } = this.#network.groups;
    const [actions, states] = tf.split(context, [actionCount, stateCount], 2) as [tf.Tensor3D, tf.Tensor3D];
    return tf.concat([states.maximum(this.#isSelf), actions], 2);
  }
}
