import * as tf from "@tensorflow/tfjs";
import {
  applyLinear,
  createStackedLinear,
  type Linear,
  outputInit,
  type ParameterSet,
  stackedInit,
  withoutSystemBlas,
} from "../../tensor/mod.ts";
import { HeadCache, headsOfRows, readsAtOnce, rowsOfTargets } from "../fast/head_cache.ts";
import type { Acceleration, InputFacts } from "../fast/acceleration.ts";
import type { StepInput, StepNetwork, StepOutput } from "../rollout_model.ts";
import { type Factored, headWidth, type ModelGroups } from "../variable_groups.ts";
import { ConditionalGraph } from "./conditional_graph.ts";
import { PairFeatures, type PairInput, type PairTables } from "./pair_features.ts";

/** Sizes and coefficients of a {@link CdlNetwork}. */
export interface CdlNetworkOptions {
  readonly groups: ModelGroups;
  /** Widths of each pair's feature net. */
  readonly featureWidths: readonly number[];
  /** Widths of each target's predictor. */
  readonly predictorWidths: readonly number[];
  /** Conditional mutual information from which on there is an edge. */
  readonly threshold: number;
  /** τ of its moving average. */
  readonly decay: number;
  readonly firstLayers: "tables" | "dense";
}

/** How a pass reads its input. */
export interface PassOptions {
  /** Whether categorical variables are exact one-hots. */
  readonly isOneHot: boolean;
  readonly training: boolean;
  /** Whether gradients must reach the state. */
  readonly learnsInput: boolean;
}

/** Pair features under a mask, a predictor a target, and the graph that is the mask of evaluation. */
export class CdlNetwork implements StepNetwork {
  readonly parameters: ParameterSet;
  readonly graph: ConditionalGraph;
  readonly #groups: ModelGroups;
  readonly #features: PairFeatures;
  readonly #hidden: readonly Linear[];
  readonly #heads: readonly Linear[];
  readonly #firstLayers: "tables" | "dense";
  /** Predictions of exact one-hots in evaluation; null where they cannot be told apart. */
  readonly #known: HeadCache | null;
  #trainingTables: PairTables | null = null;
  #evaluationTables: PairTables | null = null;
  #version = 0;

  constructor(parameters: ParameterSet, options: CdlNetworkOptions) {
    const { groups, featureWidths, predictorWidths } = options;
    this.parameters = parameters;
    this.#groups = groups;
    this.#firstLayers = options.firstLayers;
    this.#features = new PairFeatures(parameters, { groups, widths: featureWidths });
    const widths = [featureWidths.at(-1)!, ...predictorWidths];
    this.#hidden = predictorWidths.map((outputs, k) =>
      createStackedLinear(parameters, {
        name: `predictor.${k}`,
        stack: groups.stateCount,
        inputs: widths[k]!,
        outputs,
        init: stackedInit({ outputs }),
      })
    );
    this.#heads = groups.state.map((group, r) => {
      const sizes = { inputs: widths.at(-1)!, outputs: headWidth(group) };
      return createStackedLinear(parameters, {
        name: `head.${r}`,
        stack: group.count,
        ...sizes,
        init: outputInit(sizes),
      });
    });
    this.graph = new ConditionalGraph(parameters, { ...groups, ...options });
    this.#known = this.#firstLayers === "tables" && HeadCache.serves(groups)
      ? new HeadCache(groups, { labelWidth: 0, weights: parameters })
      : null;
  }

  /** This network's own shortcuts. */
  acceleration(): Acceleration {
    return {
      beginRollout: () => this.#beginRollout(),
      step: (input, facts) => this.#step(input, facts),
      predictionCache: this.#known,
      dispose: () => this.#forget(),
    };
  }

  #beginRollout(): void {
    if (this.#usesTables) this.#trainingTables = this.#features.tables({ training: true });
  }

  #forget(): void {
    this.#evaluationTables?.table.dispose();
    this.#evaluationTables = null;
  }

  /** One step of the causal pass. */
  step(input: StepInput): StepOutput {
    return this.#step(input, { isOneHot: false, learnsInput: true });
  }

  #step({ state, action, noise }: StepInput, { isOneHot, learnsInput }: InputFacts): StepOutput {
    const training = noise !== null;
    const input = { own: state, others: state, action };
    const mask = this.graph.mask();
    const options = { isOneHot, training, learnsInput };
    const known = !training && isOneHot && readsAtOnce() ? this.#known : null;
    if (!known) return { heads: this.predict(input, mask, options) };
    const layers = { groups: this.#groups, hidden: this.#hidden, heads: this.#heads };
    const heads = known.heads(
      { state, action, mask, label: null },
      (wanted) => headsOfRows(rowsOfTargets(this.#featuresOf(input, mask, options), wanted), { ...wanted, ...layers }),
    );
    return { heads };
  }

  /**
   * Distribution parameters from the inputs that a mask lets through, a tensor a group; call inside `tf.tidy`.
   *
   * @param mask 0 and 1, float32 [B or 1, N, N + M].
   */
  predict(input: PairInput, mask: tf.Tensor3D, options: PassOptions): Factored {
    let hidden: tf.Tensor = this.#featuresOf(input, mask, options);
    for (const layer of this.#hidden) hidden = applyLinear(hidden, layer, "relu");
    return this.#groups.state.map((group, r) => {
      const part = this.#groups.state.length === 1
        ? hidden
        : hidden.slice([group.start, 0, 0], [group.count, hidden.shape[1]!, hidden.shape[2]!]);
      return applyLinear(part, this.#heads[r]!) as tf.Tensor3D;
    });
  }

  #featuresOf(input: PairInput, mask: tf.Tensor3D, options: PassOptions): tf.Tensor3D {
    if (!this.#usesTables || !options.isOneHot) {
      const isCausalPass = !options.training && input.own === input.others && mask.shape[0] === 1;
      return isCausalPass && this.#firstLayers === "tables"
        ? this.#features.denseOfDistinct({ state: input.own, action: input.action }, mask)
        : this.#features.dense(input, mask);
    }
    const tables = options.training ? this.#trainingTables : this.#keptTables();
    if (!tables) throw new RangeError("Cannot take a training step: expected beginRollout() before it, got none");
    return this.#features.lookUp(input, mask, { tables, learnsInput: options.learnsInput });
  }

  get #usesTables(): boolean {
    return this.#firstLayers === "tables" && this.#features.areTables;
  }

  #keptTables(): PairTables {
    if (this.#evaluationTables && this.#version === this.parameters.version) return this.#evaluationTables;
    this.#forget();
    this.#version = this.parameters.version;
    this.#evaluationTables = {
      table: tf.tidy(() => tf.keep(withoutSystemBlas(() => this.#features.tables({ training: false })).table)),
      slopes: null,
    };
    return this.#evaluationTables;
  }
}
