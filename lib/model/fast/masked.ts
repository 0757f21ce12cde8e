import * as tf from "@tensorflow/tfjs";
import { type Needed, neededInputs } from "../../tensor/mod.ts";
import type { FeatureLinear, Features } from "../masked/features.ts";
import type { MaskedNetwork } from "../masked/masked_network.ts";
import type { Seen } from "../masked/predictor.ts";
import type { StepInput, StepOutput } from "../step_network.ts";
import type { Factored } from "../variable_groups.ts";
import type { Acceleration, InputFacts } from "./acceleration.ts";
import { Derived } from "./derived.ts";
import { FeatureTables, type LayerTables } from "./masked/feature_tables.ts";
import { HeadCache, headsOfRows, readsAtOnce, rowsOfTargets } from "./head_cache.ts";

/** Accelerates a masked network; null where no variable is categorical. */
export function fastMasked(network: MaskedNetwork): MaskedAcceleration | null {
  return FeatureTables.serve(network.groups) ? new MaskedAcceleration(network) : null;
}

/**
 * On exact one-hots a feature is one of few, so each layer on features adds up rows of a table: the layer's output for
 * every category. In evaluation each variable's prediction is computed once for the values of its parents, too.
 */
export class MaskedAcceleration implements Acceleration {
  /** Predictions of exact one-hots in evaluation; null where they cannot be told apart. */
  readonly predictionCache: HeadCache | null;
  readonly #network: MaskedNetwork;
  readonly #tables: FeatureTables;
  readonly #kept: Derived<LayerTables>;
  /** The layers on features, and which inputs their targets can ever take. */
  readonly #layers: ReadonlyMap<FeatureLinear, Needed | null>;
  /** Tables of the rollout under way, on its tape. */
  #training: LayerTables = new Map();

  constructor(network: MaskedNetwork) {
    const { parameters, groups, inference, predictor } = network;
    this.#network = network;
    this.#tables = new FeatureTables(parameters, { groups, features: network.features });
    const needed = inference.possible && neededInputs(parameters, Int32Array.from(inference.possible), {
      maskWidth: groups.stateCount + groups.actionCount,
    });
    this.#layers = new Map([
      ...inference.featureLayers.map((layer) => [layer, null] as const),
      [predictor.first, needed],
    ]);
    this.#kept = new Derived(parameters, {
      make: () => this.#tables.make(this.#layers, { training: false }),
      tensorsOf: (made) => [...made.values()].map(({ table }) => table),
    });
    this.predictionCache = HeadCache.serves(groups)
      ? new HeadCache(groups, { labelWidth: inference.labelWidth, weights: parameters })
      : null;
  }

  beginRollout(): void {
    this.#training = this.#tables.make(this.#layers, { training: true });
  }

  step(input: StepInput, facts: InputFacts): StepOutput {
    const features = this.features(input, facts);
    const masks = this.#network.inference.masks(features, input);
    return { heads: this.heads({ input, facts, features }, masks), penalties: masks.penalties, trace: masks.trace };
  }

  /** Features of a batch; call inside `tf.tidy`. */
  features(input: StepInput, { isOneHot, learnsInput }: InputFacts): Features {
    if (!isOneHot) return this.#network.features.of(input);
    return this.#tables.features(input, { tables: input.noise ? this.#training : this.#kept.value, learnsInput });
  }

  /** Distribution parameters of a batch under given masks; call inside `tf.tidy`. */
  heads(
    { input, facts, features }: { readonly input: StepInput; readonly facts: InputFacts; readonly features: Features },
    seen: Seen,
  ): Factored {
    const { predictor, groups } = this.#network;
    const cache = input.noise === null && facts.isOneHot && readsAtOnce() ? this.predictionCache : null;
    if (!cache) return predictor.apply(features, seen);
    return cache.heads({ ...input, ...seen, categories: facts.categories ?? null }, (wanted) => {
      const first = rowsOfTargets(predictor.firstSum(features, seen), wanted).relu() as tf.Tensor2D;
      return headsOfRows(first, { counts: wanted.counts, groups, hidden: predictor.hidden, heads: predictor.heads });
    });
  }

  dispose(): void {
    this.#kept.dispose();
  }
}
