import * as tf from "@tensorflow/tfjs";
import { applyLinear } from "../../../tensor/mod.ts";
import { distinctRows } from "../distinct_rows.ts";
import type { GraderNetwork } from "../../grader/grader_network.ts";
import { applyGru, type GruStack, sliceGruStack } from "../../grader/gru.ts";
import { type Factored, joinGroups } from "../../variable_groups.ts";

/** The units that read one input, and what they read it with. */
export interface Reader {
  /** The input's group among the state's and the action's, and its place there. */
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
 * @returns Tensors in the caller's tidy scope, see {@link tensorsOf}.
 */
export function denseReaders({ graph, groups, units }: GraderNetwork): readonly Reader[] {
  const parents = graph.parents();
  const places = [...groups.state, ...groups.action].flatMap(({ count }, embedding) =>
    Array.from({ length: count }, (_, index) => ({ embedding, index }))
  );
  return places.flatMap((place, input): readonly Reader[] => {
    const targets = [...parents.keys()].filter((unit) => parents[unit]!.includes(input));
    if (targets.length === 0) return [];
    const first = targets[0]!;
    const count = targets.at(-1)! - first + 1;
    const unit = sliceGruStack(units, { first, count });
    const reads = targets.length === count
      ? null
      : tf.tensor3d(Array.from({ length: count }, (_, k) => targets.includes(first + k) ? 1 : 0), [count, 1, 1]);
    return [{ ...place, first, count, reads, unit }];
  });
}

/** Tensors that a reader holds. */
export function tensorsOf({ unit, reads }: Reader): tf.Tensor[] {
  return [...Object.values(unit) as tf.Tensor[], ...(reads ? [reads] : [])];
}

/** What reads. */
export interface DenseReading {
  readonly network: GraderNetwork;
  readonly readers: readonly Reader[];
}

/**
 * Hidden states after all readers have read any inputs, one-hots or not, by plain products.
 *
 * @param inputs State and action, a tensor a group [n, B, w].
 * @returns float32 [N, B, H]; call inside `tf.tidy`.
 */
export function readDense(inputs: Factored, reading: DenseReading): tf.Tensor3D {
  const stateGroups = reading.network.groups.state.length;
  const afterState = readState(inputs.slice(0, stateGroups), reading);
  return readAction(inputs.slice(stateGroups), afterState, reading);
}

/**
 * The same in evaluation, with each distinct state read once: a planner asks for many actions in one state. Reads the
 * device.
 */
export function readDistinct(inputs: Factored, reading: DenseReading): tf.Tensor3D {
  const stateGroups = reading.network.groups.state.length;
  const states = inputs.slice(0, stateGroups);
  const { first, place } = distinctRows(joinGroups(states));
  const afterState = readState(states.map((state) => tf.gather(state, first, 1)), reading);
  return readAction(inputs.slice(stateGroups), tf.gather(afterState, place, 1), reading);
}

/** Hidden states after the state has been read: a unit begins with its own variable's embedding. */
function readState(states: Factored, { network, readers }: DenseReading): tf.Tensor3D {
  const embedded = states.map((state, e) => applyLinear(state, network.embeddings[e]!, "relu"));
  const own = embedded.length === 1 ? embedded[0]! : tf.concat(embedded, 0);
  return readers.filter(({ embedding }) => embedding < embedded.length).reduce(
    (hidden, reader) => read(hidden, embedded[reader.embedding]!, reader),
    own,
  );
}

/** Hidden states after the action has been read, too. */
function readAction(actions: Factored, hidden: tf.Tensor3D, { network, readers }: DenseReading): tf.Tensor3D {
  const first = network.groups.state.length;
  const embedded = actions.map((action, e) => applyLinear(action, network.embeddings[first + e]!, "relu"));
  return readers.filter(({ embedding }) => embedding >= first).reduce(
    (hidden, reader) => read(hidden, embedded[reader.embedding - first]!, reader),
    hidden,
  );
}

/** Hidden states [N, B, H] after the readers of one input of a group [n, B, H] have read it. */
function read(hidden: tf.Tensor3D, group: tf.Tensor3D, { index, first, count, reads, unit }: Reader): tf.Tensor3D {
  const [targets, batch, width] = hidden.shape;
  const input = group.slice([index, 0, 0], [1, -1, -1]).tile<tf.Tensor3D>([count, 1, 1]);
  const before = count === targets ? hidden : hidden.slice([first, 0, 0], [count, batch, width]);
  const cell = applyGru(unit, input, before);
  const after = reads ? before.add<tf.Tensor3D>(cell.sub(before).mul(reads)) : cell;
  const last = first + count;
  const parts = [
    ...(first > 0 ? [hidden.slice([0, 0, 0], [first, batch, width])] : []),
    after,
    ...(last < targets ? [hidden.slice([last, 0, 0], [targets - last, batch, width])] : []),
  ];
  return parts.length === 1 ? after : tf.concat(parts, 0);
}
