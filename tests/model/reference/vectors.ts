import * as tf from "@tensorflow/tfjs";
import { append } from "../../../lib/core/append.ts";
import type { ModelState, WindowBatch } from "../../../lib/model/dynamics_model.ts";
import type { NoiseSource } from "../../../lib/tensor/mod.ts";
import { encodeValues, type Variable } from "../../../lib/core/variable.ts";

/** A tensor in a reference file, row-major. */
export interface Stored {
  readonly shape: number[];
  readonly data: number[];
}

/** A batch in a reference file: colours and actions as integers. */
export interface StoredBatch {
  /** [B, N] */
  readonly obs: Stored;
  /** [B, T] */
  readonly actions: Stored;
  /** [B, T, N] */
  readonly next_obs: Stored;
}

/** One recorded update. */
export interface StoredUpdate extends StoredBatch {
  readonly noise: Readonly<Record<string, readonly Stored[]>>;
  readonly losses: Readonly<Record<string, number>>;
  readonly gradients: Readonly<Record<string, Stored>>;
  readonly state_after: Readonly<Record<string, Stored>>;
  /** [B, N, c] a step. */
  readonly step_log_probs?: readonly Stored[];
  /** [B, N, N + M] a step. */
  readonly mask_probabilities?: readonly Stored[];
  /** [B] a step. */
  readonly code_index?: readonly Stored[];
}

/** A reference file of a method. */
export interface ReferenceFile {
  readonly algorithm: string;
  readonly config: {
    readonly variables: number;
    readonly categories: number;
    readonly action_dim: number;
    readonly prediction_steps: number;
    readonly learning_rate: number;
    // deno-lint-ignore no-explicit-any -- each method's own settings, read by its adapter alone
    readonly [setting: string]: any;
  };
  readonly initial_state: Readonly<Record<string, Stored>>;
  readonly updates: readonly StoredUpdate[];
  /** Estimates of a global graph after the updates, for methods that learn one by tests. */
  readonly graph_updates?: readonly (StoredBatch & {
    /** [N, N + M] */
    readonly cmi_ema: Stored;
    /** [N, N + M] of 0 and 1 */
    readonly graph: Stored;
  })[];
  readonly evaluation: StoredBatch & {
    /** [B, T, N, c] */
    readonly log_probs: Stored;
    readonly pred_loss?: number;
    readonly accuracy?: number;
    /** [K, N, N + M] */
    readonly codebook_masks?: Stored;
  };
}

/** The state and action variables of a file. */
export function variablesOf(config: ReferenceFile["config"]): { state: Variable[]; action: Variable[] } {
  const state = Array.from({ length: config.variables }, (_, i): Variable => ({
    kind: "categorical",
    name: `x${i}`,
    categories: config.categories,
  }));
  return { state, action: [{ kind: "categorical", name: "action", categories: config.action_dim }] };
}

/** The tensors of a stored batch; the caller disposes them. */
export function windowBatch(batch: StoredBatch, config: ReferenceFile["config"]): WindowBatch {
  const { state, action } = variablesOf(config);
  const [size, steps] = batch.actions.shape as [number, number];
  const encode = (variables: Variable[], stored: Stored) => encodeValues(variables, Float32Array.from(stored.data));
  return {
    observation: tf.tensor2d(encode(state, batch.obs), [size, config.variables * config.categories]),
    actions: tf.tensor3d(encode(action, batch.actions), [size, steps, config.action_dim]),
    nextObservations: tf.tensor3d(encode(state, batch.next_obs), [size, steps, config.variables * config.categories]),
  };
}

/** Plays recorded draws back in order; asking for more, or for another size, fails. */
export class RecordedNoise implements NoiseSource {
  readonly #queues: Record<string, Stored[]>;

  /** @param noise Entries by kind of draw: `uniform`, `gumbel`, `integer`. */
  constructor(noise: Readonly<Record<string, readonly Stored[]>>) {
    this.#queues = Object.fromEntries(Object.entries(noise).map(([kind, entries]) => [kind, [...entries]]));
  }

  /** Draws that were not asked for. */
  get left(): number {
    return Object.values(this.#queues).reduce((sum, queue) => sum + queue.length, 0);
  }

  uniform(shape: number[]): tf.Tensor {
    return tf.tensor(this.#take("uniform", shape), shape, "float32");
  }

  gumbel(shape: number[]): tf.Tensor {
    return tf.tensor(this.#take("gumbel", shape), shape, "float32");
  }

  integer(shape: number[], _bound: number): tf.Tensor {
    return tf.tensor(this.#take("integer", shape), shape, "int32");
  }

  normal(shape: number[]): tf.Tensor {
    throw new Error(`Cannot draw normals of shape [${shape}]: none were recorded`);
  }

  /** Enough entries of the queue to fill `shape`, one after the other. */
  #take(kind: string, shape: number[]): number[] {
    const size = shape.reduce((product, dimension) => product * dimension, 1);
    const queue = this.#queues[kind] ?? [];
    const data: number[] = [];
    while (data.length < size) {
      const entry = queue.shift();
      if (!entry) throw new Error(`Cannot draw ${kind} of shape [${shape}]: the recorded draws are used up`);
      append(data, entry.data);
    }
    if (data.length !== size) throw new Error(`Cannot draw ${kind} of shape [${shape}]: recorded sizes do not add up`);
    return data;
  }
}

/** Transposes a stored [a, b] to [b, a]. */
export function transposed(stored: Stored): Stored {
  const [rows, columns] = stored.shape as [number, number];
  const data = stored.data.map((_, index) => stored.data[(index % rows) * columns + Math.floor(index / rows)]!);
  return { shape: [columns, rows], data };
}

/** Joins tensors along their first axis. */
export function joined(parts: readonly Stored[]): Stored {
  const first = parts[0]!;
  return {
    shape: [parts.reduce((sum, part) => sum + part.shape[0]!, 0), ...first.shape.slice(1)],
    data: parts.flatMap((part) => part.data),
  };
}

/** The same numbers in another shape. */
export function reshaped(stored: Stored, shape: number[]): Stored {
  return { shape, data: stored.data };
}

/** A stored state as a model takes it, optimiser moments at zero. */
export function modelState(tensors: Readonly<Record<string, Stored>>, parameterCount: number): ModelState {
  const zeros = () => ({ shape: [parameterCount], data: new Float32Array(parameterCount) });
  return {
    ...Object.fromEntries(
      Object.entries(tensors).map(([name, { shape, data }]) => [name, { shape, data: Float32Array.from(data) }]),
    ),
    "adam.mean": zeros(),
    "adam.square": zeros(),
    "adam.updates": { shape: [1], data: Float32Array.of(0) },
  };
}
