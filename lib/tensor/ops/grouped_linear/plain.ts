import * as tf from "@tensorflow/tfjs";
import { maxOf } from "../../../core/extremes.ts";
import { customGradient } from "../../custom_gradient.ts";
import { pick, unpick } from "../equal_blocks.ts";
import type { GroupedLinear } from "./contract.ts";

// Linear layers on groups of rows in plain operations: groups of about one size share a batched product, filled up with
// zeros to the largest of them, so that the number of operations does not grow with that of groups.

/** Groups of more than half and up to all of `most` rows. */
interface Bucket {
  readonly members: readonly number[];
  readonly most: number;
  /** Row of each place, `most` places a group; null where a smaller group is filled up. */
  readonly places: readonly (number | null)[];
}

function bucketsOf(counts: readonly number[]): readonly Bucket[] {
  let row = 0;
  const starts = counts.map((count) => (row += count) - count);
  const taken = [...counts.keys()].filter((v) => counts[v]! > 0);
  return [...Map.groupBy(taken, (v) => Math.ceil(Math.log2(counts[v]!))).values()].map((members) => {
    const most = maxOf(members.map((v) => counts[v]!));
    const placesOf = (v: number) => Array.from({ length: most }, (_, k) => k < counts[v]! ? starts[v]! + k : null);
    return { members, most, places: members.flatMap(placesOf) };
  });
}

/** Rows of each bucket's groups, float32 [n, most, W]. */
function rowsOf(matrix: tf.Tensor2D, buckets: readonly Bucket[]): readonly tf.Tensor3D[] {
  const [rows, width] = matrix.shape;
  const isFilled = buckets.some(({ places }) => places.includes(null));
  const padded = isFilled ? tf.concat([matrix, tf.zeros<tf.Rank.R2>([1, width])], 0) : matrix;
  return buckets.map(({ members, most, places }) =>
    pick(padded, places.map((place) => place ?? rows), 0).reshape([members.length, most, width])
  );
}

/** Inverse of {@link rowsOf}. */
function joinRows(parts: readonly tf.Tensor[], buckets: readonly Bucket[]): tf.Tensor2D {
  const width = parts[0]!.shape[2]!;
  const all = parts.map((part) => part.reshape<tf.Tensor2D>([-1, width]));
  const from: number[] = [];
  buckets.flatMap(({ places }) => places).forEach((row, at) => {
    if (row !== null) from[row] = at;
  });
  return pick(all.length === 1 ? all[0]! : tf.concat(all, 0), from, 0);
}

/** One entry a group from one a member of a bucket; zeros for groups without rows. */
function joinGroups(parts: readonly tf.Tensor[], buckets: readonly Bucket[], groupCount: number): tf.Tensor {
  const all = parts.map((value, b) => ({ value, places: buckets[b]!.members }));
  const taken = new Set(all.flatMap(({ places }) => places));
  const places = Array.from({ length: groupCount }, (_, v) => v).filter((v) => !taken.has(v));
  const zeros = { value: tf.zeros([places.length, ...parts[0]!.shape.slice(1)]), places };
  return unpick(places.length === 0 ? all : [...all, zeros], 0);
}

/** In plain TensorFlow.js operations, for every backend. */
export const plainGroupedLinear: GroupedLinear = (input, { weight, bias }, { counts, activation }) => {
  if (input.shape[0] === 0) return tf.zeros([0, weight.shape.at(-1)!]);
  const buckets = bucketsOf(counts);
  return customGradient([input, weight, ...(bias ? [bias] : [])], {
    forward() {
      const products = rowsOf(input, buckets).map((rows, b) => {
        const { members } = buckets[b]!;
        const product: tf.Tensor = tf.matMul(rows, pick(weight, members, 0));
        return bias ? product.add(pick(bias, members, 0)) : product;
      });
      const sum = joinRows(products, buckets);
      const value: tf.Tensor2D = activation === "relu" ? sum.relu() : sum;
      return { value, saved: [input, weight, value] };
    },
    gradient(dy, [input, weight, value]) {
      const delta = activation === "relu" ? dy.mul<tf.Tensor2D>(value.greater(0).cast("float32")) : dy;
      const deltas = rowsOf(delta, buckets);
      const rows = rowsOf(input, buckets);
      const weights = buckets.map(({ members }) => pick(weight, members, 0));
      const join = (parts: readonly tf.Tensor[]) => joinGroups(parts, buckets, counts.length);
      return [
        joinRows(deltas.map((delta, b) => tf.matMul(delta, weights[b]!, false, true)), buckets),
        join(deltas.map((delta, b) => tf.matMul(rows[b]!, delta, true))),
        ...(bias ? [join(deltas.map((delta) => delta.sum(1, true)))] : []),
      ];
    },
  });
};
