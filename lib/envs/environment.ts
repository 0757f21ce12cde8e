import type { LocalGraphRule } from "../core/local_graph_rule.ts";
import type { Variable } from "../core/variable.ts";
import type { Rng } from "../core/rng.ts";
import type { EnvironmentState } from "./environment_state.ts";
import type { SceneView } from "./scene_view.ts";

export type { EnvironmentState };

/** A test condition of an environment. The split `train` is the training task itself. */
export interface Split {
  /** Short id used in CSV files, such as `train` or `n2`. */
  readonly id: string;
  /** What a page calls it, such as "n = 2 noisy nodes". */
  readonly label: string;
  /** False where the model meets states that training does not show. */
  readonly inDistribution: boolean;
  /** State variables whose prediction is scored, by index. */
  readonly scoredVariables: readonly number[];
  /** Applied to what the model observes; null for none. */
  readonly shift: ObservationShift | null;
}

/** Changes what a model sees; the environment itself goes on unchanged. */
export interface ObservationShift {
  /** What it does, in a few words, for provenance and pages. */
  readonly description: string;
  /** Indices of the state variables that it can change. */
  readonly variables: readonly number[];
  /**
   * @param encoded Encoded observations, row-major [B, D]; not modified.
   * @returns The shifted observations, a new array [B, D].
   */
  apply(encoded: Float32Array, rng: Rng): Float32Array;
}

/** What stays the same for all states of an environment. */
export interface EnvironmentSpec {
  readonly id: string;
  readonly stateVariables: readonly Variable[];
  readonly actionVariables: readonly Variable[];
  /** Steps until an episode ends. */
  readonly episodeLength: number;
  /** G, the numbers that describe one episode's goal. */
  readonly goalWidth: number;
  /** L, numbers of an environment's state that no observation shows (0 when the observation is the whole state). */
  readonly hiddenWidth: number;
  readonly splits: readonly Split[];
  /**
   * What lies between the world and all that a model learns from, targets included; it is also part of each split's
   * shift. Absent where the state is fully observed.
   */
  readonly sensor?: ObservationShift;
  /** Names of the contexts that {@link Environment.contexts} tells apart. */
  readonly contextNames: readonly string[];
  /**
   * Entries of a graph that methods have to learn, row-major [N, N + M], 1 for each; the others are given, by what a
   * variable or an action is or by a causal order, and are scored apart. Where absent, only self edges are given.
   */
  readonly learnableEdges?: Uint8Array;
}

/** Entries of a graph that methods have to learn, row-major [N, N + M]; see {@link EnvironmentSpec.learnableEdges}. */
export function learnableEdgesOf(
  spec: Pick<EnvironmentSpec, "stateVariables" | "actionVariables" | "learnableEdges">,
): Uint8Array {
  if (spec.learnableEdges) return spec.learnableEdges;
  const columns = spec.stateVariables.length + spec.actionVariables.length;
  return Uint8Array.from(
    { length: spec.stateVariables.length * columns },
    (_, entry) => entry % columns === Math.floor(entry / columns) ? 0 : 1,
  );
}

/** A batch of transitions, as a buffer stores them. */
export interface Transitions {
  /** Row-major [B, N]. */
  readonly values: Float32Array;
  /** Row-major [B, M]. */
  readonly actions: Float32Array;
  /** Row-major [B, N]. */
  readonly nextValues: Float32Array;
}

/** An environment of E parallel instances; every function is pure in (state, action, rng). */
export interface Environment {
  readonly spec: EnvironmentSpec;
  /** New episodes of a split, `count` of them. */
  reset(split: string, options: { readonly count: number; readonly rng: Rng }): EnvironmentState;
  /**
   * One step of all E instances.
   *
   * @param actions Row-major [E, M].
   * @returns The next state (goal unchanged), reward [E] and success [E] (0 or 1).
   */
  step(state: EnvironmentState, options: { readonly actions: Float32Array; readonly rng: Rng }): StepResult;
  /**
   * Reward of reaching `nextValues`: known to planners.
   *
   * @param nextValues Row-major [B, N].
   * @param goal Row-major [B, G].
   * @returns [B].
   */
  reward(nextValues: Float32Array, goal: Float32Array): Float32Array;
  /**
   * Ground-truth local causal graphs.
   *
   * @returns Row-major [B, N, N + M], 1 for an edge.
   */
  localGraphs(transitions: Transitions): Uint8Array;
  /**
   * How {@link Environment.localGraphs} follows from few variables of state and action alone; absent where it does not.
   */
  readonly localGraphRule?: () => LocalGraphRule;
  /** The true global causal graph, row-major [N, N + M]: the union of all local ones. */
  globalGraph(): Uint8Array;
  /** Index into `spec.contextNames` of each transition, [B]. */
  contexts(transitions: Transitions): Uint8Array;
  /** Which transitions of training a split's prediction accuracy is measured on, [B], 1 for yes. */
  isEvaluated(split: string, transitions: Transitions): Uint8Array;
  /** How pages show its episodes; absent where there is nothing to see. */
  readonly scene?: SceneView;
  /** Frees what lies outside JavaScript's heap. */
  dispose(): void;
}

/** What one step of E instances gives. */
export interface StepResult {
  readonly state: EnvironmentState;
  readonly reward: Float32Array;
  readonly success: Uint8Array;
}

/** How a registry offers an environment without loading it. */
export interface EnvironmentEntry {
  readonly id: string;
  readonly label: string;
  /** Loads the environment's module. */
  load(): Promise<EnvironmentModule>;
}

/** What an environment's module exports. */
export interface EnvironmentModule {
  /** Checks options (the `environment` field of a run spec without `id`) and fills defaults; throws a RangeError. */
  parseOptions(options: unknown): Record<string, unknown>;
  /** Display name of the task that options stand for, such as `chemical-fork`; used in CSV files and pages. */
  taskName(options: Record<string, unknown>): string;
  /**
   * Makes the environment of a run; one set of mechanisms a seed.
   *
   * @param options What `parseOptions` returned.
   * @param seed The run's seed.
   */
  create(options: Record<string, unknown>, seed: number): Promise<Environment>;
}
