import * as tf from "@tensorflow/tfjs";
import {
  categoryRows,
  createStackedLinear,
  gruChains,
  gruChainsOfSamples,
  type Linear,
  type ParameterSet,
  plainInit,
} from "../../tensor/mod.ts";
import { HeadCache, headsOfRows, readsAtOnce } from "../fast/head_cache.ts";
import type { Acceleration, InputFacts } from "../fast/acceleration.ts";
import type { StepInput, StepNetwork, StepOutput } from "../rollout_model.ts";
import { applyToVariables, createVariableLayers } from "../variable_layers.ts";
import { type Factored, headWidth, type ModelGroups, type VariableGroup } from "../variable_groups.ts";
import { type ChainTables, chainTables, type Embedding } from "./chain_tables.ts";
import { denseReaders, readDense, readDistinct, type Reader, tensorsOf } from "./dense_readers.ts";
import { createGruStack, type GruStack } from "./gru.ts";
import type { TestedGraph } from "./tested_graph.ts";

/** What is derived from weights and graph, made when first used. */
interface Derived {
  tables?: ChainTables;
  readers?: readonly Reader[];
  /** The graph as a mask, float32 [1, N, N + M]. */
  mask?: tf.Tensor3D;
}

/** Embeddings of all variables, a recurrent unit a target that reads its parents', and a head. */
export class GraderNetwork implements StepNetwork {
  readonly parameters: ParameterSet;
  readonly graph: TestedGraph;
  readonly #groups: ModelGroups;
  readonly #embeddings: readonly Embedding[];
  readonly #units: GruStack;
  readonly #heads: readonly Linear[];
  readonly #usesTables: boolean;
  /** Predictions of exact one-hots in evaluation; null where they cannot be told apart. */
  readonly #known: HeadCache | null;
  /** Of the rollout under way, on its tape; null before its beginning. */
  #ofRollout: Derived | null = null;
  /** Of the weights and the graph as they are, kept for many evaluations. */
  #ofEvaluation: Derived = {};
  #version = 0;

  /** @param options.width H, of embeddings and hidden states. */
  constructor(
    parameters: ParameterSet,
    options: {
      groups: ModelGroups;
      width: number;
      firstLayers: "tables" | "dense";
      createGraph: (parameters: ParameterSet) => TestedGraph;
    },
  ) {
    const { groups, width } = options;
    this.parameters = parameters;
    this.#groups = groups;
    const embed = (kind: string, group: VariableGroup, r: number): Embedding => ({
      group,
      first: group.start + (kind === "action" ? groups.stateCount : 0),
      layer: createStackedLinear(parameters, {
        name: `embedding.${kind}.${r}`,
        stack: group.count,
        inputs: group.width,
        outputs: width,
        init: plainInit({ inputs: group.width }),
      }),
    });
    this.#embeddings = [
      ...groups.state.map((group, r) => embed("state", group, r)),
      ...groups.action.map((group, r) => embed("action", group, r)),
    ];
    this.#units = createGruStack(parameters, { name: "unit", stack: groups.stateCount, width });
    this.#heads = createVariableLayers(parameters, {
      name: "head",
      groups: groups.state,
      sizes: (group) => ({ inputs: width, outputs: headWidth(group) }),
      init: plainInit,
    });
    this.graph = options.createGraph(parameters);
    this.#usesTables = options.firstLayers === "tables";
    this.#known = this.#usesTables && HeadCache.serves(groups)
      ? new HeadCache(groups, { labelWidth: 0, weights: parameters })
      : null;
  }

  /** This network's own shortcuts. */
  acceleration(): Acceleration {
    return {
      beginRollout: () => this.#ofRollout = {},
      step: (input, facts) => this.#step(input, facts),
      predictionCache: this.#known,
      dispose: () => this.#forget(),
    };
  }

  #forget(): void {
    const { tables, readers, mask } = this.#ofEvaluation;
    tf.dispose([
      ...(tables ? [tables.start, tables.gates] : []),
      ...(readers ?? []).flatMap(tensorsOf),
      ...(mask ? [mask] : []),
    ]);
    this.#ofEvaluation = {};
  }

  step(input: StepInput): StepOutput {
    return this.#step(input, { isOneHot: false, learnsInput: true });
  }

  #step(input: StepInput, { isOneHot, learnsInput }: InputFacts): StepOutput {
    const { state, action, noise } = input;
    const inputs = [...state, ...action];
    if (!this.#usesTables || !isOneHot) {
      const readers = !this.#usesTables ? this.#readers() : noise ? this.#rolloutReaders() : this.#keptReaders();
      const readsDistinct = this.#usesTables && !noise;
      const readAll = readsDistinct ? readDistinct : readDense;
      const hidden = readAll(inputs, { embeddings: this.#embeddings, readers, stateGroups: state.length });
      return { heads: this.#headsOf(hidden) };
    }
    const categories = categoriesOf(inputs);
    if (noise) {
      const tables = this.#rolloutTables();
      const learned = learnsInput ? { oneHots: state, slopes: tables.slopes! } : null;
      return { heads: this.#headsOf(gruChains({ ...tables, categories }, learned)) };
    }
    const tables = this.#keptTables();
    if (!this.#known || !readsAtOnce()) return { heads: this.#headsOf(gruChains({ ...tables, categories }, null)) };
    const heads = this.#known.heads(
      { state, action, mask: this.#keptMask(), label: null },
      (wanted) =>
        headsOfRows(gruChainsOfSamples({ ...tables, categories }, wanted).relu(), {
          ...{ groups: this.#groups, hidden: [], heads: this.#heads },
          counts: wanted.counts,
        }),
    );
    return { heads };
  }

  #headsOf(hidden: tf.Tensor3D): Factored {
    return applyToVariables(hidden.relu(), { groups: this.#groups.state, layers: this.#heads });
  }

  /** Variables that each unit reads; a unit's own is its first hidden state, and not read again. */
  #parents(): readonly (readonly number[])[] {
    const { stateCount, actionCount } = this.#groups;
    const width = stateCount + actionCount;
    const edges = this.graph.edges();
    return Array.from(
      { length: stateCount },
      (_, unit) => [...Array(width).keys()].filter((i) => i !== unit && edges[unit * width + i] === 1),
    );
  }

  #tables(options: { learnsInput: boolean }): ChainTables {
    const { stateCount } = this.#groups;
    return chainTables(
      { embeddings: this.#embeddings, units: this.#units },
      { parents: this.#parents(), stateCount, ...options },
    );
  }

  #readers(): readonly Reader[] {
    return denseReaders({ embeddings: this.#embeddings, units: this.#units }, { parents: this.#parents() });
  }

  get #ofWeights(): Derived {
    if (this.#version !== this.parameters.version) this.#forget();
    this.#version = this.parameters.version;
    return this.#ofEvaluation;
  }

  get #rollout(): Derived {
    if (this.#ofRollout) return this.#ofRollout;
    throw new RangeError("Cannot take a training step: expected beginRollout() before it, got none");
  }

  #rolloutTables(): ChainTables {
    return this.#rollout.tables ??= this.#tables({ learnsInput: true });
  }

  #rolloutReaders(): readonly Reader[] {
    return this.#rollout.readers ??= this.#readers();
  }

  #keptTables(): ChainTables {
    return this.#ofWeights.tables ??= kept(
      () => this.#tables({ learnsInput: false }),
      ({ start, gates }) => [start, gates],
    );
  }

  #keptReaders(): readonly Reader[] {
    return this.#ofWeights.readers ??= kept(() => this.#readers(), (readers) => readers.flatMap(tensorsOf));
  }

  #keptMask(): tf.Tensor3D {
    const { stateCount, actionCount } = this.#groups;
    return this.#ofWeights.mask ??= kept(
      () => tf.tensor3d(Float32Array.from(this.graph.edges()), [1, stateCount, stateCount + actionCount]),
      (mask) => [mask],
    );
  }
}

/** What `make` gives, with its tensors kept from the tidy scopes around. */
function kept<T>(make: () => T, tensorsOf: (made: T) => readonly tf.Tensor[]): T {
  let made: T | null = null;
  tf.tidy(() => {
    made = make();
    for (const tensor of tensorsOf(made)) tf.keep(tensor);
  });
  return made!;
}

/** Category of each variable in each sample, int32 [N + M, B], from exact one-hots. */
function categoriesOf(inputs: Factored): tf.Tensor2D {
  return tf.concat(inputs.map((oneHots) => categoryRows(oneHots, tf.zeros([oneHots.shape[0], 1], "int32"))), 0);
}
