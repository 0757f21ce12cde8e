import * as tf from "@tensorflow/tfjs";
import type { CdlNetwork } from "../cdl/cdl_network.ts";
import type { PairInput } from "../cdl/pair_features.ts";
import { distinctRows } from "./distinct_rows.ts";
import type { StepInput, StepOutput } from "../step_network.ts";
import { type Factored, joinGroups } from "../variable_groups.ts";
import type { Acceleration, InputFacts } from "./acceleration.ts";
import { Derived } from "./derived.ts";
import { HeadCache, headsOfRows, readsAtOnce, rowsOfTargets } from "./head_cache.ts";
import { type PairTable, PairTables } from "./cdl/pair_tables.ts";

/** What is known of a pass. */
export interface PassFacts extends InputFacts {
  readonly training: boolean;
}

/** Accelerates CDL. */
export function fastCdl(network: CdlNetwork): CdlAcceleration {
  return new CdlAcceleration(network);
}

/**
 * On exact one-hots a pair's feature net is a table of categories. In evaluation each variable's prediction is computed
 * once for the values of its parents; of other states and actions each distinct one meets its nets once.
 */
export class CdlAcceleration implements Acceleration {
  /** Predictions of exact one-hots in evaluation; null where they cannot be told apart. */
  readonly predictionCache: HeadCache | null;
  readonly #network: CdlNetwork;
  /** Null where a variable is continuous. */
  readonly #tables: PairTables | null;
  readonly #kept: Derived<PairTable>;
  /** Tables of the rollout under way, on its tape. */
  #training: PairTable | null = null;

  constructor(network: CdlNetwork) {
    const { parameters, groups, features } = network;
    const areCategorical = features.groups.every(({ group }) => group.kind === "categorical");
    this.#network = network;
    this.#tables = areCategorical ? new PairTables(parameters, features) : null;
    this.#kept = new Derived(parameters, {
      make: () => this.#tables!.make({ training: false }),
      tensorsOf: ({ table }) => [table],
    });
    this.predictionCache = HeadCache.serves(groups)
      ? new HeadCache(groups, { labelWidth: 0, weights: parameters })
      : null;
  }

  beginRollout(): void {
    this.#training = this.#tables?.make({ training: true }) ?? null;
  }

  step({ state, action, noise }: StepInput, facts: InputFacts): StepOutput {
    const { groups, hidden, heads, graph } = this.#network;
    const input = { own: state, others: state, action };
    const mask = graph.mask();
    const pass = { ...facts, training: noise !== null };
    const cache = noise === null && facts.isOneHot && readsAtOnce() ? this.predictionCache : null;
    if (!cache) return { heads: this.predict(input, mask, pass) };
    return {
      heads: cache.heads({ state, action, mask, label: null, categories: facts.categories ?? null }, (wanted) => {
        const rows = rowsOfTargets(this.#featuresOf(input, mask, pass), wanted);
        return headsOfRows(rows, { counts: wanted.counts, groups, hidden, heads });
      }),
    };
  }

  /** The network's {@link CdlNetwork.predict}. */
  predict(input: PairInput, mask: tf.Tensor3D, facts: PassFacts): Factored {
    return this.#network.predictFrom(this.#featuresOf(input, mask, facts));
  }

  dispose(): void {
    this.#kept.dispose();
  }

  #featuresOf(input: PairInput, mask: tf.Tensor3D, { isOneHot, training, learnsInput }: PassFacts): tf.Tensor3D {
    if (this.#tables && isOneHot) {
      return this.#tables.lookUp(input, mask, { made: training ? this.#training! : this.#kept.value, learnsInput });
    }
    const isCausalPass = !training && input.own === input.others && mask.shape[0] === 1;
    return isCausalPass ? this.#ofDistinct(input, mask) : this.#network.features.of(input, mask);
  }

  /**
   * Features in evaluation, with nets applied once to each distinct state and each distinct action: a planner asks for
   * many actions in one state. Reads the device.
   *
   * @param mask The same for all samples, float32 [1, N, N + M].
   */
  #ofDistinct({ own: state, action }: PairInput, mask: tf.Tensor3D): tf.Tensor3D {
    const { features } = this.#network;
    const { targets } = features;
    const [ofStates, ofActions] = tf.split(mask, [targets, mask.shape[2] - targets], 2) as [tf.Tensor3D, tf.Tensor3D];
    const largest = (isStates: boolean, values: Factored, mask: tf.Tensor3D) => {
      const { first, place } = distinctRows(joinGroups(values));
      const distinct = values.map((value) => tf.gather(value, first, 1));
      const groups = features.groups.filter(({ isState }) => isState === isStates);
      return tf.gather(features.largest(groups, { own: distinct, others: distinct }, mask), place, 1);
    };
    return tf.maximum(largest(true, state, ofStates), largest(false, action, ofActions));
  }
}
