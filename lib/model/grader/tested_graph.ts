import * as tf from "@tensorflow/tfjs";
import type { CategoricalVariable } from "../../core/variable.ts";
import type { ParameterSet } from "../../tensor/mod.ts";
import type { TrainingData } from "../dynamics_model.ts";
import { isTested, testParents } from "./discovery.ts";

/** How far the score of an edge at the significance level stays above one half. */
const MARGIN = 1e-6;

/**
 * GRADER's global graph: an edge where a test finds dependence at a significance level, found anew each time enough
 * episodes have come in. Before that all that the causal order allows is an edge.
 */
export class TestedGraph {
  readonly #variables: {
    readonly state: readonly CategoricalVariable[];
    readonly action: readonly CategoricalVariable[];
  };
  readonly #significance: number;
  readonly #everyEpisodes: number;
  /** [N, N + M] */
  readonly #pValues: tf.Variable;
  /** Episodes there were at the last discovery, [1]. */
  readonly #episodes: tf.Variable;

  /** @param parameters Takes over the statistics `graph.pValues` [N, N + M] and `graph.episodes` [1]. */
  constructor(
    parameters: ParameterSet,
    options: {
      variables: { readonly state: readonly CategoricalVariable[]; readonly action: readonly CategoricalVariable[] };
      significance: number;
      everyEpisodes: number;
    },
  ) {
    this.#variables = options.variables;
    this.#significance = options.significance;
    this.#everyEpisodes = options.everyEpisodes;
    const { state, action } = options.variables;
    const constant = (shape: number[]) => ({ shape, init: { kind: "constant", value: 0 } } as const);
    this.#pValues = parameters.statistic("graph.pValues", constant([state.length, state.length + action.length]));
    this.#episodes = parameters.statistic("graph.episodes", constant([1]));
  }

  /** The edges as 0 and 1, row-major [N, N + M]. */
  edges(): Uint8Array {
    const stateCount = this.#variables.state.length;
    const width = this.#pValues.shape[1]!;
    return Uint8Array.from(this.#pValues.dataSync<"float32">(), (pValue, entry) => {
      const target = Math.floor(entry / width);
      const input = entry % width;
      if (target === input) return 1;
      return isTested(target, input, { stateCount }) && pValue < this.#significance ? 1 : 0;
    });
  }

  /** Parents of each variable but itself, in order: state variables, then action variables. */
  parents(): readonly (readonly number[])[] {
    const edges = this.edges();
    const width = this.#pValues.shape[1]!;
    return this.#variables.state.map((_, target) =>
      Array.from({ length: width }, (_, input) => input).filter((i) => i !== target && edges[target * width + i] === 1)
    );
  }

  /**
   * Scores in [0, 1], above one half exactly where there is an edge: `α / (α + p)`, 1 for own variables and 0 for those
   * that the causal order rules out. Row-major [N, N + M].
   */
  scores(): Float32Array {
    const edges = this.edges();
    const width = this.#pValues.shape[1]!;
    const stateCount = this.#variables.state.length;
    return Float32Array.from(this.#pValues.dataSync<"float32">(), (pValue, entry) => {
      const target = Math.floor(entry / width);
      const input = entry % width;
      if (target === input) return 1;
      if (!isTested(target, input, { stateCount })) return 0;
      const score = this.#significance / (this.#significance + pValue);
      return edges[entry] === 1 ? Math.max(score, 0.5 + MARGIN) : Math.min(score, 0.5);
    });
  }

  /**
   * Tests anew if enough episodes have come in since the last time.
   *
   * @returns Whether it did.
   */
  discover(data: TrainingData): boolean {
    if (data.episodes - this.#episodes.dataSync()[0]! < this.#everyEpisodes) return false;
    const pValues = testParents(data.transitions(), this.#variables);
    tf.tidy(() => {
      this.#pValues.assign(tf.tensor(Float32Array.from(pValues), this.#pValues.shape));
      // Exact in float32 up to 2^24 episodes.
      this.#episodes.assign(tf.tensor1d([data.episodes]));
    });
    return true;
  }
}
