import * as tf from "@tensorflow/tfjs";
import type { ParameterSet } from "../../tensor/mod.ts";
import { HeadCache, readsAtOnce } from "../fast/head_cache.ts";
import type { Acceleration, InputFacts } from "../fast/acceleration.ts";
import type { StepInput, StepNetwork, StepOutput } from "../rollout_model.ts";
import type { Factored, ModelGroups } from "../variable_groups.ts";
import { FeatureLayers, type LayerTables } from "./feature_layers.ts";
import type { Features } from "./features.ts";
import type { GraphInference, Masks } from "./graph_inference.ts";
import { MaskedPredictor } from "./predictor.ts";

/** How first layers on exact one-hots are computed: as rows of tables, or as the plain products they stand for. */
export type FirstLayers = "tables" | "dense";

/** A step's input and what is known of it. */
export type KnownInput = StepInput & InputFacts;

/** Features, graph inference on them, and a predictor that sees the masked features. */
export class MaskedNetwork<Inference extends GraphInference = GraphInference> implements StepNetwork {
  readonly parameters: ParameterSet;
  readonly inference: Inference;
  readonly #features: FeatureLayers;
  readonly #predictor: MaskedPredictor;
  readonly #usesTables: boolean;
  /** Predictions of exact one-hots in evaluation; null where they cannot be told apart. */
  readonly #known: HeadCache | null;
  /** Tables of the rollout under way, on its tape. */
  #trainingTables: LayerTables | null = null;
  /** Tables of the weights as they are, kept for many evaluations. */
  #evaluationTables: LayerTables | null = null;
  #version = 0;

  /**
   * @param options.featureWidth H.
   * @param options.predictorWidths Widths of the predictor's layers after the mask.
   * @param options.createInference Makes the graph inference with this network's parameter set.
   */
  constructor(
    parameters: ParameterSet,
    options: {
      groups: ModelGroups;
      featureWidth: number;
      predictorWidths: readonly number[];
      firstLayers: FirstLayers;
      createInference: (parameters: ParameterSet) => Inference;
    },
  ) {
    const { groups, featureWidth, predictorWidths } = options;
    this.parameters = parameters;
    this.#features = new FeatureLayers(parameters, { groups, width: featureWidth });
    this.inference = options.createInference(parameters);
    this.#predictor = new MaskedPredictor(parameters, {
      groups,
      featureWidth,
      widths: predictorWidths,
      labelWidth: this.inference.labelWidth,
      needed: this.inference.needed,
    });
    this.#usesTables = options.firstLayers === "tables" && this.#features.hasTables;
    this.#known = this.#usesTables && HeadCache.serves(groups)
      ? new HeadCache(groups, { labelWidth: this.inference.labelWidth, weights: parameters })
      : null;
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
    if (this.#usesTables) this.#trainingTables = this.#features.tables(this.#tableLayers, { training: true });
  }

  #forget(): void {
    for (const { table } of this.#evaluationTables?.values() ?? []) table.dispose();
    this.#evaluationTables = null;
  }

  step(input: StepInput): StepOutput {
    return this.#step({ ...input, isOneHot: false, learnsInput: true });
  }

  #step(input: KnownInput): StepOutput {
    const features = this.featuresOf(input);
    const masks = this.inference.masks(features, input);
    return { heads: this.#heads(features, { input, masks }), penalties: masks.penalties, trace: masks.trace };
  }

  /** Distribution parameters of a batch under given masks; call inside `tf.tidy`. */
  headsUnder(input: KnownInput, masks: Pick<Masks, "mask" | "label">): Factored {
    return this.#heads(this.featuresOf(input), { input, masks });
  }

  /** Masks of a batch in evaluation mode; call inside `tf.tidy`. */
  masks(input: KnownInput): Masks {
    return this.inference.masks(this.featuresOf(input), input);
  }

  #heads(
    features: Features,
    { input, masks }: { readonly input: KnownInput; readonly masks: Pick<Masks, "mask" | "label"> },
  ): Factored {
    const known = input.noise === null && input.isOneHot && readsAtOnce() ? this.#known : null;
    return known
      ? known.heads({ ...input, ...masks }, (wanted) => this.#predictor.applyToRows(features, masks, wanted))
      : this.#predictor.apply(features, masks.mask, masks.label);
  }

  get #tableLayers() {
    return [...this.inference.featureLayers, this.#predictor.first];
  }

  /** Features of a batch; call inside `tf.tidy`. */
  featuresOf(input: KnownInput): Features {
    const { state, action } = input;
    if (!this.#usesTables || !input.isOneHot) return this.#features.dense(state, action);
    const training = input.noise !== null;
    const tables = training ? this.#trainingTables : this.#keptTables();
    if (!tables) throw new RangeError("Cannot take a training step: expected beginRollout() before it, got none");
    return this.#features.lookUp({ state, action }, { tables, learnsInput: input.learnsInput });
  }

  #keptTables(): LayerTables {
    if (this.#evaluationTables && this.#version === this.parameters.version) return this.#evaluationTables;
    this.#forget();
    this.#version = this.parameters.version;
    const kept: [Parameters<LayerTables["get"]>[0], tf.Tensor3D][] = [];
    tf.tidy(() => {
      const tables = this.#features.tables(this.#tableLayers, { training: false });
      for (const [layer, { table }] of tables) kept.push([layer, tf.keep(table)]);
    });
    this.#evaluationTables = new Map(kept.map(([layer, table]) => [layer, { table, slopes: null }]));
    return this.#evaluationTables;
  }
}
