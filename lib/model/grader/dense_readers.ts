import * as tf from "@tensorflow/tfjs";
import { applyLinear, gruCell, linear } from "../../tensor/mod.ts";
import { distinctRows } from "../distinct_rows.ts";
import { type Factored, joinGroups } from "../variable_groups.ts";
import type { Embedding } from "./chain_tables.ts";
import { type GruStack, sliceGruStack } from "./gru.ts";

/** The units that read one input, and what they read it with. */
export interface Reader {
  /** The input's embedding, and its place in that group. */
  readonly embedding: number;
  readonly index: number;
  /** Neighbouring units that hold all readers. */
  readonly first: number;
  readonly count: number;
  /** 1 for units that read it, float32 [count, 1, 1]; null where all do. */
  readonly reads: tf.Tensor3D | null;
  readonly unit: GruStack;
}

/**
 * Readers of each input that the graph gives any, in order; on the tape of an update. The causal order makes them
 * neighbours.
 *
 * @param options.parents Variables that each unit reads after its own.
 * @returns Tensors in the caller's tidy scope, see {@link tensorsOf}.
 */
export function denseReaders(
  { embeddings, units }: { readonly embeddings: readonly Embedding[]; readonly units: GruStack },
  { parents }: { readonly parents: readonly (readonly number[])[] },
): readonly Reader[] {
  return embeddings.flatMap(({ group, first: column }, embedding) =>
    Array.from({ length: group.count }, (_, index): Reader[] => {
      const targets = [...parents.keys()].filter((unit) => parents[unit]!.includes(column + index));
      if (targets.length === 0) return [];
      const first = targets[0]!;
      const count = targets.at(-1)! - first + 1;
      const unit = sliceGruStack(units, { first, count });
      const reads = targets.length === count
        ? null
        : tf.tensor3d(Array.from({ length: count }, (_, k) => targets.includes(first + k) ? 1 : 0), [count, 1, 1]);
      return [{ embedding, index, first, count, reads, unit }];
    }).flat()
  );
}

/** Tensors that a reader holds. */
export function tensorsOf({ unit, reads }: Reader): tf.Tensor[] {
  return [...Object.values(unit) as tf.Tensor[], ...(reads ? [reads] : [])];
}

/** What reads, and how many of the embeddings are the state's; those come first. */
export interface DenseReading {
  readonly embeddings: readonly Embedding[];
  readonly readers: readonly Reader[];
  readonly stateGroups: number;
}

/**
 * Hidden states after all readers have read any inputs, one-hots or not, by plain products.
 *
 * @param inputs State and action, a tensor a group [n, B, w].
 * @returns float32 [N, B, H]; call inside `tf.tidy`.
 */
export function readDense(inputs: Factored, reading: DenseReading): tf.Tensor3D {
  const { stateGroups } = reading;
  const afterState = readState(inputs.slice(0, stateGroups), reading);
  return readAction(inputs.slice(stateGroups), afterState, reading);
}

/**
 * The same in evaluation, with each distinct state read once: a planner asks for many actions in one state. Reads the
 * device.
 */
export function readDistinct(inputs: Factored, reading: DenseReading): tf.Tensor3D {
  const { stateGroups } = reading;
  const states = inputs.slice(0, stateGroups);
  const { first, place } = distinctRows(joinGroups(states));
  const afterState = readState(states.map((state) => tf.gather(state, first, 1)), reading);
  return readAction(inputs.slice(stateGroups), tf.gather(afterState, place, 1), reading);
}

/** Hidden states after the state has been read: a unit begins with its own variable's embedding. */
function readState(states: Factored, { embeddings, readers, stateGroups }: DenseReading): tf.Tensor3D {
  const embedded = states.map((state, e) => applyLinear(state, embeddings[e]!.layer, "relu") as tf.Tensor3D);
  const own = embedded.length === 1 ? embedded[0]! : tf.concat(embedded, 0);
  return readers.filter(({ embedding }) => embedding < stateGroups).reduce(
    (hidden, reader) => read(hidden, { reader, fromInput: gates(embedded[reader.embedding]!, reader) }),
    own,
  );
}

/** Hidden states after the action has been read, too. */
function readAction(
  actions: Factored,
  hidden: tf.Tensor3D,
  { embeddings, readers, stateGroups }: DenseReading,
): tf.Tensor3D {
  const embedded = actions.map((action, e) =>
    applyLinear(action, embeddings[stateGroups + e]!.layer, "relu") as tf.Tensor3D
  );
  return readers.filter(({ embedding }) => embedding >= stateGroups).reduce(
    (hidden, reader) => read(hidden, { reader, fromInput: gates(embedded[reader.embedding - stateGroups]!, reader) }),
    hidden,
  );
}

/** Input part of the gates of `count` units for embedding `index` of [n, B, H]: float32 [count, B, 3H]. */
function gates(embedded: tf.Tensor3D, { index, count, unit }: Reader): tf.Tensor3D {
  const input = embedded.slice([index, 0, 0], [1, -1, -1]).tile([count, 1, 1]);
  return linear(input, { weight: unit.inputWeight, bias: unit.inputBias }) as tf.Tensor3D;
}

/** Hidden states [N, B, H] after the readers of one input have read it. */
function read(hidden: tf.Tensor3D, options: { reader: Reader; fromInput: tf.Tensor3D }): tf.Tensor3D {
  const { reader: { first, count, reads, unit }, fromInput } = options;
  const [targets, batch, width] = hidden.shape;
  const before = count === targets ? hidden : hidden.slice([first, 0, 0], [count, batch, width]);
  const fromHidden = linear(before, {
    weight: unit.hiddenWeight,
    bias: unit.hiddenBias,
  }) as tf.Tensor3D;
  const cell = gruCell(fromInput, fromHidden, before);
  const after = reads ? before.add(cell.sub(before).mul(reads)) as tf.Tensor3D : cell;
  const last = first + count;
  const parts = [
    ...(first > 0 ? [hidden.slice([0, 0, 0], [first, batch, width])] : []),
    after,
    ...(last < targets ? [hidden.slice([last, 0, 0], [targets - last, batch, width])] : []),
  ];
  return parts.length === 1 ? after : tf.concat(parts, 0) as tf.Tensor3D;
}
