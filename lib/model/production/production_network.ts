import * as tf from "@tensorflow/tfjs";
import type { ParameterSet } from "../../tensor/mod.ts";
import { HeadCache, readsAtOnce, type TargetRows } from "../fast/head_cache.ts";
import type { Acceleration, InputFacts } from "../fast/acceleration.ts";
import type { StepInput, StepNetwork, StepOutput } from "../rollout_model.ts";
import { type Factored, headWidth, type ModelGroups } from "../variable_groups.ts";
import { type Choice, choose, openChoices } from "./choice.ts";
import { chosenRules, type KnownRules } from "./chosen_rules.ts";
import { type FeatureOptions, type Features, type FeatureTables, VariableFeatures, withoutSlopes } from "./features.ts";
import { KnownRows, rowKeys } from "./known_rows.ts";
import { RuleNetworks, type RuleRows } from "./rules.ts";

/** Sizes of a {@link ProductionNetwork}. */
export interface ProductionOptions extends FeatureOptions {
  readonly ruleHidden: readonly number[];
  /**
   * Whether what depends on single variables or pairs is computed once for each distinct one and rules only where they
   * are chosen, or all of it for every row.
   */
  readonly firstLayers: "tables" | "dense";
}

/** What each variable picks. */
interface Choices {
  readonly rule: Choice;
  /** Action variables first, then state variables. */
  readonly context: Choice;
}

/**
 * A production system: each variable picks one of G rules and one context, an action or state variable, by hard
 * attention; the rule maps [variable, context] to the variable's next distribution.
 */
export class ProductionNetwork implements StepNetwork {
  readonly parameters: ParameterSet;
  readonly #groups: ModelGroups;
  readonly #features: VariableFeatures;
  readonly #rules: RuleNetworks;
  readonly #isPlain: boolean;
  readonly #hasTables: boolean;
  /** What the rollout under way knows, on its tape. */
  #training: { readonly tables: FeatureTables; readonly rules: KnownRules } | null = null;
  /** Tables of the weights as they are, kept for many evaluations. */
  #evaluationTables: FeatureTables | null = null;
  #version = 0;
  /** A variable's prediction depends on itself and its context alone. */
  readonly #known: HeadCache | null;
  /** float32 [N, N]: each variable itself. */
  readonly #isSelf: tf.Tensor2D;

  constructor(parameters: ParameterSet, options: ProductionOptions) {
    const { groups, rules, ruleHidden, encoderWidths, firstLayers } = options;
    this.parameters = parameters;
    this.#groups = groups;
    this.#features = new VariableFeatures(parameters, options);
    this.#rules = new RuleNetworks(parameters, {
      groups,
      rules,
      inputs: 2 * encoderWidths.at(-1)!,
      hidden: ruleHidden,
    });
    this.#isPlain = firstLayers === "dense";
    this.#hasTables = !this.#isPlain && VariableFeatures.canBeTables(options);
    this.#known = this.#hasTables && HeadCache.serves(groups)
      ? new HeadCache(groups, { labelWidth: 0, weights: parameters })
      : null;
    this.#isSelf = parameters.constant(tf.eye(groups.stateCount));
  }

  /** This network's own shortcuts. */
  acceleration(): Acceleration {
    return {
      beginRollout: () => this.#beginRollout(),
      step: (input, facts) => this.#step({ ...input, ...facts }),
      predictionCache: this.#known,
      dispose: () => this.#forget(),
    };
  }

  #beginRollout(): void {
    this.#training = this.#hasTables
      ? {
        tables: this.#features.tables({ withSlopes: true }),
        rules: { chosen: new KnownRows(), every: new KnownRows() },
      }
      : null;
  }

  #forget(): void {
    tf.dispose(this.#evaluationTables as unknown as tf.TensorContainer);
    this.#evaluationTables = null;
  }

  step(input: StepInput): StepOutput {
    return this.#step({ ...input, isOneHot: false, learnsInput: true });
  }

  #step(input: StepInput & InputFacts): StepOutput {
    const { noise } = input;
    const features = this.#featuresOf(input);
    const rule = choose(byRow(features.ruleScores), { width: this.#features.ruleSelectorWidth, noise });
    const contextScores = tf.matMul(
      byRow(features.contextQuery),
      byRow(features.contextKey),
      false,
      true,
    ) as tf.Tensor3D;
    const context = choose(contextScores, { width: features.contextQuery.shape[2], noise });
    const choices = { rule, context };
    const trace = { rule: rule.oneHot, context: context.oneHot };
    if (noise === null && input.isOneHot && this.#known && readsAtOnce()) {
      const mask = this.#parents(context.oneHot);
      const heads = this.#known.heads(
        { ...input, mask, label: null },
        (wanted) => this.#headsOfTargets(features, choices, wanted),
      );
      return { heads, trace };
    }
    return { heads: this.#heads(features, choices, input), trace };
  }

  #featuresOf({ state, action, noise, isOneHot, learnsInput }: StepInput & InputFacts): Features {
    if (!this.#hasTables || !isOneHot) return this.#features.ofSamples(state, action);
    if (noise === null) return this.#features.ofOneHots(state, action, this.#keptTables());
    if (!this.#training) {
      throw new RangeError("Cannot take a training step: expected beginRollout() before it, got none");
    }
    const { tables } = this.#training;
    return this.#features.ofOneHots(state, action, learnsInput ? tables : withoutSlopes(tables));
  }

  #keptTables(): FeatureTables {
    if (this.#evaluationTables && this.#version === this.parameters.version) return this.#evaluationTables;
    this.#forget();
    this.#version = this.parameters.version;
    const tables = this.#features.tables({ withSlopes: false });
    for (const { values } of Object.values(tables)) tf.keep(values);
    this.#evaluationTables = tables;
    return tables;
  }

  /** Heads of all variables, a tensor a group. */
  #heads(
    { own, contexts }: Features,
    { rule, context }: Choices,
    step: StepInput & InputFacts,
  ): Factored {
    const [batch, count] = rule.oneHot.shape;
    const pairs = tf.concat([byRow(own), tf.matMul(context.oneHot, byRow(contexts))], 2);
    const input = pairs.reshape<tf.Tensor2D>([batch * count, -1]);
    const variable = tf.tensor1d(Array.from({ length: batch * count }, (_, row) => row % count), "int32");
    const rows: RuleRows = { input, variable };
    const parameters = this.#chosenRules(rows, { rule, context }, step);
    const byVariable = byRow(parameters.reshape([batch, count, -1]));
    return this.#groups.state.map((group) =>
      byVariable.slice([group.start, 0, 0], [group.count, batch, headWidth(group)]) as tf.Tensor3D
    );
  }

  #chosenRules(rows: RuleRows, { rule, context }: Choices, step: StepInput & InputFacts): tf.Tensor2D {
    const choice = rule.oneHot.reshape<tf.Tensor2D>([rows.input.shape[0], -1]);
    if (this.#isPlain) return this.#rules.weightedSum(rows, choice);
    if (step.noise === null) return this.#rules.chosen(rows, choice.argMax(-1).dataSync());
    const known = this.#training && step.isOneHot
      ? { keys: rowKeys(step, { rule: rule.oneHot, context: context.oneHot }), rules: this.#training.rules }
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
    return this.#groups.state.map((group) => {
      const size = counts.slice(group.start, group.start + group.count).reduce((sum, count) => sum + count, 0);
      row += size;
      return outputs.slice([row - size, 0], [size, headWidth(group)]);
    });
  }

  /** What each prediction depends on: the variable itself and its context; float32 [B, N, N + M]. */
  #parents(context: tf.Tensor3D): tf.Tensor3D {
    const { actionCount, stateCount } = this.#groups;
    const [actions, states] = tf.split(context, [actionCount, stateCount], 2) as [tf.Tensor3D, tf.Tensor3D];
    return tf.concat([states.maximum(this.#isSelf), actions], 2);
  }
}

/** float32 [n, B, W] as [B, n, W], or back. */
function byRow(stacked: tf.Tensor): tf.Tensor3D {
  return stacked.transpose([1, 0, 2]);
}
