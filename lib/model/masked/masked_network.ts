import * as tf from "@tensorflow/tfjs";
import type { ParameterSet } from "../../tensor/mod.ts";
import { KnownHeads, readsAtOnce } from "../known_heads.ts";
import type { StepInput, StepNetwork, StepOutput } from "../rollout_model.ts";
import type { Factored, ModelRuns } from "../variable_runs.ts";
import { FeatureLayers, type LayerTables } from "./feature_layers.ts";
import type { Features } from "./features.ts";
import type { Masks, MaskSource } from "./mask_source.ts";
import { MaskedPredictor } from "./predictor.ts";

/** How first layers on exact one-hots are computed: as rows of tables, or as the plain products they stand for. */
export type FirstLayers = "tables" | "dense";

/** Features, a source of masks on them, and a predictor that sees the masked features. */
export class MaskedNetwork<Source extends MaskSource = MaskSource> implements StepNetwork {
  readonly parameters: ParameterSet;
  readonly source: Source;
  readonly #features: FeatureLayers;
  readonly #predictor: MaskedPredictor;
  readonly #usesTables: boolean;
  /** Predictions of exact one-hots in evaluation; null where they cannot be told apart. */
  readonly #known: KnownHeads | null;
  /** Tables of the rollout under way, on its tape. */
  #trainingTables: LayerTables | null = null;
  /** Tables of the weights as they are, kept for many evaluations. */
  #evaluationTables: LayerTables | null = null;

  /**
   * @param options.featureWidth H.
   * @param options.predictorWidths Widths of the predictor's layers after the mask.
   * @param options.createSource Makes the source with this network's parameter set.
   */
  constructor(
    parameters: ParameterSet,
    options: {
      runs: ModelRuns;
      featureWidth: number;
      predictorWidths: readonly number[];
      firstLayers: FirstLayers;
      createSource: (parameters: ParameterSet) => Source;
    },
  ) {
    const { runs, featureWidth, predictorWidths } = options;
    this.parameters = parameters;
    this.#features = new FeatureLayers(parameters, { runs, width: featureWidth });
    this.source = options.createSource(parameters);
    this.#predictor = new MaskedPredictor(parameters, {
      runs,
      featureWidth,
      widths: predictorWidths,
      labelWidth: this.source.labelWidth,
      needed: this.source.needed,
    });
    this.#usesTables = options.firstLayers === "tables" && this.#features.hasTables;
    this.#known = this.#usesTables && KnownHeads.serves(runs)
      ? new KnownHeads(runs, { labelWidth: this.source.labelWidth })
      : null;
  }

  get predictionMemory(): KnownHeads | null {
    return this.#known;
  }

  beginUpdate(): void {
    if (this.#usesTables) this.#trainingTables = this.#features.tables(this.#tableLayers, { training: true });
  }

  weightsChanged(): void {
    for (const { table } of this.#evaluationTables?.values() ?? []) table.dispose();
    this.#evaluationTables = null;
    this.#trainingTables = null;
    this.#known?.clear();
  }

  step(input: StepInput): StepOutput {
    const features = this.featuresOf(input);
    const masks = this.source.masks(features, input);
    return { heads: this.#heads(features, { input, masks }), penalties: masks.penalties, trace: masks.trace };
  }

  /** Distribution parameters of a batch under given masks; call inside `tf.tidy`. */
  headsUnder(input: StepInput, masks: Pick<Masks, "mask" | "label">): Factored {
    return this.#heads(this.featuresOf(input), { input, masks });
  }

  /** Masks of a batch in evaluation mode; call inside `tf.tidy`. */
  masks(input: StepInput): Masks {
    return this.source.masks(this.featuresOf(input), input);
  }

  #heads(
    features: Features,
    { input, masks }: { readonly input: StepInput; readonly masks: Pick<Masks, "mask" | "label"> },
  ): Factored {
    const known = input.noise === null && input.isOneHot && readsAtOnce() ? this.#known : null;
    return known
      ? known.heads({ ...input, ...masks }, (wanted) => this.#predictor.applyToRows(features, masks, wanted))
      : this.#predictor.apply(features, masks.mask, masks.label);
  }

  get #tableLayers() {
    return [...this.source.featureLayers, this.#predictor.first];
  }

  /** Features of a batch; call inside `tf.tidy`. */
  featuresOf(input: StepInput): Features {
    const { state, action } = input;
    if (!this.#usesTables || !input.isOneHot) return this.#features.dense(state, action);
    const training = input.noise !== null;
    const tables = training ? this.#trainingTables : this.#keptTables();
    if (!tables) throw new RangeError("Cannot take a training step: expected beginUpdate() before it, got none");
    return this.#features.lookUp({ state, action }, { tables, learnsInput: training && !input.isData });
  }

  #keptTables(): LayerTables {
    if (this.#evaluationTables) return this.#evaluationTables;
    const kept: [Parameters<LayerTables["get"]>[0], tf.Tensor3D][] = [];
    tf.tidy(() => {
      const tables = this.#features.tables(this.#tableLayers, { training: false });
      for (const [layer, { table }] of tables) kept.push([layer, tf.keep(table)]);
    });
    this.#evaluationTables = new Map(kept.map(([layer, table]) => [layer, { table, slopes: null }]));
    return this.#evaluationTables;
  }
}
