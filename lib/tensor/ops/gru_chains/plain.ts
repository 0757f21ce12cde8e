import * as tf from "@tensorflow/tfjs";
import { customGradient } from "../../custom_gradient.ts";
import { pick } from "../equal_blocks.ts";
import { gruCell } from "../gru_cell.ts";
import { linear } from "../linear/linear.ts";
import { oneHots } from "../one_hots.ts";
import type { ChainSource, GruChainsInput, GruChainsOps, LearnedInputs } from "./contract.ts";

/**
 * Chains of recurrent units in plain TensorFlow.js operations, for every backend: all units read in step, and one that
 * has nothing left to read leaves, so that the number of operations is that of the longest chain.
 *
 * @returns float32 [J · B, H]; call inside `tf.tidy` or on a tape.
 */
function plainChains(input: GruChainsInput, learned: LearnedInputs | null): tf.Tensor2D {
  const { chains, start, gates, hiddenWeight, hiddenBias } = input;
  // The longest first, so that those who go on are always the first ones.
  const order = [...chains.keys()].sort((a, b) => chains[b]!.reads.length - chains[a]!.reads.length);
  const lookUp = (table: tf.Tensor2D, sources: readonly ChainSource[], jacobian: tf.Tensor2D | undefined) =>
    lookUpAll(table, sources, { input, learned: learned && { ...learned, jacobian: jacobian! } });
  let state = lookUp(start, order.map((unit) => chains[unit]!.own), learned?.jacobian.start);
  let weight = inOrder(hiddenWeight, order);
  let bias = inOrder(hiddenBias, order);
  const done: tf.Tensor3D[] = [];
  for (let step = 0;; step++) {
    const units = order.filter((unit) => chains[unit]!.reads.length > step);
    if (units.length < state.shape[0]) {
      done.unshift(firstRows(state, units.length, state.shape[0] - units.length));
      if (units.length === 0) break;
      [state, weight, bias] = [state, weight, bias].map((stack) => firstRows(stack, 0, units.length)) as [
        tf.Tensor3D,
        tf.Tensor3D,
        tf.Tensor3D,
      ];
    }
    const fromInput = lookUp(gates, units.map((unit) => chains[unit]!.reads[step]!), learned?.jacobian.gates);
    state = gruCell(fromInput, linear(state, { weight, bias }), state);
  }
  const all = done.length === 1 ? done[0]! : tf.concat(done, 0);
  const place: number[] = [];
  order.forEach((unit, k) => place[unit] = k);
  return inOrder(all, place).reshape([-1, all.shape[2]]);
}

/** Without a tree: every sample by itself. */
export const plainGruChains: GruChainsOps = {
  all: (input, learned) =>
    plainChains(input, learned).reshape([input.chains.length, input.categories.shape[1], input.start.shape[1]]),
  some: (input, { rows }) => tf.tidy(() => tf.gather(plainChains(input, null), rows)),
};

/** Entries of a stack in another order; differentiable. */
function inOrder(stack: tf.Tensor3D, order: readonly number[]): tf.Tensor3D {
  return order.every((unit, k) => unit === k) ? stack : tf.gather(stack, tf.tensor1d([...order], "int32"));
}

function firstRows(stack: tf.Tensor3D, first: number, count: number): tf.Tensor3D {
  return stack.slice([first, 0, 0], [count, -1, -1]);
}

/**
 * Rows of a table that the categories of U variables choose, float32 [U, B, W]; the gradient to a one-hot is that of the
 * Jacobian, [Σ c², W].
 */
function lookUpAll(
  table: tf.Tensor2D,
  sources: readonly ChainSource[],
  options: {
    readonly input: GruChainsInput;
    readonly learned: { readonly oneHots: readonly tf.Tensor3D[]; readonly jacobian: tf.Tensor2D } | null;
  },
): tf.Tensor3D {
  const { input: { categories }, learned } = options;
  const shape: [number, number, number] = [sources.length, categories.shape[1], table.shape[1]];
  const oneHots = learned?.oneHots ?? [];
  return customGradient([table, ...oneHots], {
    forward() {
      const chosen = tf.gather(categories, tf.tensor1d(sources.map(({ variable }) => variable), "int32"));
      const firstRow = tf.tensor2d(sources.map(({ row }) => row), [sources.length, 1], "int32");
      const rows: tf.Tensor1D = chosen.add(firstRow).flatten();
      const value = tf.gather(table, rows).reshape<tf.Tensor3D>(shape);
      return { value, saved: [rows, ...(learned ? [learned.jacobian, ...oneHots] : [])] };
    },
    gradient(dy, saved) {
      const [rows, jacobian, ...oneHots] = saved as unknown as [tf.Tensor1D, tf.Tensor2D, ...tf.Tensor3D[]];
      let first = 0;
      const dOneHots = oneHots.map((oneHot) => {
        const run = { oneHot, first };
        first += oneHot.shape[0];
        return oneHotGradient(dy, sources, { ...run, jacobian });
      });
      const flat = dy.reshape<tf.Tensor2D>([shape[0] * shape[1], shape[2]]);
      return [tf.unsortedSegmentSum(flat, rows, table.shape[0]), ...dOneHots];
    },
  });
}

/** Gradient of a run's one-hots [n, B, c], of which `first` is the first variable. */
function oneHotGradient(
  dy: tf.Tensor3D,
  sources: readonly ChainSource[],
  { oneHot, first, jacobian }: { oneHot: tf.Tensor3D; first: number; jacobian: tf.Tensor2D },
): tf.Tensor {
  const [count, batch, categories] = oneHot.shape;
  const width = dy.shape[2];
  const readers = [...sources.keys()].filter((u) => {
    const { variable, jacobianRow } = sources[u]!;
    return jacobianRow !== null && variable >= first && variable < first + count;
  });
  if (readers.length === 0) return tf.zeros([count, batch, categories]);
  const variables = readers.map((u) => sources[u]!.variable - first);
  const jacobianRows = readers.flatMap((u) =>
    Array.from({ length: categories ** 2 }, (_, row) => sources[u]!.jacobianRow! + row)
  );
  const along = tf.matMul(
    pick(dy, readers, 0),
    pick(jacobian, jacobianRows, 0).reshape<tf.Tensor3D>([readers.length, categories ** 2, width]),
    false,
    true,
  );
  const chosen = pick(oneHot, variables, 0).reshape([-1, categories, 1]);
  const gradients = along.reshape([-1, categories, categories]).mul(chosen).sum(1);
  if (readers.length === count && variables.every((variable, k) => variable === k)) {
    return gradients.reshape(oneHot.shape);
  }
  // A product, as several units may read one variable.
  const isRead = oneHots(tf.tensor1d(variables, "int32"), count) as tf.Tensor2D;
  return tf.matMul(isRead, gradients.reshape<tf.Tensor2D>([readers.length, -1]), true).reshape(oneHot.shape);
}
